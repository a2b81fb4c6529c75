#!/usr/bin/env bats
# scheckpoint: asking for checkpoints through Slurm, seeing and checking them.

load lib

setup() { new_workdir; }
teardown() { clean; }

counting_job() {
	ticking
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 3
}

@test "create, list, show and verify, as owner" {
	counting_job
	alice scheckpoint create "$JOB"
	wait_generation "$JOB" 1
	alice scheckpoint create "$JOB"
	wait_generation "$JOB" 2
	run alice scheckpoint list
	[[ ${lines[0]} == JOBID* ]]
	[[ $output == *"$JOB "*request* ]]
	run alice scheckpoint show "$JOB"
	[ "$status" -eq 0 ]
	[[ $output == *Generation=2*Engine=criu*Generation=1* ]]
	run alice scheckpoint verify "$JOB"
	[ "$status" -eq 0 ]
	[ "$(grep -c whole <<<"$output")" -eq 2 ]
	alice truncate -s 1 "$(store "$JOB")/1/files.img"
	run alice scheckpoint verify "$JOB"
	[ "$status" -eq 1 ]
	[[ $output == *"generation 1: files.img"* ]]
	[[ $output == *"generation 2: whole"* ]]
	let_end
	wait_over "$JOB"
	is_exact out
}

@test "vacate holds a job, which goes on when it is released; requeue queues it" {
	counting_job
	alice scheckpoint vacate "$JOB"
	wait_held "$JOB"
	alice scontrol release "$JOB"
	wait_running "$JOB"
	wait_event "$JOB" restart 1
	root scheckpoint requeue "$JOB"
	wait_restarted "$JOB" 1
	wait_event "$JOB" restart 2
	let_end
	wait_over "$JOB"
	is_exact out
}

@test "what cannot be done is refused in one line, and no job is harmed" {
	local plain
	counting_job
	put plain.sh <<<$'#!/bin/sh\nsleep infinity'
	plain=$(submit --output=/dev/null plain.sh)
	wait_running "$plain"
	run alice scheckpoint create "$plain"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"submitted without --checkpoint"* ]]
	is_state "$plain" RUNNING
	run bob scheckpoint create "$JOB"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	run alice scheckpoint create 999999
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"Invalid job id"* ]]
	run alice scheckpoint create banana
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	run alice scheckpoint create
	[ "$status" -eq 2 ]
	run alice scheckpoint sing
	[ "$status" -eq 2 ]
	is_state "$JOB" RUNNING
	[ -z "$(newest "$JOB")" ]
}

@test "a job's TMPDIR is its own and goes with it" {
	put job.sh <<'END'
#!/bin/bash
exec 5>"$TMPDIR/open"
mkdir "$TMPDIR/d"; echo kept >"$TMPDIR/d/file"; ln -s d/file "$TMPDIR/link"
echo "$(stat -c %a "$TMPDIR") ready"
echo ticks
until [ -e over ]; do echo $((++i)) >&5; sleep 0.1; done
cat "$TMPDIR/link"; diff <(seq $i) "$TMPDIR/open"; ls "$TMPDIR"
END
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 2
	local node
	node=$(job_node "$JOB")
	alice scheckpoint vacate "$JOB"
	root scontrol update "JobId=$JOB" "ExcNodeList=$node"
	alice scontrol release "$JOB"
	wait_event "$JOB" restart
	let_end
	wait_over "$JOB"
	[ "$(job_state "$JOB")" = COMPLETED ]
	diff <(printf '%s\n' "700 ready" ticks kept d link open) <(get out)
	refute cluster run "$node" sh -c "ls -d /tmp/slurm-checkpoint-$JOB-*"
}

@test "-v says where it looks, and who is asked" {
	put job.sh <<<$'#!/bin/bash\necho begun\nsleep infinity'
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 1
	run alice scheckpoint -v create "$JOB"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	[ "${lines[0]}" = "scheckpoint: checkpoints of cluster testbed are looked for in /shared/checkpoint/alice" ]
	[ "${lines[1]}" = "scheckpoint: job $JOB runs on $(job_node "$JOB"): its runner is asked by signal 41" ]
}
