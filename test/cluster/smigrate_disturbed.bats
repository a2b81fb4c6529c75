#!/usr/bin/env bats
# smigrate killed, called twice, or crossed by others: no job is lost, left held, or wrong.

load lib
load smigrate

setup() { new_workdir; }
teardown() {
	clean
	resume_all
	if root test -e /etc/slurm/slurm.conf.kept; then
		root mv /etc/slurm/slurm.conf.kept /etc/slurm/slurm.conf
		root scontrol reconfigure
	fi
}

# A job whose checkpoint takes a while, so that something can happen meanwhile.
large() { # MEGABYTES
	put large.py <<'END'
#!/usr/bin/env python3
import os, sys, time
data = [os.urandom(1 << 20) for _ in range(int(sys.argv[1]))]
for i in range(1, 201):
    print(i, flush=True)
    time.sleep(0.1)
END
	submit --checkpoint --mem=1500 --output=out large.py "$1"
}

is_saving() { alice sh -c 'ls -d "$1"/*.tmp' _ "$(store "$1")" >/dev/null 2>&1; }

@test "killed at fifty random instants and called again, no job is left behind" {
	local a b c
	a=$(counting -n 20000 a)
	b=$(counting -n 20000 b)
	c=$(counting -n 20000 c --array=7)
	wait_lines out-a 2
	wait_lines out-b 2
	wait_lines out-c 2
	root tee /shared/smigrate_killed.py <"$ROOT/test/cluster/programs/smigrate_killed.py" >/dev/null
	echo "seed $SEED"
	run root python3 /shared/smigrate_killed.py "${KILLS:-50}" "$SEED" "$a" "$b" "${c}_7"
	echo "$output"
	[ "$status" -eq 0 ]
	alice scancel --batch --signal=41 "$a" "$b" "${c}_7"
	for name in a b c; do
		get "out-$name" >"$BATS_TEST_TMPDIR/out"
		diff <(seq "$(wc -l <"$BATS_TEST_TMPDIR/out")") "$BATS_TEST_TMPDIR/out"
	done
}

@test "two at the same time on one node: each job moves once" {
	local a b node one two
	root scontrol update NodeName='n[2-4]' State=DRAIN Reason=test
	a=$(counting a)
	b=$(counting b)
	wait_lines out-a 3
	wait_lines out-b 3
	root scontrol update NodeName='n[2-4]' State=RESUME
	root smigrate -d n1 >"$BATS_TEST_TMPDIR/one" 2>&1 3>&- &
	one=$!
	root smigrate -d n1 >"$BATS_TEST_TMPDIR/two" 2>&1 3>&- &
	two=$!
	wait "$one"
	wait "$two"
	cat "$BATS_TEST_TMPDIR"/one "$BATS_TEST_TMPDIR"/two
	is_drained n1
	[ "$(restarts "$a")" -eq 1 ]
	[ "$(restarts "$b")" -eq 1 ]
	wait_over "$a"
	wait_over "$b"
	exact a
	exact b
}

@test "a job that ends, or is cancelled, in the middle of its move" {
	local job node mover
	job=$(large 300)
	wait_lines out 1
	node=$(job_node "$job")
	root smigrate -d "$node" --timeout=60s >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	mover=$!
	until_true 30 "it is being saved" is_saving "$job"
	alice scancel "$job"
	wait "$mover"
	cat "$BATS_TEST_TMPDIR/said"
	is_over "$job"
	is_drained "$node"
	root scontrol update NodeName="$node" State=RESUME
	put short.sh <<<$'#!/bin/bash\necho begun; sleep 2; echo ended'
	job=$(submit --checkpoint --mem=300 --output=out-short short.sh)
	wait_lines out-short 1
	node=$(job_node "$job")
	until_true 10 "it has ended, or nearly" has_lines out-short 2
	run root smigrate -d "$node"
	[ "$status" -eq 0 ]
	wait_over "$job"
	diff <(printf 'begun\nended\n') <(get out-short)
}

@test "a job that is preempted in the middle of its move goes on once, elsewhere" {
	local job node mover
	job=$(large 300)
	wait_lines out 1
	node=$(job_node "$job")
	root smigrate "$job" --timeout=90s >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	mover=$!
	until_true 30 "it is being saved" is_saving "$job"
	bob sbatch --partition=high --nodelist="$node" --exclusive --output=/dev/null --wrap="sleep 600"
	wait "$mover" || true
	cat "$BATS_TEST_TMPDIR/said"
	until_true 90 "it goes on" is_state "$job" RUNNING
	has_left "$job" "$node"
	wait_over "$job"
	diff <(seq 200) <(get out)
}

@test "a request for an earlier start of the job is refused" {
	local a
	a=$(counting -n 400 a)
	wait_lines out-a 3
	run alice smigrate "$a"
	[ "$status" -eq 0 ]
	wait_restored "$a" 1
	alice scancel --batch --signal=47 "$a"
	until_true 30 "it is answered" has_events "$a" failed 1
	run alice scheckpoint error "$a"
	[[ $output == *"it was not said where the job is to go on"* ]]
	is_state "$a" RUNNING
	wait_over "$a"
	[ "$(get out-a | grep -vc slurm-checkpoint)" -eq 400 ]
}
