#!/usr/bin/env bats
# smigrate: nodes are emptied and jobs go on elsewhere, whatever they print being exact.

load lib
load server
load smigrate

setup() { new_workdir; }
teardown() {
	end_server
	clean
	resume_all
}

@test "a node with jobs of every kind is drained, and all outputs are exact" {
	local serial array pending
	close_nodes 'n[2-4]'
	serial=$(counting serial)
	array=$(counting array --array=3)
	wait_running "$serial"
	wait_running "${array}_3"
	open_nodes 'n[2-4]'
	# nothing is left of n1's two processors: the next wait for it, or go elsewhere
	pending=$(counting pending --nodelist=n1)
	run root smigrate --drain-node=n1 --reason="new memory"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"n1: drained"* ]]
	[[ $output == *"node n1: empty after "* ]]
	is_drained n1
	[[ $(root sinfo -h -R -n n1 -o %E) == "new memory" ]]
	has_left "$serial" n1
	has_left "${array}_3" n1
	is_state "$pending" PENDING
	open_nodes n1
	wait_running "$pending"
	let_end
	wait_over "$serial"
	wait_over "${array}_3"
	wait_over "$pending"
	exact serial
	exact array
	exact pending
	[ "$(restarts "$serial")" -eq 1 ]
}

@test "a program with threads goes on elsewhere" {
	put threads.py <"$ROOT/test/cluster/programs/threads.py"
	JOB=$(submit --checkpoint --mem=300 --cpus-per-task=2 --output=out threads.py 100000)
	wait_lines out 3
	local node
	node=$(job_node "$JOB")
	run root smigrate --drain-node="$node" --json
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(json 'd["jobs"][0]["state"]')" = moved ]
	[ "$(json 'd["nodes"][0]["empty"]')" = True ]
	[ "$(json 'd["jobs"][0]["dump"] > 0 and d["jobs"][0]["requeue"] > 0 and d["jobs"][0]["restore"] > 0')" = True ]
	is_state "$JOB" RUNNING
	has_left "$JOB" "$node"
}

# has_count FILE PATTERN COUNT: so many lines match
has_count() { [[ $(count_in "$1" "$2" 2>/dev/null) -ge $3 ]]; }

@test "a job of two nodes, whose program saves itself, goes on on others" {
	put self.py <"$ROOT/test/cluster/programs/self.py"
	put job <<<$'#!/bin/sh\nsrun --ntasks=2 ./self.py 400 state over'
	let_end
	submit --nodes=2 --mem=300 --output=ref --export=ALL,PACE=0 job >/dev/null
	until_true 60 "the undisturbed run is over" queue_empty
	alice sh -c 'rm -f "$1"/state.* "$1/over"' _ "$WORK"
	close_nodes 'n[3-4]'
	JOB=$(submit --checkpoint --checkpoint-signal=steps:USR1 --checkpoint-exit-code=85 --nodes=2 --mem=300 \
		--output=out --error=err job)
	# until then one of them would not save itself
	until_true 60 "one task counts" has_count out '^rank 0' 3
	until_true 60 "so does the other" has_count out '^rank 1' 3
	open_nodes 'n[3-4]'
	run root smigrate -d n1
	echo "$output"
	[ "$status" -eq 0 ]
	is_state "$JOB" RUNNING
	[[ $(job_node "$JOB") == n\[*\] ]]
	[[ $(job_node "$JOB") != *1* ]]
	let_end
	wait_over "$JOB"
	diff <(get out | sort) <(get ref | sort)
}

@test "two nodes at once: no job is sent from one to the other" {
	local a b
	close_nodes 'n[3-4]'
	a=$(counting a --cpus-per-task=2)
	b=$(counting b --cpus-per-task=2)
	wait_running "$a"
	wait_running "$b"
	open_nodes 'n[3-4]'
	run root smigrate -d 'n[1-2]'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $(job_node "$a") == n[34] ]]
	[[ $(job_node "$b") == n[34] ]]
	[ "$(restarts "$a")" -eq 1 ]
	[ "$(restarts "$b")" -eq 1 ]
	let_end
	wait_over "$a"
	wait_over "$b"
	exact a
	exact b
}

@test "where there is no room, no job is stopped; it moves when there is, or with --force" {
	local a node blocker
	close_nodes 'n[3-4]'
	a=$(counting a --cpus-per-task=2)
	wait_running "$a"
	node=$(job_node "$a")
	blocker=$(bob sbatch --parsable --exclusive --output=/dev/null --wrap="sleep 600")
	wait_running "$blocker"
	run root smigrate -n -d "$node"
	echo "$output"
	[ "$status" -eq 4 ]
	[[ $output == *"job $a: wait on $node: there is no room for it elsewhere now; Slurm would start it at "* ]]
	node_has "$node" allocated
	run root smigrate -d "$node" --wait-limit=3s
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"there is no room for it elsewhere now"* ]]
	is_on "$a" "$node"
	[ -z "$(newest "$a")" ]
	run root smigrate -d "$node" --timeout=3s
	[ "$status" -eq 3 ]
	is_on "$a" "$node"
	root scancel "$blocker"
	run root smigrate -d "$node"
	echo "$output"
	[ "$status" -eq 0 ]
	has_left "$a" "$node"
	let_end
	wait_over "$a"
	exact a
}

@test "--force empties the node all the same, and the jobs go on when there is room" {
	local a node blocker
	close_nodes 'n[3-4]'
	a=$(counting a --cpus-per-task=2)
	wait_running "$a"
	node=$(job_node "$a")
	blocker=$(bob sbatch --parsable --exclusive --output=/dev/null --wrap="sleep 600")
	wait_running "$blocker"
	run root timeout 120 smigrate -d "$node" --force --timeout=20s
	echo "$output"
	[ "$status" -eq 3 ]
	until_true 60 "the node is empty" is_drained "$node"
	is_state "$a" PENDING
	root scancel "$blocker"
	wait_running "$a"
	let_end
	wait_over "$a"
	exact a
}

@test "what cannot be saved: left alone, waited for, requeued, cancelled, or nothing is done at all" {
	local plain node
	plain=$(submit --no-checkpoint --mem=300 --output=out-plain --wrap="echo begun; sleep 600")
	wait_running "$plain"
	node=$(job_node "$plain")
	run root smigrate -d "$node" --uncheckpointable=fail
	echo "$output"
	[ "$status" -eq 4 ]
	[[ $output == *"job $plain is not checkpointed"* ]]
	refute node_has "$node" drain
	run root smigrate -d "$node" --uncheckpointable=skip
	[ "$status" -eq 1 ]
	[[ $output == *"node $node is not empty"* ]]
	is_on "$plain" "$node"
	run root smigrate -d "$node" --wait-limit=2s --after-wait=skip --undo-on-failure
	[ "$status" -eq 1 ]
	is_on "$plain" "$node"
	run root smigrate -d "$node" --uncheckpointable=requeue
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"job $plain: requeued, and starts over"* ]]
	wait_running "$plain"
	has_left "$plain" "$node"
	open_nodes "$node"
	node=$(job_node "$plain")
	run root smigrate -d "$node" --uncheckpointable=cancel
	echo "$output"
	[ "$status" -eq 0 ]
	is_over "$plain"
}

@test "an element that has its array's number is cancelled, and no other one" {
	local main first node
	main=$(submit --no-checkpoint --array=1-2 --exclusive --output=/dev/null --wrap="sleep 600")
	until_true 60 "both run" eval "[[ \$(alice squeue --noheader --states=RUNNING --jobs=$main | wc -l) -eq 2 ]]"
	first=$(first_of "$main")
	node=$(alice squeue --noheader --jobs="${main}_$first" --format=%N)
	run root smigrate -d "$node" --uncheckpointable=cancel
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(alice squeue --noheader --array --states=RUNNING --jobs="$main" --format=%K)" = "$((3 - first))" ]
	alice scancel "$main"
}

@test "--undo-on-failure: a node that cannot be emptied takes jobs again" {
	local plain node
	plain=$(submit --no-checkpoint --mem=300 --output=/dev/null --wrap="sleep 600")
	wait_running "$plain"
	node=$(job_node "$plain")
	run root smigrate -d "$node" --uncheckpointable=skip --undo-on-failure
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$node: resumed, since not all was done"* ]]
	refute node_has "$node" drain
	is_on "$plain" "$node"
}

@test "a checkpoint that fails stops nothing, and kills nothing, whatever is allowed" {
	local job node
	serve
	put job.py <<'END'
#!/usr/bin/env python3
import os, socket, time
s = socket.create_connection(("ctl", 7788))
i = 0
while not os.path.exists("over"):
    i += 1
    print(i, flush=True)
    time.sleep(0.1)
print("end")
END
	job=$(submit --checkpoint --mem=300 --output=out job.py)
	wait_lines out 3
	node=$(job_node "$job")
	run root smigrate -d "$node" --uncheckpointable=cancel --after-wait=cancel --wait-limit=1s
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"error: job $job: "*"TCP connection"*"; it stays on its node"* ]]
	is_on "$job" "$node"
	let_end
	wait_over "$job"
	get out | grep -v ^slurm-checkpoint | put counted
	is_exact counted
}

# bats test_tags=sanitize
@test "a user moves his own jobs, nobody else's, and drains nothing" {
	local a node
	a=$(counting a)
	wait_lines out-a 3
	node=$(job_node "$a")
	run bob smigrate "$a"
	echo "$output"
	[ "$status" -eq 1 ]
	is_on "$a" "$node"
	run alice smigrate -d "$node" --timeout=10s
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"cannot drain $node: "* ]]
	refute node_has "$node" drain
	run alice smigrate "$a"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"job $a: continues on n"* ]]
	has_left "$a" "$node"
	let_end
	wait_over "$a"
	exact a
}

@test "words that are no jobs, and options that do not go together: one sentence each" {
	run alice smigrate
	[ "$status" -eq 2 ]
	[[ $output == *"no job given"* ]]
	run alice smigrate -d n1 12
	[ "$status" -eq 2 ]
	run alice smigrate --resume 12
	[ "$status" -eq 2 ]
	run alice smigrate --uncheckpointable=perhaps 12
	[ "$status" -eq 2 ]
	[[ $output == *"--uncheckpointable=perhaps: it is one of wait|requeue|cancel|skip|fail"* ]]
	run alice smigrate --priority=0 12
	[ "$status" -eq 2 ]
	run alice smigrate 999999
	[ "$status" -eq 1 ]
	[[ $output == *"Invalid job id 999999"* ]]
	run alice smigrate banana
	[ "$status" -eq 1 ]
	run root smigrate -d n77
	[ "$status" -eq 1 ]
	[[ $output == *"node n77 is not known to Slurm"* ]]
}
