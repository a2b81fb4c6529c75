#!/usr/bin/env bats
# scheckpoint test: it passes what can be checkpointed, finds what cannot, and leaves
# nothing behind.

# bats file_tags=on:forky
load lib

# What was killed on the node in another test, the next to begin there removes.
setup_file() { cluster run n1 sh -c 'rm -rf /tmp/slurm-checkpoint-*'; }

setup() {
	BEGUN=()
	new_workdir
}
teardown() {
	# not all background jobs: bats has one of its own
	local process
	for process in "${BEGUN[@]}"; do kill "$process" 2>/dev/null || true; done
	clean
	wait_no_processes n1 alice
	leaves_nothing
}

on_n1() { cluster run -u alice n1 sh -c 'cd "$1" && shift && exec "$@"' _ "$WORK" "$@"; }
leaves_nothing() { refute on_n1 sh -c 'ls -d /tmp/slurm-checkpoint-*'; }

# Begin a test whose report is the file NAME.report; it is process $TEST.
begin() {
	local name=$1
	shift
	on_n1 sh -c 'echo $$ >"$0.pid"; exec scheckpoint test "$@" >"$0.report" 2>&1' \
		"$name" "$@" >/dev/null 2>&1 3>&- &
	TEST=$!
	BEGUN+=("$TEST")
}
reports() { grep -q "$2" <(get "$1.report" 2>/dev/null); }
wait_report() { until_true 60 "$1 reports $2" reports "$1" "$2"; }

# What counts, a line every tenth of a second, and uses a file.
put_counter() {
	put counter.py <<'END'
import sys, time
f = open(sys.argv[2], sys.argv[1])
for i in range(int(sys.argv[3]) if len(sys.argv) > 3 else 30):
    time.sleep(0.1)
    print(i, f.readline() if f.readable() else f.write(f"{i}\n"), flush=True)
    f.flush()
END
}

# (They sleep most of the time, and so take as long when they are run again: on a machine
# that is busy in one run and not in the next there would be no time for all checkpoints.)
# bats test_tags=sanitize
@test "a pipeline and threads pass, and their output is what it was undisturbed" {
	put pipes.sh <"$ROOT/test/cluster/programs/pipes.sh"
	put threads.py <"$ROOT/test/cluster/programs/threads.py"
	run on_n1 env PACE=0.5 scheckpoint test --pause=1 -- ./pipes.sh 12
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"restart 2"*"./pipes.sh 12 can be checkpointed: output of "*" bytes the same after 2 restarts" ]]
	run on_n1 env PACE=0.5 scheckpoint test --pause=0 --times=3 python3 threads.py 16
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *" bytes the same after 3 restarts" ]]
}

@test "it works in a job, whose output has the report and what else the job prints" {
	put pipes.sh <"$ROOT/test/cluster/programs/pipes.sh"
	put job.sh <<<$'#!/bin/sh\necho before\nPACE=0.5 scheckpoint test --pause=1 ./pipes.sh 12\necho after $?'
	JOB=$(submit --nodelist=n1 --output=out job.sh)
	wait_over "$JOB"
	get out
	[ "$(get out | head -n 1)" = before ]
	[ "$(get out | tail -n 1)" = "after 0" ]
	[ "$(count_in out '^test: checkpoint [12]: ')" -eq 2 ]
	[ "$(count_in out '^test: ./pipes.sh 12 can be checkpointed: ')" -eq 1 ]
	[ "$(get out | wc -l)" -eq 9 ]
}

# bats test_tags=sanitize
@test "a TCP connection is found, with the program that holds it and to where" {
	put client.py <<'END'
import socket, time
connection = socket.create_connection(("ctl", 6817))
for i in range(20):
    time.sleep(0.1)
    print(i, flush=True)
END
	run on_n1 scheckpoint test python3 client.py
	echo "$output"
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == "scheckpoint: error: python3 client.py: checkpoint 1 was refused: python3 holds a TCP connection to "*" port 6817, "* ]]
}

# once_stopped NAME COMMAND: run it as soon as the test is stopped by its first checkpoint,
# in one process, which sees that at once; it is process $ACT.
once_stopped() {
	# shellcheck disable=SC2016
	on_n1 timeout 120 sh -c 'until grep -q "checkpoint 1: " "$1.report"; do sleep 0.05; done; eval "$2"' \
		_ "$@" >/dev/null 2>&1 3>&- &
	ACT=$!
	BEGUN+=("$ACT")
}

@test "a file that is removed, cut short or replaced meanwhile is found" {
	local removed truncated replaced act acts=()
	put_counter
	for name in removed truncated replaced; do
		seq 100 | put "$name"
	done
	once_stopped removed 'rm removed'
	acts+=("$ACT")
	once_stopped truncated 'truncate -s 0 truncated'
	acts+=("$ACT")
	once_stopped replaced 'echo other >new; mv new replaced'
	acts+=("$ACT")
	begin removed --pause=15 python3 counter.py r removed
	removed=$TEST
	begin truncated --pause=15 python3 counter.py a truncated
	truncated=$TEST
	begin replaced --pause=15 python3 counter.py r replaced
	replaced=$TEST
	for act in "${acts[@]}"; do wait "$act"; done
	refute wait "$removed"
	refute wait "$truncated"
	refute wait "$replaced"
	get removed.report
	get truncated.report
	get replaced.report
	[[ $(get removed.report | tail -n 1) == *": restart 1 failed: "*"/removed"* ]]
	[[ $(get truncated.report | tail -n 1) == *": restart 1 failed: "*"/truncated has 0 bytes, fewer than the "* ]]
	[[ $(get replaced.report | tail -n 1) == *": restart 1 failed: "*"is not the same file on this node as when the job was saved"* ]]
}

@test "a program that looks at the time of day is found" {
	put clock.py <<'END'
import time
last = time.time()
for i in range(30):
    time.sleep(0.1)
    now = time.time()
    print("the clock has jumped" if now - last > 2 else i, flush=True)
    last = now
END
	run on_n1 scheckpoint test python3 clock.py
	echo "$output"
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == *": its output differs at line "*", after restart 1: expected "*", got \"the clock has jumped\"" ]]
	run on_n1 scheckpoint test python3 -c 'import sys, time
began = time.time()
time.sleep(2)
sys.exit(time.time() - began > 4)'
	echo "$output"
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == *": it ended with exit status 1 instead of with exit status 0" ]]
}

@test "a program that hangs after a restart is found" {
	run on_n1 scheckpoint test --pause=3 python3 -c 'import time
began = time.time()
time.sleep(2)
if time.time() - began > 4: time.sleep(1000)'
	echo "$output"
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == *": it hangs after restart 2: it has not ended within "* ]]
}

@test "what cannot be told is said" {
	run on_n1 scheckpoint test --pause=0 sh -c 'for i in 1 2 3 4 5; do date +%N; sleep 0.2; done'
	echo "$output"
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == *"not the same in two undisturbed runs either"* ]]
	run on_n1 scheckpoint test true
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == *"scheckpoint: error: true: it is too short to be checkpointed 2 times"* ]]
	# Only the first time does it run for long.
	run on_n1 scheckpoint test --pause=0 sh -c 'if mkdir made 2>/dev/null; then sleep 3; else sleep 0.1; fi'
	echo "$output"
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == *": it is too short to be checkpointed 2 times"* ]]
	run on_n1 scheckpoint test ./nonesuch
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = "scheckpoint: error: ./nonesuch: it cannot be executed: No such file or directory" ]
	run on_n1 scheckpoint test nonesuch
	[ "$status" -eq 1 ]
	[ "$output" = "scheckpoint: error: nonesuch: command not found" ]
	run on_n1 scheckpoint test --times=0 true
	[ "$status" -eq 2 ]
	run on_n1 scheckpoint test --pause=0
	[ "$status" -eq 2 ]
}

# (It is stopped for good after its first checkpoint.)
runs_or_is_stopped() { [[ $(processes n1 alice) == *sleep* ]] || reports test "checkpoint 1: "; }

# bats test_tags=sanitize
@test "interrupted at any time, it takes everything with it" {
	put counter.sh <<'END'
#!/bin/bash
(setsid sleep 1000 &)
touch "$TMPDIR/file"
for i in $(seq 30); do echo $i; sleep 0.1; done
END
	local signal status line ended
	while read -r signal status line; do
		begin test --pause=1000 ./counter.sh
		wait_report test "$line"
		until_true 60 "the command runs" runs_or_is_stopped
		on_n1 sh -c 'kill -"$1" "$(cat test.pid)"' _ "$signal"
		ended=0
		wait "$TEST" || ended=$?
		[ "$ended" -eq "$status" ]
		no_processes n1 alice
		leaves_nothing
		on_n1 rm test.report
	done <<-END
		INT 130 runs undisturbed
		TERM 143 it runs again
		TERM 143 checkpoint 1:
	END
}
