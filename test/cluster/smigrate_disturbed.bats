#!/usr/bin/env bats
# smigrate killed, called twice, or crossed by others: no job is lost, left held, or wrong.

load lib
load smigrate

setup() { new_workdir; }
teardown() {
	clean
	resume_all
}

# A job whose checkpoint takes a while, so that something can happen meanwhile.
large() { # MEGABYTES
	put large.py <<'END'
#!/usr/bin/env python3
import os, sys, time
data = [os.urandom(1 << 20) for _ in range(int(sys.argv[1]))]
i = 0
while not os.path.exists("over"):
    i += 1
    print(i, flush=True)
    time.sleep(0.1)
print("end")
END
	submit --checkpoint --mem=1500 --output=out large.py "$1"
}

# In one command on the host, since it does not take long.
wait_saving() {
	alice timeout 60 sh -c 'until ls -d "$1"/*.tmp; do sleep 0.02; done' _ "$(store "$1")" >/dev/null 2>&1
}

@test "killed at fifty random instants and called again, no job is left behind" {
	local a b c name
	a=$(counting a)
	b=$(counting b)
	c=$(counting c --array=7)
	wait_lines out-a 2
	wait_lines out-b 2
	wait_lines out-c 2
	root tee /shared/smigrate_killed.py <"$ROOT/test/cluster/programs/smigrate_killed.py" >/dev/null
	echo "seed $SEED"
	run root python3 /shared/smigrate_killed.py "${KILLS:-50}" "$SEED" "$a" "$b" "${c}_7"
	echo "$output"
	[ "$status" -eq 0 ]
	let_end
	for name in "$a" "$b" "${c}_7"; do
		wait_over "$name"
	done
	for name in a b c; do
		exact "$name"
	done
}

@test "two at the same time on one node: each job moves once" {
	local a b node one two
	close_nodes 'n[2-4]'
	a=$(counting a)
	b=$(counting b)
	wait_lines out-a 3
	wait_lines out-b 3
	open_nodes 'n[2-4]'
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
	let_end
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
	root smigrate -d "$node" --timeout=120s >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	mover=$!
	wait_saving "$job"
	alice scancel "$job"
	wait "$mover"
	cat "$BATS_TEST_TMPDIR/said"
	is_over "$job"
	is_drained "$node"
	open_nodes "$node"
	put short.sh <<<$'#!/bin/bash\necho begun; sleep 2; echo ended'
	job=$(submit --checkpoint --mem=300 --output=out-short short.sh)
	wait_lines out-short 1
	node=$(job_node "$job")
	until_true 60 "it has ended, or nearly" has_lines out-short 2
	run root smigrate -d "$node"
	[ "$status" -eq 0 ]
	wait_over "$job"
	# (A signal that comes when the script has just ended: slurmstepd says there that it
	# finds nobody, as after any scancel.)
	diff <(printf 'begun\nended\n') <(get out-short | grep -v '^slurmstepd-.*failed signal .* No such process$')
}

@test "a job that is preempted in the middle of its move goes on once, elsewhere" {
	local job node mover
	job=$(large 300)
	wait_lines out 1
	node=$(job_node "$job")
	root smigrate "$job" --timeout=120s >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	mover=$!
	wait_saving "$job"
	bob sbatch --partition=high --nodelist="$node" --exclusive --output=/dev/null --wrap="sleep 600"
	wait "$mover" || true
	cat "$BATS_TEST_TMPDIR/said"
	wait_elsewhere "$job" "$node"
	let_end
	wait_over "$job"
	is_exact out
}

@test "a request for an earlier start of the job is refused" {
	local a
	a=$(counting a)
	wait_lines out-a 3
	run alice smigrate "$a"
	[ "$status" -eq 0 ]
	wait_restored "$a" 1
	alice scancel --batch --signal=47 "$a"
	until_true 60 "it is answered" has_events "$a" failed 1
	run alice scheckpoint error "$a"
	[[ $output == *"it was not said where the job is to continue"* ]]
	is_state "$a" RUNNING
	let_end
	wait_over "$a"
	get out-a | grep -v ^slurm-checkpoint | put counted
	is_exact counted
}
