# shellcheck shell=bash
# What the cluster tests share. A cluster is up; SUITE names it.

ROOT=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
SUITE=${SUITE:-trixie}
SEED=${SEED:-$RANDOM}
RANDOM=$SEED

cluster() { "$ROOT/testbed/cluster" "$@"; }
root() { cluster run ctl "$@"; }
alice() { cluster run -u alice ctl "$@"; }
bob() { cluster run -u bob ctl "$@"; }

# Every test has a directory of alice's of its own, seen by all hosts.
new_workdir() {
	WORK=$(alice mktemp -d "/shared/home/alice/t$BATS_TEST_NUMBER.XXXXXX")
}

# put NAME: standard input becomes an executable file in the test's directory
put() { alice sh -c 'cat >"$1/$2" && chmod 755 "$1/$2"' _ "$WORK" "$1"; }

get() { alice cat "$WORK/$1"; }

# build NAME [FLAG...]: compile test/cluster/programs/NAME.c into the directory
build() {
	put "$1.c" <"$ROOT/test/cluster/programs/$1.c"
	alice gcc -O1 -o "$WORK/$1" "$WORK/$1.c" "${@:2}"
}

# submit [OPTION...] SCRIPT [ARG...]: sbatch by alice in the directory; the job's id
submit() { alice sh -c 'cd "$1" && shift && exec sbatch --parsable "$@"' _ "$WORK" "$@"; }

# until_true SECONDS WHAT COMMAND...: an event with a deadline
until_true() {
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		if ((SECONDS >= deadline)); then
			echo "not within its time: $what" >&2
			alice squeue >&2 || true
			alice sinfo -N -O nodelist,statecomplete,reason >&2 || true
			root sacct -X -D -S now-3minutes -o jobid,state,exitcode,nodelist,start,end >&2 || true
			return 1
		fi
		sleep 0.1
	done
}

job_field() { root scontrol -o show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1; }
job_state() { job_field "$1" JobState; }
job_node() { job_field "$1" NodeList; }
restarts() { job_field "$1" Restarts; }

is_state() { [[ $(job_state "$1") == "$2" ]]; }
# (What slurmctld does not answer, it does not say.)
is_over() {
	local state
	state=$(job_state "$1")
	[[ -n $state && ! $state =~ ^(PENDING|RUNNING|COMPLETING|SUSPENDED|CONFIGURING|REQUEUE.*)$ ]]
}
# It is called held while it completes; only then can it be changed, or be released for good.
is_held() { [[ $(job_state "$1") =~ ^(PENDING|REQUEUE_HOLD)$ && $(job_field "$1" Reason) == *[Hh]eld* ]]; }
wait_held() { until_true 60 "job $1 is held" is_held "$1"; }
# first_of ARRAY: the index of the element that has the array's number, by which Slurm
# means all of them
first_of() {
	alice squeue --noheader --array --jobs="$1" --format="%A %K" | awk -v array="$1" '$1 == array { print $2 }'
}
wait_running() { until_true 60 "job $1 runs" is_state "$1" RUNNING; }
wait_over() { until_true "${2:-120}" "job $1 is over" is_over "$1"; }
has_lines() { [[ $(get "$1" 2>/dev/null | wc -l) -ge $2 ]]; }
wait_lines() { until_true 60 "$1 has $2 lines" has_lines "$1" "$2"; }

restarted() { (($(restarts "$1") > $2)); }
wait_restarted() { until_true 60 "job $1 is requeued" restarted "$1" "$2"; }
# It has the partition's GraceTime of 60 seconds to leave.
wait_preempted() { until_true 120 "job $1 is preempted" restarted "$1" "$2"; }
# take JOB COMMAND: bob runs it on the node of a running job, all of it; his job's id
take() {
	local before node
	before=$(restarts "$1")
	node=$(job_node "$1")
	bob sbatch --parsable --partition=high --nodelist="$node" --exclusive --output=/dev/null --wrap="$2"
	wait_preempted "$1" "$before"
}
# preempt JOB: bob takes the node of a running job for an instant
preempt() { take "$1" true >/dev/null; }
# occupy JOB: bob takes it and keeps it, so that the job has to go elsewhere; his job's id
occupy() { take "$1" "sleep infinity"; }

store() { echo "/shared/checkpoint/alice/testbed/$1"; }
generations() { alice sh -c 'ls "$1" 2>/dev/null | grep -xE "[0-9]+" | sort -n' _ "$(store "$1")"; }
newest() { generations "$1" | tail -n 1; }
has_generation() { [[ $(newest "$1") -ge ${2:-1} ]]; }
wait_generation() { until_true 60 "job $1 has generation ${2:-1}" has_generation "$1" "${2:-1}"; }

# checkpoint JOB: ask for one and wait until it is committed
checkpoint() {
	local next=$(($(newest "$1") + 1))
	alice scancel --batch --signal=41 "$1"
	wait_generation "$1" "$next"
}
# preempt_ten_times JOB: at random moments
preempt_ten_times() {
	for _ in {1..10}; do
		wait_running "$1"
		sleep "0.$((RANDOM % 1000))"
		preempt "$1"
	done
}

# of the history of a job, in its folder; it runs again when that has a "restart"
has_event() { [[ $(alice grep -c "\"event\":\"$2\"" "$(store "$1")/events" 2>/dev/null) -ge ${3:-1} ]]; }
wait_event() { until_true 60 "job $1 has ${3:-1} events $2" has_event "$@"; }

# exit state of a job as accounting has it: STATE EXITCODE
accounted() { root sacct -X -n -P -j "$1" -o state,exitcode | tail -n 1; }
accounted_is() { [[ $(accounted "$1") == "$2" ]]; }
wait_accounted() { until_true 60 "job $1 is accounted as $2" accounted_is "$1" "$2"; }

# processes of a user on a node, by name
processes() { cluster run "$1" ps -u "$2" -o comm=; }
# (ps that finds none ends with 1.)
no_processes() {
	local names status=0
	names=$(processes "$1" "$2") || status=$?
	[[ $status -le 1 && -z $names ]]
}
wait_no_processes() { until_true 60 "nothing of $2's runs on $1" no_processes "$1" "$2"; }

count_in() { get "$1" | grep -c -- "$2" || true; }

# refute COMMAND...: it must fail. (bats takes no notice of "! command".)
refute() { if "$@"; then return 1; fi; }
# refute_in FILE PATTERN: no line of a file of the test's directory matches
refute_in() {
	local text
	text=$(get "$1")
	refute grep -E "$2" <<<"$text"
}

# What a daemon's command line matches. (The names of its threads are not the daemon's.)
daemon_args() { echo "^(/usr/sbin/)?$1( |$)"; }
# signal_daemon HOST NAME SIGNAL
signal_daemon() { cluster run "$1" pkill "-$3" -f "$(daemon_args "$2")"; }
daemon_runs() { cluster run "$1" pgrep -f "$(daemon_args "$2")" >/dev/null; }
stop_daemon() {
	signal_daemon "$@"
	until_true 60 "$2 has ended" refute daemon_runs "$1" "$2"
}

start_slurmctld() {
	cluster run ctl slurmctld
	until_true 60 "slurmctld answers" root scontrol ping
}

node_state() { root scontrol -o show node "$1" | tr ' ' '\n' | sed -n 's/^State=//p'; }
# Its slurmd answers, and slurmctld counts on it.
in_service() {
	local state
	cluster run "$1" scontrol show slurmd >/dev/null 2>&1 || return 1
	state=$(node_state "$1")
	[[ -n $state && ! $state =~ DOWN|DRAIN|UNKNOWN|NOT_RESPONDING ]]
}
wait_in_service() { until_true 60 "$1 is in service" in_service "$1"; }
# start_slurmd NODE [COMMAND...]: after its end; by COMMAND
start_slurmd() {
	cluster run "$1" "${@:2}" slurmd -N "$1"
	wait_in_service "$1"
}

# lose NODE: its power fails, until the test or the end of it has it back
LOST=
lose() {
	LOST=$1
	cluster kill "$1"
}
bring_back() {
	[[ -z $LOST ]] || cluster boot "$LOST"
	LOST=
}

# Everything of the users' is gone at the end of a test.
clean() {
	bring_back
	root scancel --user=alice --quiet || true
	root scancel --user=bob --quiet || true
	until_true 120 "the queue is empty" queue_empty
}
queue_empty() {
	local jobs
	jobs=$(root squeue -h) && [[ -z $jobs ]]
}

# Slurm looks once a minute which jobs have been over for MinJobAge.
# forget_job JOB: it is over, and slurmctld knows nothing of it any more
forget_job() {
	root sed -i.kept 's/^MinJobAge=.*/MinJobAge=2/' /etc/slurm/slurm.conf
	root scontrol reconfigure
	until_true 120 "Slurm has forgotten job $1" is_forgotten "$1"
	root mv /etc/slurm/slurm.conf.kept /etc/slurm/slurm.conf
	root scontrol reconfigure
}
is_forgotten() { [[ $(root scontrol show job "$1" 2>&1) == *"Invalid job id"* ]]; }

# ---- recipes of etc/recipes ----

# recipe NAME: its lines are in force, until the end of the test or file
recipe() { cluster configure "$ROOT/etc/recipes/$1"; }
no_recipe() { cluster configure; }

# ticking [NAME]: a script that prints 1, 2, 3... until the file "over" is there, and "end"
ticking() {
	put "${1:-job.sh}" <<<$'#!/bin/bash\nwhile [ ! -e over ]; do echo $((++i)); sleep 0.1; done\necho end'
}
# is_exact FILE: what it printed, every line once
is_exact() { diff <(seq "$(($(get "$1" | wc -l) - 1))"; echo end) <(get "$1"); }
# let_end: those that run in the test's directory do so
let_end() { alice touch "$WORK/over"; }

# ended_well JOB: by itself, and none of its runs before was taken for its end
ended_well() {
	wait_over "$1"
	wait_accounted "$1" "COMPLETED|0:0"
	refute grep -qE 'COMPLETED|FAILED|CANCELLED' <(root sacct -X -D -n -P -j "$1" -o state | sed '$d')
}

# leave_and_return JOB [COMMAND...]: it leaves, COMMAND is run by alice, and it is released
leave_and_return() {
	alice scheckpoint vacate "$1"
	wait_held "$1"
	[[ $# -eq 1 ]] || alice "${@:2}"
	alice scheckpoint restart "$1"
}

# drive_off JOB SBATCH-OPTION...: bob takes the whole node of a running job for an instant
drive_off() {
	local before node
	before=$(restarts "$1")
	node=$(job_node "$1")
	bob sbatch -Q --nodelist="$node" --exclusive --output=/dev/null --wrap=true "${@:2}"
	wait_preempted "$1" "$before"
}
