#!/usr/bin/env bats
# Recipes for jobs that are longer than their time: doc/recipes/eternal.md and
# time-limit.md. The jobs run side by side, all of the file's tests long.
#
# A time limit is a minute at least, and Slurm looks at it every half minute. So the jobs
# ask to be warned ten seconds before, and not as long before as the site has it.

load lib

setup_file() {
	recipe eternal
	WORK=$(alice mktemp -d "/shared/home/alice/time.XXXXXX")
	put count.sh <<<$'#!/bin/bash\nfor ((i = 1; i <= '1200$'; i++)); do echo $i; sleep 0.1; done\necho end'
	ticking
	ETERNAL=$(submit -p eternal --eternal --time=1 --signal=B:40@10 --output=eternal.out count.sh)
	LIMITED=$(submit -p eternal --checkpoint --time=1 --signal=B:40@10 --output=limited.out job.sh)
	export WORK ETERNAL LIMITED
}

teardown_file() {
	clean
	no_recipe
}

@test "an eternal job makes way at once for whoever else wants its node" {
	local urgent
	wait_lines eternal.out 50
	wait_running "$ETERNAL"
	urgent=$(bob sbatch --parsable --partition=batch --nodelist="$(job_node "$ETERNAL")" --exclusive \
		--output=/dev/null --wrap=true)
	wait_over "$urgent"
	wait_accounted "$urgent" "COMPLETED|0:0"
	until_true 60 "job $ETERNAL is requeued" restarted "$ETERNAL" 0
}

@test "a job that reaches its time limit goes on with more time, from a checkpoint just before it" {
	wait_over "$LIMITED" 240
	wait_accounted "$LIMITED" "TIMEOUT|0:0"
	alice scheckpoint show "$LIMITED" | grep -q 'Event=checkpoint.*Reason=time-limit'
	alice scheckpoint restart "$LIMITED"
	root scontrol update JobId="$LIMITED" TimeLimit=10
	wait_running "$LIMITED"
	let_end
	wait_over "$LIMITED"
	wait_accounted "$LIMITED" "COMPLETED|0:0"
	is_exact limited.out
}

@test "an eternal job of several time limits' length ends, and has done everything once" {
	wait_over "$ETERNAL" 600
	ended_well "$ETERNAL"
	diff <(seq 1200; echo end) <(get eternal.out)
	[ "$(alice scheckpoint show "$ETERNAL" | grep -c 'Event=checkpoint.*Reason=time-limit')" -ge 2 ]
}
