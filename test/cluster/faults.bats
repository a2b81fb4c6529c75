#!/usr/bin/env bats
# Bad input and faults: a job is never harmed by our failing, and nothing committed
# is lost.

# bats file_tags=on:trixie
load lib

setup() {
	new_workdir
	CONF=$(root cat /etc/slurm/checkpoint.conf)
	MOUNTED='' STOPPED='' ENDED='' HARDENED='' SERVER=''
}

teardown() {
	[[ -z $SERVER ]] || kill "$SERVER" 2>/dev/null || true
	daemon_runs ctl slurmctld || start_slurmctld
	[[ -z $ENDED ]] || revive "$ENDED"
	[[ -z $STOPPED ]] || start_again
	[[ -z $HARDENED ]] || soften
	put_store_back
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
	clean
	[[ -z $MOUNTED ]] || cluster run n1 umount -l /mnt
}

# revive NODE: it has a slurmd, and is in service, whatever became of it
revive() {
	daemon_runs "$1" slurmd || cluster run "$1" slurmd -N "$1"
	[[ ! $(node_state "$1") =~ DOWN|DRAIN ]] || root scontrol update "NodeName=$1" State=RESUME
	wait_in_service "$1"
}

conf() { root tee -a /etc/slurm/checkpoint.conf <<<"$1" >/dev/null; }

# messages of ours in the job's output
said() { get out | grep -c '^slurm-checkpoint: ' || true; }
# said_is COUNT: as many; else they are shown
said_is() {
	[[ $(said) -ne $1 ]] || return 0
	get out | grep '^slurm'
	return 1
}
output() { get out | grep -v '^slurm-checkpoint: '; }
output_is() { diff <(seq "$1") <(output); }
# what a ticking job has printed, every line once, until it was to end
output_is_exact() { diff <(seq "$(($(output | wc -l) - 1))"; echo end) <(output); }
counting() { put job.sh <<<$'#!/bin/bash\nfor i in $(seq '"$1"$'); do echo $i; sleep 0.1; done'; }

has_said() { [[ $(said) -ge $1 ]]; }
wait_said() { until_true 60 "it says what is wrong" has_said "$1"; }
more_lines() { wait_lines out $(($(get out | wc -l) + $1)); }

# in_dump JOB COMMAND...: ask for a checkpoint, and run COMMAND as soon as it is being
# written. In one process, which sees that at once.
in_dump() {
	local next=$(($(newest "$1") + 1))
	# shellcheck disable=SC2016
	alice timeout 60 sh -c 'scancel --batch --signal=41 "$1" || exit; half=$2
		shift 2; until [ -e "$half" ]; do sleep 0.01; done; exec "$@"' \
		_ "$1" "$(store "$1")/$next.tmp" "${@:2}"
}

# alice's checkpoints are away, and are put back
put_store_away() { alice mv /shared/checkpoint/alice /shared/checkpoint/alice.away; }
put_store_back() {
	root sh -c 'cd /shared/checkpoint && [ ! -e alice.away ] || { rm -rf alice && mv alice.away alice; }'
}

# ---- options and configuration ----

@test "--checkpoint=banana is refused in one line, nothing is submitted" {
	counting 1
	put script.sh <<<$'#!/bin/sh\n#SBATCH --checkpoint=banana\ntrue'
	run submit --checkpoint=banana job.sh
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *banana* ]]
	run alice env SBATCH_CHECKPOINT=banana sbatch "$WORK/job.sh"
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *banana* ]]
	run submit script.sh
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *banana* ]]
	run submit --checkpoint --checkpoint-dir=relative job.sh
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	queue_empty
}

@test "a missing or unwritable checkpoint directory: the job's first line says so and it runs" {
	local dir job
	counting 5
	for dir in /shared/none/such /proc /root; do
		job=$(submit --checkpoint --checkpoint-dir=$dir --output=out job.sh)
		wait_over "$job"
		[ "$(job_state "$job")" = COMPLETED ]
		[[ $(get out | head -n 1) == "slurm-checkpoint: job $job: it runs unprotected: "* ]]
		output_is 5
		said_is 1
	done
}

@test "a broken configuration: the job runs unprotected and says so once, also in slurmd's log" {
	local job
	counting 5
	conf "GraceTime=soon"
	job=$(submit --checkpoint --output=out job.sh)
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	get out
	[ "$(get out | grep -c unprotected)" -eq 1 ]
	diff <(seq 5) <(get out | grep -v unprotected)
	[ "$(cluster logs "$(job_node "$job")" | grep -c "\[$job.batch\].*unprotected")" -eq 1 ]
}

# ---- engine ----

@test "CRIU missing or too old: the job runs unprotected and says what to do" {
	local job
	counting 5
	conf "CriuPath=$WORK/criu"
	job=$(submit --checkpoint --output=out job.sh)
	wait_over "$job"
	output_is 5
	said_is 1
	get out | grep -q "unprotected: .*CriuPath="
	put criu <<<$'#!/bin/sh\necho "Version: 3.17.1"'
	job=$(submit --checkpoint --output=out job.sh)
	wait_over "$job"
	output_is 5
	said_is 1
	get out | grep -q "unprotected: .*3.17, which is too old; install CRIU"
}

# n1 has an ordinary slurmd again
soften() {
	stop_daemon n1 slurmd TERM
	start_slurmd n1
	HARDENED=
}

@test "user namespaces forbidden: the job runs unprotected and says what to do" {
	local job
	counting 5
	build nouserns
	ENDED=n1
	stop_daemon n1 slurmd TERM
	HARDENED=1
	start_slurmd n1 "$WORK/nouserns"
	job=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	wait_over "$job"
	soften
	get out
	output_is 5
	said_is 1
	get out | grep -q "unprotected: .*user.max_user_namespaces"
}

@test "open TCP connections: the checkpoint is refused with that sentence, the job goes on" {
	local job
	put server.py <<'END'
import socket
s = socket.create_server(("", 7777))
c, _ = s.accept()
c.recv(1)
END
	put job.py <<'END'
#!/usr/bin/env python3
import itertools, os, socket, time
while True:
    try:
        c = socket.create_connection(("ctl", 7777))
        break
    except OSError:
        time.sleep(0.1)
for i in itertools.count(1):
    print(i, flush=True)
    time.sleep(0.1)
    if os.path.exists("over"):
        break
c.close()
print("end")
END
	cluster run -u alice ctl python3 "$WORK/server.py" 3>&- &
	SERVER=$!
	job=$(submit --checkpoint --output=out job.py)
	wait_lines out 5
	alice scancel --batch --signal=41 "$job"
	wait_said 1
	[ -z "$(newest "$job")" ]
	more_lines 10
	let_end
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	get out
	output_is_exact
	said_is 1
	if [[ $SUITE == forky ]]; then get out | grep -q "no checkpoint was taken: .*TCP connection to 10\..* port 7777"; fi
	get out | grep -q "no checkpoint was taken: .*TCP connection"
}

# ---- the checkpoint directory ----

@test "the checkpoint directory fills up: the job goes on, the older generation stands, one message" {
	local job
	put job.py <<'END'
#!/usr/bin/env python3
import ctypes, itertools, os, time
checkpoint = ctypes.CDLL("libslurmcheckpoint.so.0")
heap = b""
for i in itertools.count(1):
    print(i, flush=True)
    time.sleep(0.1)
    if os.path.exists("big") and not heap:
        # at once, to whoever saves it: half of it would fit
        assert checkpoint.checkpoint_disable() == 0
        heap = os.urandom(100 << 20)
        assert checkpoint.checkpoint_enable() == 0
    if os.path.exists("stop"):
        break
print("ok", flush=True)
END
	cluster run n1 mount -t tmpfs -o size=60m,mode=1777 tmpfs /mnt
	MOUNTED=1
	job=$(submit --checkpoint=1s --checkpoint-dir=/mnt/%u --nodelist=n1 --output=out job.py)
	store() { echo "/mnt/alice/testbed/$1"; }
	alice() { cluster run -u alice n1 "$@"; }
	wait_generation "$job" 1
	alice touch "$WORK/big"
	wait_said 1
	# it is tried again each second, and said no more
	wait_event "$job" failed $(($(alice grep -c '"event":"failed"' "$(store "$job")/events") + 3))
	said_is 1
	get out | grep -q "no checkpoint was taken: .*No space left on device"
	[ -n "$(newest "$job")" ]
	# the next try is at most a second away, and leaves nothing either
	until_true 60 "nothing half written is left" eval '[[ -z $(alice ls "$(store '"$job"')" | grep "[0-9]\.tmp$") ]]'
	cluster run n1 mount -o remount,size=400m /mnt
	wait_generation "$job" $(($(newest "$job") + 1))
	alice touch "$WORK/stop"
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	said_is 1
}

@test "the checkpoint directory disappears in the middle of a dump: the job goes on" {
	local job
	build heap
	put job.sh <<<$'#!/bin/sh\nexec ./heap 800 100000 over'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 2
	checkpoint "$job"
	in_dump "$job" mv /shared/checkpoint/alice /shared/checkpoint/alice.away
	until_true 60 "it ends or says so" eval '[[ $(said) == 1 ]] || alice test -e /shared/checkpoint/alice.away/testbed/'"$job"'/2'
	put_store_back
	more_lines 2
	let_end
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	diff <(alice sh -c 'PACE=0 "$1/heap" 800 "$2"' _ "$WORK" "$(output | wc -l)") <(output)
}

# ---- what we lack ourselves ----

@test "a job that has as many processes as it may is saved all the same, leaves, and continues" {
	local job
	put fill.py <<'END'
#!/usr/bin/env python3
import itertools, os, signal, time
children = []
while True:
    try:
        pid = os.fork()
    except BlockingIOError:
        break
    if pid == 0:
        signal.pause()
    children.append(pid)
for i in itertools.count(1):
    print(i, flush=True)
    time.sleep(0.1)
    if os.path.exists("over"):
        break
for pid in children:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
print("end")
END
	# shellcheck disable=SC2016
	job=$(alice bash -c 'cd "$1" && ulimit -S -u 60 && exec sbatch --parsable --checkpoint --output=out fill.py' _ "$WORK")
	wait_lines out 5
	checkpoint "$job"
	preempt "$job"
	wait_event "$job" restart
	more_lines 5
	let_end
	ended_well "$job"
	get out
	output_is_exact
	said_is 0
}

# runner_of NODE JOB
# shellcheck disable=SC2016
runner_of() { cluster run "$1" sh -c 'pgrep -x runner -P "$(pgrep -f "^slurmstepd: \[$1.batch")"' _ "$2"; }

@test "no process can be had for a checkpoint: it has failed, in a sentence, the job runs on and is saved later" {
	local job node
	ticking
	job=$(submit --checkpoint=1s --output=out job.sh)
	wait_generation "$job" 1
	node=$(job_node "$job")
	cluster run -u alice "$node" prlimit --nproc=1: --pid "$(runner_of "$node" "$job")"
	wait_said 1
	more_lines 10
	wait_event "$job" failed 3
	run alice scheckpoint create "$job"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"no process for a checkpoint's worker"* ]]
	cluster run -u alice "$node" prlimit --nproc=1000: --pid "$(runner_of "$node" "$job")"
	wait_generation "$job" $(($(newest "$job") + 2))
	preempt "$job"
	wait_event "$job" restart
	let_end
	ended_well "$job"
	get out
	output_is_exact
	get out | grep -q "no checkpoint was taken: no process for a checkpoint's worker: Resource temporarily unavailable"
}

@test "an older checkpoint that cannot be removed: the new one is kept, that is said, and the job leaves with the next" {
	local job
	ticking
	job=$(submit --checkpoint --checkpoint-keep=1 --output=out job.sh)
	wait_lines out 5
	checkpoint "$job"
	# shellcheck disable=SC2016
	root sh -c 'mkdir "$1/1/roots" && touch "$1/1/roots/file"' _ "$(store "$job")"
	alice scheckpoint create "$job"
	alice scheckpoint create "$job"
	[ "$(newest "$job")" -eq 3 ]
	alice scheckpoint requeue "$job"
	wait_event "$job" restart
	let_end
	ended_well "$job"
	get out
	output_is_exact
	get out | grep -q "the checkpoint is kept, but an older one cannot be removed: "
	root rm -rf "$(store "$job")"
}

# FAULT_SECONDS and SEED for more, or the same again; 0 seconds: all, which takes hours.
@test "any one system call of runner, worker, keeper or init fails: the output is exact" {
	[[ $(uname -m) == x86_64 ]] || skip "the tracer knows x86-64 alone"
	put faults.py <"$ROOT/test/cluster/programs/faults.py"
	build inject
	echo "SEED=$SEED"
	run cluster run n1 "$WORK/faults.py" "$WORK" "$SEED" --seconds "${FAULT_SECONDS:-90}"
	echo "$output"
	[ "$status" -eq 0 ]
}

# ---- damage ----

# A job with two generations, which waits to be released. Each has a directory of its own:
# one that ended in the second in which the next began may have written to its output.
held_with_two() {
	new_workdir
	ticking
	JOB=$(submit --checkpoint --output=out "$@" job.sh)
	wait_lines out 5
	checkpoint "$JOB"
	alice scheckpoint vacate "$JOB"
	[ "$(newest "$JOB")" -eq 2 ]
}
flip() { alice python3 -c 'import sys; f = open(sys.argv[1], "r+b"); f.seek(1000); b = f.read(1); f.seek(1000); f.write(bytes([b[0] ^ 1]))' "$1"; }

@test "a byte flipped, a file cut or removed: the generation before is used, in one sentence" {
	local damage
	for damage in 'flip "$S/2/pages-1.img"' 'alice truncate -s -1 "$S/2/pages-1.img"' \
		'alice rm "$S/2/inventory.img"' 'alice rm "$S/2/manifest"' 'flip "$S/2/manifest"' \
		'alice sh -c "truncate -s 5 $S/2/core-*.img"'; do
		held_with_two
		S=$(store "$JOB")
		eval "$damage"
		let_end
		alice scontrol release "$JOB"
		wait_over "$JOB"
		echo "$damage: $(get out | grep ^slurm)"
		[ "$(job_state "$JOB")" = COMPLETED ]
		said_is 1
		get out | grep -q "continues from generation 1, since a newer one was refused: generation 2: "
		output_is_exact
		[ "$(output | wc -l)" -gt 5 ]
	done
}

@test "no generation is whole: the job fails with a sentence, or starts over if it may" {
	held_with_two
	S=$(store "$JOB")
	flip "$S/1/pages-1.img"
	flip "$S/2/pages-1.img"
	alice scontrol release "$JOB"
	wait_over "$JOB"
	wait_accounted "$JOB" "FAILED|1:0"
	said_is 1
	get out | grep -q "no checkpoint can be restored: "
	held_with_two --checkpoint-fallback=restart
	S=$(store "$JOB")
	flip "$S/1/pages-1.img"
	flip "$S/2/pages-1.img"
	alice scontrol release "$JOB"
	wait_said 1
	more_lines 5
	let_end
	wait_over "$JOB"
	[ "$(job_state "$JOB")" = COMPLETED ]
	said_is 1
	output_is_exact
}

@test "a half written generation is never used" {
	held_with_two
	S=$(store "$JOB")
	alice mv "$S/2" "$S/2.tmp"
	alice scontrol release "$JOB"
	wait_event "$JOB" restart
	alice grep -q '"event":"restart".*"generation":1,' "$S/events"
	let_end
	wait_over "$JOB"
	[ "$(job_state "$JOB")" = COMPLETED ]
	output_is_exact
}

# ---- cancelled in the middle ----

@test "a job cancelled during a dump leaves no process and no half generation" {
	local job node
	build heap
	put job.sh <<<$'#!/bin/sh\nexec ./heap 1000 200'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 2
	node=$(job_node "$job")
	in_dump "$job" scancel "$job"
	wait_over "$job"
	wait_no_processes "$node" alice
	[ -z "$(alice sh -c 'ls -d "$1"/*.tmp "$1"/*.old 2>/dev/null' _ "$(store "$job")")" ]
}

@test "a job cancelled during a restore leaves no process, and its generation stands" {
	local job node
	build heap
	put job.sh <<<$'#!/bin/sh\nexec ./heap 1000 200'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 2
	preempt "$job"
	wait_running "$job"
	node=$(job_node "$job")
	until_true 60 "it is being restored" eval '[[ $(processes '"$node"' alice) == *[rc][ur]* ]]'
	alice scancel "$job"
	wait_over "$job"
	wait_no_processes "$node" alice
	[ "$(generations "$job")" = 1 ]
	[ -z "$(alice sh -c 'ls -d "$1"/*.tmp "$1"/*.old 2>/dev/null' _ "$(store "$job")")" ]
}

# ---- Slurm's daemons ----

@test "slurmctld and slurmd are restarted while a job runs: nothing is lost" {
	local job node
	ticking
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	node=$(job_node "$job")
	ENDED=$node
	stop_daemon "$node" slurmd KILL
	stop_daemon ctl slurmctld TERM
	start_slurmctld
	start_slurmd "$node"
	checkpoint "$job"
	preempt "$job"
	let_end
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	output_is_exact
	said_is 0
}

# The slurmd of the node that was stopped goes on, and the node is in service.
start_again() {
	signal_daemon "$STOPPED" slurmd CONT
	revive "$STOPPED"
	STOPPED=
}

@test "slurmctld forgets a start and makes another: one of them runs, and every line is there once" {
	local job node other
	ticking
	job=$(submit --checkpoint=1s --output=out --hold job.sh)
	stop_daemon ctl slurmctld TERM
	root sh -c 'cd /var/spool && rm -rf slurmctld.kept && cp -a slurmctld slurmctld.kept'
	start_slurmctld
	alice scontrol release "$job"
	wait_lines out 3
	node=$(job_node "$job")
	# it loses what it had not saved yet, and the node cannot be told of that
	STOPPED=$node
	signal_daemon "$node" slurmd STOP
	stop_daemon ctl slurmctld KILL
	root sh -c 'cd /var/spool && rm -rf slurmctld && mv slurmctld.kept slurmctld'
	start_slurmctld
	root scontrol update "NodeName=$node" State=DRAIN Reason=test
	wait_held "$job"
	alice scontrol release "$job"
	wait_running "$job"
	other=$(job_node "$job")
	[ "$other" != "$node" ]
	# what the first start wrote is gone by then
	until_true 60 "it has started there" \
		alice grep -q "\"event\":\"start\",\"node\":\"$other\"" "$(store "$job")/events"
	wait_lines out 10
	let_end
	wait_over "$job"
	start_again
	[ "$(job_state "$job")" = COMPLETED ]
	output_is_exact
}

@test "a slurmctld that preempts a job is killed, and its successor does not know of that: the job is requeued" {
	local job
	build heap
	put job.sh <<<$'#!/bin/sh\nexec ./heap 600 80\n'
	job=$(submit --checkpoint --mem=1500 --output=out job.sh)
	wait_lines out 3
	stop_daemon ctl slurmctld TERM
	root sh -c 'cd /var/spool && rm -rf slurmctld.kept && cp -a slurmctld slurmctld.kept'
	start_slurmctld
	bob sbatch -Q --partition=high --nodes=4 --exclusive --output=/dev/null --wrap=true
	until_true 60 "it is being saved" alice test -e "$(store "$job")/1.tmp"
	stop_daemon ctl slurmctld KILL
	wait_event "$job" checkpoint
	# it would be taken for finished if it ended before there is one to ask
	refute until_true 15 "it leaves" has_event "$job" leave
	root sh -c 'cd /var/spool && rm -rf slurmctld && mv slurmctld.kept slurmctld'
	start_slurmctld
	wait_event "$job" restart
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(alice env PACE=0 "$WORK/heap" 600 80) <(output)
}

@test "a node dies: the job goes on elsewhere from its last generation, every line once" {
	local job node
	ticking
	job=$(submit --checkpoint=1s --output=out job.sh)
	wait_lines out 10
	wait_generation "$job" 2
	node=$(job_node "$job")
	lose "$node"
	until_true 90 "it is requeued" restarted "$job" 0
	wait_running "$job"
	[ "$(job_node "$job")" != "$node" ]
	bring_back
	wait_event "$job" restart
	more_lines 10
	let_end
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	get out | grep -v '^[0-9]*$' || true
	output_is_exact
}

# What slurmd does when it is told to end a job; signals to all processes of alice's there.
signal_all() { cluster run "$1" pkill "-$2" -u alice; }

@test "an order to end that was for an earlier start of the job ends a later one: it goes on, every line once" {
	local job node
	put job.sh <<<$'#!/bin/bash\ntrap "exit 0" TERM\nwhile [ ! -e over ]; do echo $((++i)); sleep 0.1; done\necho end'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	preempt "$job"
	wait_event "$job" restart
	more_lines 5
	node=$(job_node "$job")
	signal_all "$node" CONT
	signal_all "$node" TERM
	wait_event "$job" restart 2
	more_lines 5
	let_end
	wait_over "$job"
	[ "$(restarts "$job")" -eq 2 ]
	wait_accounted "$job" "COMPLETED|0:0"
	output_is_exact
}

@test "scancel --signal=TERM ends a job as without the plugin, also when it has been restored" {
	local job
	ticking
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	preempt "$job"
	wait_event "$job" restart
	alice scancel --full --signal=TERM "$job"
	wait_over "$job"
	wait_accounted "$job" "FAILED|0:15"
	[ "$(restarts "$job")" -eq 1 ]
}

is_idle() { [[ $(root sinfo -h -n "$1" -p low -o %T) == idle ]]; }

@test "a node that Slurm has given up runs the job still: it goes on elsewhere, every line once" {
	local job node
	ticking
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 3
	checkpoint "$job"
	node=$(job_node "$job")
	ENDED=$node
	stop_daemon "$node" slurmd KILL
	root scontrol update "NodeName=$node" State=DRAIN Reason=test
	root scontrol update "NodeName=$node" State=DOWN Reason=test
	wait_restarted "$job" 0
	wait_running "$job"
	[ "$(job_node "$job")" != "$node" ]
	wait_no_processes "$node" alice
	wait_event "$job" restart
	more_lines 10
	let_end
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	[ "$(alice grep -c '"event":"restart"' "$(store "$job")/events")" -eq 1 ]
	[ "$(alice grep -c '"event":"end"' "$(store "$job")/events")" -eq 1 ]
	revive "$node"
	until_true 60 "$node is idle" is_idle "$node"
	output_is_exact
}

@test "an unprotected job is not harmed by Slurm's warning: it lives through its grace time" {
	local job
	put job.sh <<<$'#!/bin/bash\ntrap "echo ended by a signal" EXIT\nwhile :; do echo $((++i)); sleep 0.1; done'
	job=$(submit --checkpoint --checkpoint-dir=/shared/none --output=out job.sh)
	wait_lines out 5
	bob sbatch -Q --partition=high --nodelist="$(job_node "$job")" --exclusive --output=/dev/null --wrap=true
	until_true 60 "it is chosen" eval '[[ $(job_field '"$job"' PreemptTime) == 20* ]]'
	more_lines 30
	is_state "$job" RUNNING
	[ "$(restarts "$job")" -eq 0 ]
	refute_in out "ended by a signal"
}

@test "a file that only one node has: the job is held on another, and goes on where it can" {
	local job node blocker
	for node in n1 n2 n3 n4; do cluster run "$node" chmod 1777 /opt; done
	put job.sh <<<$'#!/bin/bash\nexec 5>>/opt/only-here.$SLURM_JOB_ID\nwhile [ ! -e over ]; do echo $((++i)); echo $i >&5; sleep 0.1; done\n[ $(wc -l </opt/only-here.$SLURM_JOB_ID) -eq $i ] && echo end'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	node=$(job_node "$job")
	blocker=$(occupy "$job")
	wait_held "$job"
	get out | grep -q "is held; .*/opt/only-here.$job"
	bob scancel "$blocker"
	root scontrol update "JobId=$job" "ReqNodeList=$node"
	alice scontrol release "$job"
	let_end
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	is_exact out
}

# bats test_tags=on:trixie
@test "a small file that only one node has, and that is not opened for appending, goes with the job" {
	local job blocker
	for node in n1 n2 n3 n4; do cluster run "$node" chmod 1777 /opt; done
	put job.sh <<<$'#!/bin/bash\nexec 5>/opt/goes-along.$SLURM_JOB_ID\nwhile [ ! -e over ]; do echo $((++i)); echo $i >&5; sleep 0.1; done\n[ $(wc -l </opt/goes-along.$SLURM_JOB_ID) -eq $i ] && echo end'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	blocker=$(occupy "$job")
	wait_event "$job" restart
	let_end
	ended_well "$job"
	is_exact out
	bob scancel "$blocker"
}

@test "a checkpoint directory that is away when the job restarts: it is held, not started over" {
	local job
	ticking
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	# so that it cannot restart before that is away
	alice scheckpoint vacate "$job"
	put_store_away
	root touch /shared/checkpoint/alice
	alice scontrol release "$job"
	wait_restarted "$job" 1
	wait_held "$job"
	put_store_back
	let_end
	alice scontrol release "$job"
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	is_exact out
}
