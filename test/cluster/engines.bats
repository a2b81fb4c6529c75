#!/usr/bin/env bats
# Which engine saves a job: what it asks for, the site's order, and what will work.

load lib

setup() {
	new_workdir
	CONF=$(root cat /etc/slurm/checkpoint.conf)
	put job <<<$'#!/bin/bash\ntrap "exit 85" USR1\necho began; until [ -e over ]; do sleep 0.1; done'
}
teardown() {
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
	clean
}

conf() { root tee -a /etc/slurm/checkpoint.conf <<<"$1" >/dev/null; }

# able OPTION...: what a job with these options says of its engine
able() {
	alice rm -f "$WORK/out" "$WORK/over"
	JOB=$(submit --checkpoint --output=out --error=err "$@" job)
	wait_lines out 1
	run alice scheckpoint able "$JOB"
	alice touch "$WORK/over"
	wait_over "$JOB"
}
APP=(--checkpoint-signal=USR1 --checkpoint-exit-code=85)

@test "a job that names a signal saves itself, unless it asks for another engine" {
	able "${APP[@]}"
	[ "$output" = "job $JOB: yes, by app" ]
	able "${APP[@]}" --checkpoint-engine=auto
	[ "$output" = "job $JOB: yes, by app" ]
	able "${APP[@]}" --checkpoint-engine=criu
	[ "$output" = "job $JOB: yes, by criu" ]
}

@test "the first engine of the site's order that will work is taken, and those before it are told" {
	conf CheckpointEngines=app,criu
	able
	[[ $output == "job $JOB: yes, by criu; passed over were app: a job that saves itself has to name "* ]]
	alice scheckpoint show "$JOB" | grep "Event=start" | grep "Text=app: a job that saves itself"
	[ "$(count_in err .)" -eq 0 ]
	conf LogLevel=verbose
	able
	[[ $(get err) == "slurm-checkpoint: job $JOB: it is saved by criu; passed over were app: "* ]]
}

@test "a job on more nodes than one is told why no engine saves it, in one sentence" {
	alice touch "$WORK/over"
	JOB=$(submit --checkpoint --nodes=2 --output=out job)
	wait_over "$JOB"
	[ "$(get out | head -n 1)" = "slurm-checkpoint: job $JOB: it runs unprotected: criu saves jobs of one node, and this one has 2" ]
}

@test "what the job asks for is all that is tried" {
	alice touch "$WORK/over"
	JOB=$(submit --checkpoint --checkpoint-engine=app --output=out job)
	wait_over "$JOB"
	[[ $(get out | head -n 1) == "slurm-checkpoint: job $JOB: it runs unprotected: a job that saves itself has to name the signal"* ]]
}

@test "a job goes on by the engine that saved it, whatever the order is by then" {
	alice rm -f "$WORK/over"
	JOB=$(submit --checkpoint --output=out --error=err job)
	wait_lines out 1
	conf CheckpointEngines=app
	alice scheckpoint requeue "$JOB"
	until_true 60 "it is started again" restarted "$JOB" 0
	wait_running "$JOB"
	alice touch "$WORK/over"
	wait_over "$JOB"
	wait_accounted "$JOB" "COMPLETED|0:0"
	[ "$(get out)" = began ]
}

@test "a keyword that is misspelt is told by the job, and by scheckpoint doctor, with file and line" {
	put job.sh <<<$'#!/bin/sh\necho hello'
	root tee -a /etc/slurm/checkpoint.conf <<<"KeepGeneration=3" >/dev/null
	line=$(root grep -n KeepGeneration /etc/slurm/checkpoint.conf | cut -d: -f1)
	job=$(submit --checkpoint --output=out job.sh)
	wait_over "$job"
	get out
	[ "$(count_in out "/etc/slurm/checkpoint.conf line $line: KeepGeneration: no such keyword; it is ignored")" -eq 1 ]
	[ "$(count_in out '^hello$')" -eq 1 ]
	run root scheckpoint doctor
	[[ $output == *"advice   configuration: /etc/slurm/checkpoint.conf line $line: KeepGeneration: no such keyword"* ]]
}
