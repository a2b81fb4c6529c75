#!/usr/bin/env bats
# smigrate with 200 nodes and 1,000 jobs. What is asserted are numbers of requests to
# slurmctld; how long it took is printed.

load lib
load smigrate

NODES=200

# Fifty more slurmds on each host. They run nothing: the jobs are allocations alone.
setup_file() {
	local i
	root cp /etc/slurm/slurm.conf /etc/slurm/slurm.conf.kept
	root sh -c 'cat >>/etc/slurm/slurm.conf' <<END
$(for i in 1 2 3 4; do
		echo "NodeName=v[$((i * 50 - 49))-$((i * 50))] NodeHostname=n$i NodeAddr=n$i Port=[$((17000 + i * 50 - 49))-$((17000 + i * 50))] CPUs=16 RealMemory=64000 State=UNKNOWN"
	done)
PartitionName=wide Nodes=v[1-$NODES] MaxTime=UNLIMITED
END
	# one directory of its own for each
	root sed -i 's|^SlurmdSpoolDir=.*|SlurmdSpoolDir=/var/spool/slurmd.%n|; s|^SlurmdPidFile=.*|SlurmdPidFile=/run/slurm/slurmd.%n.pid|; s|^SlurmdLogFile=.*|SlurmdLogFile=/var/log/slurm/slurmd.%n.log|' /etc/slurm/slurm.conf
	# All know of each other before slurmctld asks them, since they pass on what it asks:
	# who was asked in vain is taken to be down some seconds later, idle or not.
	for i in 1 2 3 4; do
		cluster run "n$i" sh -c 'for n in $(seq "$1" "$2"); do slurmd -N "v$n" || exit 1; done' _ $((i * 50 - 49)) $((i * 50))
		cluster run "n$i" pkill -HUP -f "^slurmd -N n$i"
	done
	restart_slurmctld
	until_true 300 "all slurmds are there" all_idle
}

teardown_file() {
	local i
	root scancel --partition=wide --quiet || true
	until_true 300 "no job is left" queue_empty
	for i in 1 2 3 4; do
		cluster run "n$i" sh -c 'for f in /run/slurm/slurmd.v*.pid; do kill "$(cat "$f")"; done' || true
	done
	for i in 1 2 3 4; do
		until_true 60 "the slurmds on n$i have ended" refute cluster run "n$i" pgrep -f '^slurmd -N v'
	done
	root mv /etc/slurm/slurm.conf.kept /etc/slurm/slurm.conf
	restart_slurmctld
	root sh -c 'rm -rf /shared/checkpoint/alice/testbed/[0-9]*'
	until_true 60 "the nodes are back" eval '[[ $(root sinfo -h -p low -N -o %T | grep -cx idle) -eq 4 ]]'
}

restart_slurmctld() {
	stop_daemon ctl slurmctld TERM
	cluster run ctl slurmctld
	until_true 60 "slurmctld answers" root scontrol ping
}

all_idle() { [[ $(root sinfo -h -p wide -N -o %T | grep -cx idle) -eq $NODES ]]; }

# allocate COUNT: so many jobs that seem to be checkpointed
allocate() {
	alice sh -c 'i=0; while [ $i -lt "$1" ]; do
		salloc --quiet --no-shell --partition=wide --mem=100 --cpus-per-task=1 --job-name=many & i=$((i + 1))
		[ $((i % 20)) -ne 0 ] || wait; done; wait' _ "$1"
	root squeue -h -p wide -t RUNNING -o %i >"$BATS_TEST_TMPDIR/jobs"
	# shellcheck disable=SC2016  # it is python's
	alice python3 -c '
import os, sys
for job in sys.stdin.read().split():
    folder = f"/shared/checkpoint/alice/testbed/{job}"
    os.makedirs(folder, 0o700, exist_ok=True)
    open(folder + "/events", "w").write("{\"time\":1.0,\"event\":\"start\",\"node\":\"v1\",\"restart\":0,\"engine\":\"criu\"}\n")' <"$BATS_TEST_TMPDIR/jobs"
}

requests() { root sdiag | sed -n 's/^\tREQUEST_\([A-Z_]*\) .*count:\([0-9]*\) .*/\1 \2/p' | grep -v '^STATS\|NODE_REGISTRATION'; }
total() { requests | awk '/^(JOB_INFO|NODE_INFO|PARTITION_INFO|JOB_WILL_RUN|BUILD_INFO)/ { n += $2 } END { print n + 0 }'; }

# plan NODES: its requests in COUNT, its seconds printed
plan() {
	root sdiag --reset >/dev/null
	local began=$EPOCHREALTIME
	run root smigrate --test-only --json --drain-node="$1"
	local ended=$EPOCHREALTIME
	[[ $status == [04] ]]
	COUNT=$(total)
	[ "$COUNT" -gt 0 ]
	echo "# drain $1: $(json 'len(d["jobs"])') jobs, $COUNT requests ($(requests | grep -E '^(JOB_INFO|NODE_INFO|PARTITION_INFO|JOB_WILL_RUN|BUILD_INFO)' | tr '\n' ' ')), $(python3 -c "print(f'{$ended-$began:.3f}')") s" >&3
}

@test "the plan for 1,000 jobs takes as many requests as that for a few" {
	local few many
	allocate 1000
	[ "$(wc -l <"$BATS_TEST_TMPDIR/jobs")" -eq 1000 ]
	plan v1
	few=$COUNT
	plan 'v[1-100]'
	many=$COUNT
	[ "$many" -le $((few + 2)) ]
	plan 'v[1-200]'
	[ "$COUNT" -le $((few + 2)) ]
	[ "$(json 'len(d["jobs"])')" -eq 1000 ]
	[ "$(json 'sum(j["act"] == "wait" for j in d["jobs"])')" -eq 1000 ]
}
