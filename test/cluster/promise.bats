#!/usr/bin/env bats
# The promise: what a job prints and computes is what it would have undisturbed.

load lib

setup() { new_workdir; }
teardown() { clean; }

# With PACE=0 the programs do the same without pausing between their steps: so much for
# the undisturbed runs.
#
# Five programs at once, each preempted ten times. A preemption takes a whole node,
# so it falls at a random moment of every job that runs there.
write_scripts() {
	put pipes.sh <"$ROOT/test/cluster/programs/pipes.sh"
	put threads.py <"$ROOT/test/cluster/programs/threads.py"
	build openmp -fopenmp
	build static -static
	build heap
	local name
	for name in pipes threads openmp static heap; do
		alice mkdir -p "$WORK/$name.job" "$WORK/$name.ref"
	done
	# none ends before all preemptions are over, however slow the machine is
	local wait='while [ ! -e ../over ]; do sleep 0.1; done'
	put pipes <<<$'#!/bin/sh\n../pipes.sh 450 || exit\n'"$wait"
	put threads <<<$'#!/bin/sh\n../threads.py 500 || exit\n'"$wait"
	put openmp_job <<<$'#!/bin/sh\n../openmp 500 || exit\n'"$wait"
	put static_job <<<$'#!/bin/sh\n../static 500 static.out || exit\n'"$wait"
	put heap_job <<<$'#!/bin/bash\n../heap 1024 100; echo "heap ended with $?"\n'"$wait"
}

submit_in() { # DIRECTORY OPTION... SCRIPT
	alice sh -c 'cd "$1" && shift && exec sbatch --parsable --output=out "$@"' _ "$WORK/$1" "${@:2}"
}

all_running() { local j; for j in "$@"; do is_state "$j" RUNNING || return 1; done; }
# all_restarted TIMES JOB...: counted, since to be pending is soon over
all_restarted() { local j; for j in "${@:2}"; do [[ $(restarts "$j") -ge $1 ]] || return 1; done; }

# preempt_again_and_again JOB TIMES: at random moments, each time when it has gone on
preempt_again_and_again() {
	local round
	wait_event "$1" start
	for ((round = 1; round <= $2; round++)); do
		sleep "1.$((RANDOM % 1000))"
		preempt "$1"
		wait_running "$1"
		wait_event "$1" restart "$round"
	done
}

@test "a periodic timer that had expired when the job was saved goes on" {
	local job
	put timer.py <<-'EOF'
		#!/usr/bin/env python3
		import os, struct
		timer = os.timerfd_create(0)
		os.timerfd_settime(timer, initial=0.02, interval=0.02)
		step = 0
		while not os.path.exists("../over"):
		    step += 1
		    ticks = 0
		    while ticks < 5:
		        ticks += struct.unpack("Q", os.read(timer, 8))[0]
		    print(step, flush=True)
	EOF
	alice mkdir "$WORK/job"
	job=$(submit_in job --checkpoint=1s ../timer.py)
	preempt_again_and_again "$job" 3
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	get job/out | diff <(seq "$(get job/out | wc -l)") -
}

@test "processes that have detached themselves, as daemons do, go with the job each time" {
	local job
	put detached.py <"$ROOT/test/cluster/programs/detached.py"
	alice mkdir "$WORK/job" "$WORK/ref"
	job=$(submit_in job --checkpoint=2s ../detached.py 150)
	preempt_again_and_again "$job" 4
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	alice sh -c 'cd "$1/ref" && PACE=0 ../detached.py 150 >out' _ "$WORK"
	alice diff -r "$WORK/ref" "$WORK/job"
	refute grep 'Event=failed' <(root scheckpoint show "$job")
}

@test "a job that ends while it is being saved has ended, and nothing has failed" {
	local array i
	put job.sh <<<$'#!/bin/bash\nsleep "1.$(printf %03d $((RANDOM % 150)))"'
	array=$(submit --checkpoint=1s --array=1-40 --output=out.%a job.sh)
	until_true 120 "the queue is empty" queue_empty
	for i in {1..40}; do
		wait_accounted "${array}_$i" "COMPLETED|0:0"
		[ -z "$(get "out.$i")" ]
	done
	refute grep 'Event=failed' <(root scheckpoint show "$array")
}

@test "output after ten preemptions at random moments is that of the undisturbed run" {
	local -A script=([pipes]=pipes [threads]=threads [openmp]=openmp_job [static]=static_job [heap]=heap_job)
	local -a jobs=()
	local name round job
	echo "SEED=$SEED"
	write_scripts
	alice touch "$WORK/over"
	for name in "${!script[@]}"; do
		submit_in "$name.ref" --mem=1500 --export=ALL,PACE=0 "../${script[$name]}" >/dev/null
	done
	until_true 300 "the undisturbed runs are over" queue_empty
	alice rm "$WORK/over"
	for name in "${!script[@]}"; do
		jobs+=("$(submit_in "$name.job" --checkpoint --mem=1500 "../${script[$name]}")")
	done
	for round in {1..10}; do
		until_true 60 "all run (round $round)" all_running "${jobs[@]}"
		sleep "0.$((RANDOM % 1000))"
		bob sbatch -Q --partition=high --nodes=4 --exclusive --output=/dev/null --wrap=true
		until_true 120 "all are preempted (round $round)" all_restarted "$round" "${jobs[@]}"
	done
	alice touch "$WORK/over"
	for job in "${jobs[@]}"; do
		wait_over "$job" 400
		wait_accounted "$job" "COMPLETED|0:0"
		[ "$(restarts "$job")" -eq 10 ]
	done
	alice sh -c 'cd "$1" && for d in *.job; do diff -r "$d" "${d%.job}.ref" || exit 1; done' _ "$WORK"
	[ "$(get heap.job/out | wc -l)" -eq 101 ]
	[ "$(get pipes.job/out | tail -n 2 | head -n 1)" = "total 450" ]
}

# What Slurm takes for that, and a busy machine, is seen on another node: by a job which
# is preempted as well, and ends by itself when the dump is there.
@test "bob's job starts when the dump has ended, and does not wait for the rest of GraceTime" {
	local job plain beside urgent ended started
	build heap
	put job <<<$'#!/bin/sh\n./heap 1024 100000'
	put plain <<<$'#!/bin/sh\ntrap "" TERM\nuntil [ -e "$1" ]; do sleep 0.05; done'
	job=$(submit --checkpoint --mem=1500 --nodelist=n1 --output=out job)
	plain=$(submit --nodelist=n2 --output=/dev/null plain "$(store "$job")/1/manifest")
	wait_running "$plain"
	wait_lines out 3
	beside=$(urgent n2)
	urgent=$(urgent n1)
	wait_over "$urgent"
	wait_over "$beside"
	ended=$(bob sh -c 'cat ~/"$1"' _ "urgent.$beside")
	started=$(bob sh -c 'cat ~/"$1"' _ "urgent.$urgent")
	echo "dump ended $(alice stat -c %.9Y "$(store "$job")/1/manifest"), bob started $started, and on the other node $ended"
	# half of GraceTime; bench/ measures what it takes
	awk -v a="$ended" -v b="$started" 'BEGIN { exit !(a > 0 && b > 0 && b - a < 30) }'
}

# urgent NODE: bob's job that takes it, and writes when; its id
urgent() {
	bob sh -c 'cd && sbatch --parsable --partition=high --nodelist="$1" --exclusive --output=urgent.%j --wrap="date +%s.%N"' _ "$1"
}

@test "a preemption in the middle of a periodic checkpoint: the job leaves in time, and loses nothing" {
	local job steps
	build heap
	put job <<<$'#!/bin/sh\nexec ./heap 600 100000 over'
	job=$(submit --checkpoint=1s --mem=1500 --output=out job)
	wait_lines out 3
	for _ in 1 2 3; do
		wait_running "$job"
		until_true 60 "a periodic checkpoint is being taken" alice sh -c 'ls -d "$1"/[0-9]*.tmp' _ "$(store "$job")"
		preempt "$job"
	done
	wait_event "$job" restart 3
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	steps=$(get out | wc -l)
	diff <(alice env PACE=0 "$WORK/heap" 600 "$steps") <(get out)
}
