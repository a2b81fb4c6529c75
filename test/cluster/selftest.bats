#!/usr/bin/env bats
# An engine that does not work on a node is found out before a job depends on it.

# bats file_tags=on:forky
load lib

REMEMBERED=/tmp/.slurm-checkpoint-2000 # alice's, on each node

setup() {
	new_workdir
	CONF=$(root cat /etc/slurm/checkpoint.conf)
	CRIU=/usr/sbin/criu
	forget
}
teardown() {
	clean
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
	forget
}

conf() { root tee -a /etc/slurm/checkpoint.conf <<<"$1" >/dev/null; }
forget() { cluster run n1 rm -rf "$REMEMBERED"; }
remembered() { cluster run n1 sh -c 'cat "$1"/*' _ "$REMEMBERED"; }

# criu_that VERB COMMANDS: one that does this when it is to do that, and is the real one else
criu_that() {
	put criu <<END
#!/bin/sh
if [ "\$1" = $1 ]; then
	echo \$\$ >>$WORK/$1s
	$2
fi
exec $CRIU "\$@"
END
	conf "CriuPath=$WORK/criu"
}

counting() { put job.sh <<<$'#!/bin/bash\nfor i in 1 2 3; do echo $i; sleep 0.1; done'; }
# The job's own output is whole, beside one sentence of ours that matches.
runs_unprotected() {
	local job
	counting
	job=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	wait_over "$job"
	get out
	[ "$(job_state "$job")" = COMPLETED ]
	diff <(seq 3) <(get out | grep -v "^slurm-checkpoint:")
	[ "$(count_in out "^slurm-checkpoint:")" -eq 1 ]
	get out | grep -qE "it runs unprotected: $1"
}

@test "a dump that fails on this node is found out before a job depends on it" {
	criu_that dump 'echo "(00.1) Error (criu/files.c:1): It was not to be"; exit 1'
	runs_unprotected "a tiny job could not be saved: criu: It was not to be"
	refute cluster run n1 sh -c 'ls -d /tmp/slurm-checkpoint-*'
}

@test "a restore that fails is found out as well" {
	criu_that restore 'exit 1'
	runs_unprotected "a tiny job could not be restored: criu failed without saying why"
}

@test "a criu that hangs costs a job seconds, and not its life" {
	criu_that dump 'exec sleep 1000'
	runs_unprotected "a tiny job could not be saved"
	wait_no_processes n1 alice
}

@test "a mapped file whose path the kernel does not tell is one sentence" {
	criu_that dump 'echo "(00.1) Error (criu/proc_parse.c:415): Failed to resolve mapping 7f0000000000 filename"; exit 1'
	runs_unprotected "a tiny job could not be saved: .*overlayfs.*Linux 6.8"
}

@test "what was found out is remembered, for a minute if it was bad" {
	criu_that dump 'echo x >>'"$WORK"'/tries; [ ! -e '"$WORK"'/bad ] || exit 1'
	alice touch "$WORK/bad"
	runs_unprotected "a tiny job could not be saved"
	runs_unprotected "a tiny job could not be saved"
	[ "$(count_in tries x)" -eq 1 ]
	remembered | grep -q "could not be saved"
	# a minute later, when what was in the way has gone
	alice rm "$WORK/bad"
	cluster run n1 sh -c 'touch -d "-61 seconds" "$1"/*' _ "$REMEMBERED"
	job=$(submit --checkpoint --nodelist=n1 --output=good job.sh)
	wait_over "$job"
	diff <(seq 3) <(get good)
	[ "$(count_in tries x)" -eq 2 ]
	remembered | grep -qx good
	job=$(submit --checkpoint --nodelist=n1 --output=good job.sh)
	wait_over "$job"
	[ "$(count_in tries x)" -eq 2 ]
	# another criu is tried
	alice sh -c 'echo "# another" >>"$1/criu"' _ "$WORK"
	job=$(submit --checkpoint --nodelist=n1 --output=good job.sh)
	wait_over "$job"
	[ "$(count_in tries x)" -eq 3 ]
}

@test "of jobs that start at once on a node one tries" {
	criu_that dump 'echo x >>'"$WORK"'/tries'
	counting
	job=$(submit --checkpoint --nodelist=n1 --array=1-2 --mem=100 --output=out.%a job.sh)
	wait_over "${job}_1"
	wait_over "${job}_2"
	diff <(seq 3) <(get out.1)
	diff <(seq 3) <(get out.2)
	[ "$(count_in tries x)" -eq 1 ]
}

@test "nobody else's word is taken, nor a place that somebody else has made" {
	counting
	cluster run -u bob n1 mkdir -m 777 "$REMEMBERED"
	job=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	wait_over "$job"
	diff <(seq 3) <(get out)
	[ -z "$(cluster run n1 ls "$REMEMBERED")" ]
	forget
	cluster run -u bob n1 ln -s "$WORK" "$REMEMBERED"
	job=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	wait_over "$job"
	diff <(seq 3) <(get out)
	[ -z "$(alice find "$WORK" -name '*-*-*-*-*')" ]
}
