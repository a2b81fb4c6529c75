#!/usr/bin/env bats
# Other SPANK plugins learn where a job's checkpoints are and replace its arguments, from
# before and behind checkpoint.so in plugstack.conf. wrap.so is the example of the manual.

load lib

PLUGSTACK=/etc/slurm/plugstack.conf

setup_file() {
	cluster run ctl mkdir -p /shared/plugins
	cluster run ctl tee /shared/plugins/wrap.c <"$ROOT/doc/examples/wrap.c" >/dev/null
	cluster run ctl tee /shared/plugins/try.c <"$ROOT/test/cluster/programs/spank_try.c" >/dev/null
	cluster run ctl sh -c "cd /shared/plugins && cp $PLUGSTACK before"
	local name
	for name in wrap try; do
		cluster run ctl gcc -std=c99 -Wall -Wextra -Wshadow -Wconversion -Wpedantic -Werror \
			-Wno-unused-parameter -shared -fPIC -o /shared/plugins/$name.so /shared/plugins/$name.c
	done
}

teardown_file() { root rm -r /shared/plugins; }

setup() {
	new_workdir
	put job.sh <<'END'
#!/bin/bash
echo "nice $(nice)"
printf '<%s>' "$@"
echo
env | grep -E '^SLURM_CHECKPOINT|^WRAP' | sort
echo "script $0"
while [ -n "$TICKS" ] && [ ! -e over ]; do echo "$((++i))"; sleep 0.1; done
echo end
END
}

teardown() {
	root cp /shared/plugins/before "$PLUGSTACK"
	clean
}

# plugins before|behind LINE...: what is in plugstack.conf besides checkpoint.so
plugins() {
	local where=$1
	shift
	{
		[[ $where == before ]] || root cat /shared/plugins/before
		printf 'required /shared/plugins/%s\n' "$@"
		[[ $where == behind ]] || root cat /shared/plugins/before
	} | root tee "$PLUGSTACK" >/dev/null
}

# step SRUN-OPTION... COMMAND...: srun by alice in the directory
step() { alice sh -c 'cd "$1" && shift && exec srun --quiet "$@"' _ "$WORK" "$@"; }

# what the job's first two lines say, without what the runner has to say
said() { get out | grep -v ^slurm | head -n 2 | paste -sd ' '; }

has_CRIU() { [[ $SUITE != bookworm ]] || skip "this suite has no CRIU"; }

@test "S_JOB_CHECKPOINT_DIR is the SLURM_CHECKPOINT_IMAGE_DIR that the job sees, from before and behind" {
	local where job option
	has_CRIU
	for where in before behind; do
		plugins $where wrap.so
		for option in --checkpoint "--checkpoint --checkpoint-dir=/shared/checkpoint/other-%u/%j"; do
			# shellcheck disable=SC2086  # options
			job=$(submit $option --output=out job.sh)
			wait_over "$job"
			get out
			[ "$(get out | grep -c "^SLURM_CHECKPOINT_IMAGE_DIR=/shared/checkpoint/.*/testbed/$job$")" -eq 1 ]
			[ "$(get out | sed -n 's/^WRAP_CHECKPOINT_DIR=//p')" = "$(get out | sed -n 's/^SLURM_CHECKPOINT_IMAGE_DIR=//p')" ]
		done
	done
}

@test "S_JOB_CHECKPOINT_DIR does not exist for a job without checkpoints, and its steps" {
	local where job
	for where in before behind; do
		plugins $where wrap.so
		job=$(submit --output=out job.sh)
		wait_over "$job"
		get out
		refute_in out CHECKPOINT
		step ./job.sh >"$BATS_TEST_TMPDIR/out"
		refute grep CHECKPOINT "$BATS_TEST_TMPDIR/out"
	done
}

@test "S_JOB_CHECKPOINT_DIR of a step is that of its job" {
	local job
	has_CRIU
	plugins before wrap.so
	put steps.sh <<<$'#!/bin/sh\nsrun ./job.sh'
	job=$(submit --checkpoint --output=out steps.sh)
	wait_over "$job"
	get out
	[ "$(get out | grep -c "^WRAP_CHECKPOINT_DIR=$(store "$job")$")" -eq 1 ]
}

@test "a batch task gets longer and shorter arguments, with and without --checkpoint, from before and behind" {
	local where option job
	for where in before behind; do
		for option in --no-checkpoint --checkpoint; do
			plugins $where "wrap.so nice -n 5"
			job=$(submit $option --output=out job.sh "a  b" '' c)
			wait_over "$job"
			get out
			[ "$(said)" = "nice 5 <a  b><><c>" ]
			refute_in out '^SLURM_CHECKPOINT_(TASK|SCRIPT)'
			plugins $where "try.so first 2"
			job=$(submit $option --output=out job.sh "a  b" '' c)
			wait_over "$job"
			get out
			[ "$(said)" = "nice 0 <a  b>" ]
			refute_in out '^SLURM_CHECKPOINT_(TASK|SCRIPT)'
		done
	done
}

@test "the tasks of a step get longer and shorter arguments, from before and behind" {
	local where
	for where in before behind; do
		plugins $where "wrap.so nice -n 5"
		step --ntasks=2 ./job.sh "a  b" '' c >"$BATS_TEST_TMPDIR/out"
		cat "$BATS_TEST_TMPDIR/out"
		[ "$(grep -cx 'nice 5' "$BATS_TEST_TMPDIR/out")" -eq 2 ]
		[ "$(grep -cx '<a  b><><c>' "$BATS_TEST_TMPDIR/out")" -eq 2 ]
		refute grep SLURM_CHECKPOINT "$BATS_TEST_TMPDIR/out"
		plugins $where "try.so first 2"
		step ./job.sh "a  b" '' c >"$BATS_TEST_TMPDIR/out"
		[ "$(head -n 2 "$BATS_TEST_TMPDIR/out" | paste -sd ' ')" = "nice 0 <a  b>" ]
	done
}

# bats test_tags=sanitize
@test "a job whose script runs under a plugin's command is preempted, and its output is exact" {
	local where job
	has_CRIU
	for where in before behind; do
		plugins $where "wrap.so nice -n 5"
		job=$(submit --checkpoint --export=ALL,TICKS=yes --output="out.$where" job.sh word)
		wait_lines "out.$where" 12
		preempt "$job"
		let_end
		wait_over "$job"
		alice rm "$WORK/over"
		diff <(printf '%s\n' "nice 5" "<word>" "SLURM_CHECKPOINT_IMAGE_DIR=$(store "$job")" \
			"WRAP_CHECKPOINT_DIR=$(store "$job")" "script $(store "$job")/script") <(get "out.$where" | head -n 5)
		get "out.$where" | tail -n +6 | put all
		[ "$(get all | wc -l)" -gt 7 ]
		is_exact all
		wait_accounted "$job" "COMPLETED|0:0"
	done
}

@test "several plugins add up, in the order of plugstack.conf" {
	local job option
	plugins before "wrap.so nice -n 3" "try.so first 6" "wrap.so env -u WRAP_CHECKPOINT_DIR nice -n 4"
	for option in --no-checkpoint --checkpoint; do
		job=$(submit $option --output=out job.sh one two three)
		wait_over "$job"
		get out
		[ "$(said)" = "nice 7 <one><two>" ]
		refute_in out WRAP
	done
}

@test "what a plugin has Slurm run before the task stays before it, and the job is checkpointed" {
	local where job
	has_CRIU
	for where in before behind; do
		plugins $where "try.so prepend nice -n 4" "wrap.so nice -n 3"
		job=$(submit --checkpoint --export=ALL,TICKS=yes --output="out.$where" job.sh word)
		wait_lines "out.$where" 12
		preempt "$job"
		let_end
		wait_over "$job"
		alice rm "$WORK/over"
		diff <(printf '%s\n' "nice 7" "<word>" "SLURM_CHECKPOINT_IMAGE_DIR=$(store "$job")" \
			"WRAP_CHECKPOINT_DIR=$(store "$job")" "script $(store "$job")/script") <(get "out.$where" | head -n 5)
		get "out.$where" | tail -n +6 | put all
		[ "$(get all | wc -l)" -gt 7 ]
		is_exact all
		[ "$(step sh -c 'nice; echo "$1"' sh "a b" | paste -sd ' ')" = "7 a b" ]
	done
}

@test "arguments of any bytes, of any length, and of any number arrive as they were set" {
	local option job
	put sums.py <<'END'
#!/usr/bin/env python3
import os, sys
args = [os.fsencode(a) for a in sys.argv[1:]]
print(len(args), sum(map(len, args)), args[1:3] == [bytes(range(1, 256)), b""], set(args[-1]))
END
	plugins before "try.so bytes"
	for option in --no-checkpoint --checkpoint; do
		job=$(submit $option --output=out sums.py a)
		wait_over "$job"
		[ "$(get out | grep -v ^slurm)" = "4 131327 True {120}" ]
	done
	[ "$(step ./sums.py a)" = "4 131327 True {120}" ]
	plugins behind "try.so many 100000"
	[ "$(step ./sums.py a)" = "100001 100001 False {121}" ]
}

@test "the tasks of a step with --multi-prog are executed as they are" {
	plugins before "wrap.so nice -n 5"
	put conf <<<$'0 echo a b\n1 hostname'
	step --nodelist=n1 --ntasks=2 --multi-prog conf >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	cat "$BATS_TEST_TMPDIR/err"
	diff <(sort "$BATS_TEST_TMPDIR/out") <(printf '%s\n' "a b" n1)
	[[ $SUITE == bookworm ]] || [ "$(grep -c "executed without what plugins have set" "$BATS_TEST_TMPDIR/err")" -eq 2 ]
}

@test "a command that is not there is told of as Slurm tells it" {
	local job
	plugins before "wrap.so no-such-command"
	job=$(submit --output=out job.sh)
	wait_over "$job"
	wait_accounted "$job" "FAILED|2:0"
	get out | grep -q "execve(): no-such-command: No such file or directory"
}

@test "what cannot be set is refused, and the task is as it was" {
	local job
	plugins before "try.so codes"
	put codes.sh <<<$'#!/bin/sh\nenv | grep ^TRY_ | sort\necho "$@"'
	job=$(submit --output=out codes.sh as before)
	wait_over "$job"
	get out
	diff - <(get out) <<-END
		TRY_GET_NULL=Bad argument
		TRY_GET_OTHER=Bad argument
		TRY_PRIVILEGED=Not in task context
		TRY_SET_DIR=Bad argument
		TRY_SET_HOLE=Bad argument
		TRY_SET_LONG=Buffer too small
		TRY_SET_NONE=Bad argument
		TRY_USER_INIT=Not in task context
		as before
	END
	[ "$(step ./codes.sh | grep ^TRY_SRUN)" = "TRY_SRUN=Valid only in remote context" ]
}

@test "where checkpoint.so is not in plugstack.conf, it is told that it is not" {
	local job
	echo "optional /shared/plugins/try.so codes" | root tee "$PLUGSTACK" >/dev/null
	put codes.sh <<<$'#!/bin/sh\nenv | sed -n "s/^TRY_.*=//p" | sort -u'
	job=$(submit --output=out codes.sh)
	wait_over "$job"
	get out
	[ "$(get out)" = "Item not available from this callback" ]
}
