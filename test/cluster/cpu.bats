#!/usr/bin/env bats
# CPUs that differ: a job goes on only where all is there that its programs may use. The
# nodes here have one CPU; what a job may use is told by its manifest, which is changed.

# bats file_tags=on:forky
load lib

setup() {
	new_workdir
	build reseal -lxxhash
	# what earlier jobs have noted of the nodes: here each finds out by itself
	alice rm -rf /shared/checkpoint/alice/testbed/cpu
}
teardown() {
	open_others
	clean
}

# n1 alone takes jobs, so that what is refused there waits until it has others again
close_others() { root scontrol update NodeName=n[2-4] State=DRAIN Reason=test; }
open_others() { root scontrol update NodeName=n[2-4] State=RESUME 2>/dev/null || true; }

# Of Xeon Phi alone, which no cluster has any more.
MISSING=avx512er

manifest() { echo "$(store "$1")/$(newest "$1")/manifest"; }

# needs JOB FEATURE: its newest checkpoint says that the job may use it, too
needs() {
	local m
	m=$(manifest "$1")
	alice sh -c 'cd "$1" && sed "s/^attr cpu .*/& $3/" "$2" | ./reseal >whole.new && cp "$2" whole && cp whole.new "$2"' \
		_ "$WORK" "$m" "$2"
}
# needs_no_more JOB: what it said before
needs_no_more() { alice cp "$WORK/whole" "$(manifest "$1")"; }

# leaves_needing FEATURE: JOB has run, and has left its node with a checkpoint that needs it
leaves_needing() {
	ticking
	JOB=$(submit --checkpoint --output=out "${@:2}" job.sh)
	wait_lines out 5
	alice scheckpoint vacate "$JOB"
	wait_held "$JOB"
	needs "$JOB" "$1"
	BEFORE=$(get out)
}

# "leave" is in the history, with a reason of its own, as often as N
has_left() {
	[[ $(alice grep -c '"event":"leave".*it continues elsewhere: .*lacks' "$(store "$1")/events") -ge $2 ]]
}

@test "a job is not restored on a lesser CPU: it is queued for others, goes on there, and is exact" {
	local lesser
	leaves_needing "$MISSING"
	close_others
	alice scontrol release "$JOB"
	until_true 60 "the job has left a node" has_left "$JOB" 1
	needs_no_more "$JOB"
	open_others
	lesser=$(alice sed -n 's/.*"event":"leave".*the CPU of \(n[0-9]*\) lacks.*/\1/p' "$(store "$JOB")/events" | head -n 1)
	wait_event "$JOB" restart 1
	[ "$(job_field "$JOB" ExcNodeList)" = "$lesser" ]
	[ "$(job_node "$JOB")" != "$lesser" ]
	refute has_event "$JOB" held
	refute has_event "$JOB" failed
	alice scheckpoint error "$JOB" | grep -q "nothing went wrong"
	alice scheckpoint requeue "$JOB"
	wait_event "$JOB" restart 2
	[ "$(job_field "$JOB" ExcNodeList)" = "(null)" ]
	let_end
	ended_well "$JOB"
	is_exact out
}

@test "a job whose CPU no node has is held, with a sentence, its output and checkpoints as they were" {
	leaves_needing "$MISSING"
	alice scontrol release "$JOB"
	until_true 120 "the job is held again" has_event "$JOB" held
	wait_held "$JOB"
	has_left "$JOB" 3
	alice scheckpoint error "$JOB" | grep -q "the CPU of n[0-9] lacks $MISSING, which the job may use; no other node could take it"
	[[ $(get out) == "$BEFORE"* ]]
	[ "$(newest "$JOB")" = 1 ]
	run alice scheckpoint restart --nodelist=n1,n2 "$JOB"
	[ "$status" -eq 1 ]
	[ "$output" = "scheckpoint: error: job $JOB: the CPU of n1,n2 lacks what the job may use, or the C library there is another one; name another node, or none" ]
	wait_held "$JOB"
	needs_no_more "$JOB"
	alice scontrol update JobId="$JOB" ExcNodeList=
	alice scontrol release "$JOB"
	wait_event "$JOB" restart
	let_end
	ended_well "$JOB"
	is_exact out
}

@test "a job that asks for a node whose CPU is lesser is held at once" {
	leaves_needing "$MISSING" --nodelist=n2
	alice scontrol release "$JOB"
	until_true 60 "the job is held again" has_event "$JOB" held
	alice scheckpoint error "$JOB" | grep -q "lacks $MISSING, which the job may use; it asks for that node"
	wait_held "$JOB"
	[ "$(job_field "$JOB" ExcNodeList)" = "(null)" ]
}

@test "checkpoints of a version that did not record the CPU are restored as before" {
	leaves_needing "$MISSING"
	alice sh -c 'cd "$1" && grep -v "^attr cpu" whole | ./reseal >whole.new && cp whole.new "$2"' _ "$WORK" "$(manifest "$JOB")"
	alice scontrol release "$JOB"
	wait_event "$JOB" restart
	let_end
	ended_well "$JOB"
	is_exact out
}

@test "a job that dies of SIGILL on a lesser CPU is no failed job: it goes back to its checkpoint, elsewhere" {
	local how
	for how in 'kill -ILL $$' 'exit 132'; do
		put job.sh <<<$'#!/bin/bash\nwhile [ ! -e over ]; do echo $((++i)); sleep 0.1; [ ! -e die ] || '"$how"$'; done\necho end'
		JOB=$(submit --checkpoint --output=out job.sh)
		wait_lines out 5
		alice scheckpoint vacate "$JOB"
		wait_held "$JOB"
		alice sh -c 'cd "$1" && touch die && sed "s/^attr cpu-node .*/& $3/" "$2" | ./reseal >whole.new && cp "$2" whole && cp whole.new "$2"' \
			_ "$WORK" "$(manifest "$JOB")" "$MISSING"
		close_others
		alice scontrol release "$JOB"
		wait_event "$JOB" refused
		needs_no_more "$JOB"
		alice scheckpoint error "$JOB" | grep -q "ended by SIGILL, .* after it was restored from generation 1: the CPU of n1 lacks $MISSING"
		until_true 60 "the job has left" has_left "$JOB" 1
		alice rm "$WORK/die"
		open_others
		wait_event "$JOB" restart 2
		let_end
		ended_well "$JOB"
		is_exact out
		alice sh -c 'cd "$1" && rm over out' _ "$WORK"
	done
}

@test "a job that sends itself SIGILL on the CPU where it was saved has failed, as it would have" {
	put job.sh <<<$'#!/bin/bash\nwhile [ ! -e over ]; do echo $((++i)); sleep 0.1; done\nkill -ILL $$'
	JOB=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	wait_lines out 5
	alice scheckpoint requeue "$JOB"
	wait_event "$JOB" restart
	let_end
	wait_over "$JOB"
	wait_accounted "$JOB" "FAILED|0:4"
}

# ---- a baseline ----

# telling: a script that prints what libraries are told, and what the C library makes of it
telling() {
	put job.sh <<<$'#!/bin/bash\necho "$GLIBC_TUNABLES $OPENBLAS_CORETYPE"\n/lib64/ld-linux-x86-64.so.2 --help | grep -E "x86-64-v[234]"'
}

@test "with --checkpoint-cpu=x86-64-v2 a job's C library chooses no more than that, and says so" {
	local job
	telling
	job=$(submit --checkpoint --checkpoint-cpu=x86-64-v2 --output=out job.sh)
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	head -n 1 <(get out) | grep -q 'glibc.cpu.hwcaps=-AVX,-AVX2,.*-XSAVE,-XSAVEC,-AVX512F,.* Nehalem$'
	get out | grep -q 'x86-64-v2 (supported'
	refute_in out 'x86-64-v[34] .*supported'
}

@test "the user's own tunables stay beside those of a baseline, the site's is in force without the option, and node takes it back" {
	local job
	root sh -c 'echo CpuBaseline=x86-64-v3 >>/etc/slurm/checkpoint.conf'
	telling
	job=$(alice sh -c 'cd "$1" && GLIBC_TUNABLES=glibc.malloc.check=0:glibc.cpu.hwcaps=-ERMS exec sbatch --parsable --checkpoint --output=out job.sh' _ "$WORK")
	wait_over "$job"
	head -n 1 <(get out) | grep -q '^glibc.malloc.check=0:glibc.cpu.hwcaps=-AVX512F,.*,-ERMS '
	refute_in out '-AVX2'
	job=$(submit --checkpoint --checkpoint-cpu=node --output=node job.sh)
	wait_over "$job"
	head -n 1 <(get node) | grep -qx ' '
	job=$(alice sh -c 'cd "$1" && SBATCH_CHECKPOINT_CPU=x86-64-v2 exec sbatch --parsable --checkpoint --output=env job.sh' _ "$WORK")
	wait_over "$job"
	get env | grep -q -- '-AVX2.* Nehalem'
	root sed -i '/^CpuBaseline/d' /etc/slurm/checkpoint.conf
}

@test "a baseline that is none is refused when the job is submitted" {
	run alice sh -c 'cd "$1" && sbatch --checkpoint --checkpoint-cpu=haswell --wrap true' _ "$WORK"
	[ "$status" -ne 0 ]
	grep -q 'checkpoint-cpu=haswell: none of node, x86-64-v2, x86-64-v3 and x86-64-v4' <<<"$output"
}

@test "a job that a baseline binds is not said to use more, wherever it has run" {
	local used
	ticking
	JOB=$(submit --checkpoint --checkpoint-cpu=x86-64-v2 --output=out job.sh)
	wait_lines out 3
	checkpoint "$JOB"
	used=$(alice sed -n 's/^attr cpu //p' "$(manifest "$JOB")")
	grep -q ' sse4_2' <<<"$used"
	refute grep -qE ' (avx|aes|xsavec|rdrand|bmi1|osxsave)( |$)' <<<"$used"
	alice grep -q '^attr cpu-baseline x86-64-v2$' "$(manifest "$JOB")"
	alice grep -q '^attr cpu-node x86_64 .*osxsave' "$(manifest "$JOB")"
	alice scheckpoint requeue "$JOB"
	wait_event "$JOB" restart
	checkpoint "$JOB"
	[ "$(alice sed -n 's/^attr cpu //p' "$(manifest "$JOB")")" = "$used" ]
	let_end
	ended_well "$JOB"
	is_exact out
}
