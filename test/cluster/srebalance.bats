#!/usr/bin/env bats
# srebalance simulate: what it prints, and what it refuses.

# bats file_tags=on:trixie
bats_require_minimum_version 1.5.0
load lib

setup() { new_workdir; }
teardown() { clean; }

# put_trace: two jobs on 4 CPUs; the second, a short one, waits for the first
put_trace() {
	put trace.swf <<-'END'
		; MaxProcs: 4
		1 0 -1 10000 4 -1 -1 4 10000 -1 1
		2 100 -1 20 4 -1 -1 4 20 -1 1
		3 200 -1 -1 4 -1 -1 4 20 -1 0
	END
}
simulate() { alice srebalance simulate --trace="$WORK/trace.swf" --seeds=0 "$@"; }
# csv_of FIELD POLICY: a field of the line that --csv prints for the policy
csv_of() {
	awk -F, -v field="$1" -v policy="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == field) column = i }
		$1 == policy { print $column }'
}

@test "a short job that waits gets the CPUs of a long one, and the order alone does not help it" {
	local csv
	put_trace
	csv=$(simulate --share=100 --csv)
	[[ $(csv_of wait_longest easy <<<"$csv") == 9900 ]]
	[[ $(csv_of wait_longest order <<<"$csv") == 9900 ]]
	(($(csv_of wait_longest preempt <<<"$csv") < 300))
	[[ $(csv_of checkpointed preempt <<<"$csv") == 0.5 ]]
}

@test "what sacct prints of the jobs of this cluster is a trace" {
	local i
	for i in 1 2 3; do submit --time=5 --output=/dev/null --wrap='sleep 1' >>"$BATS_TEST_TMPDIR/jobs"; done
	for i in $(<"$BATS_TEST_TMPDIR/jobs"); do wait_over "$i"; wait_accounted "$i" "COMPLETED|0:0"; done
	root sacct --parsable2 --jobs="$(paste -sd, "$BATS_TEST_TMPDIR/jobs")" \
		--format=JobID,Submit,Elapsed,AllocCPUS,Timelimit | tee "$BATS_TEST_TMPDIR/trace"
	put trace.swf <"$BATS_TEST_TMPDIR/trace"
	simulate --nodes=1 --cpus=4 --json | python3 -c '
import json, sys
o = json.load(sys.stdin)
assert [o[name] for name in ("jobs", "unusable", "too_wide", "cpus")] == [3, 0, 0, 4], o
'
}

@test "JSON and text say how many jobs were left out" {
	put_trace
	simulate --json | python3 -c '
import json, sys
o = json.load(sys.stdin)
assert [o[name] for name in ("jobs", "unusable", "too_wide", "cpus")] == [2, 1, 0, 4], o
'
	simulate | grep 'left out: 1 jobs that never ran'
}

@test "a trace that is none and a wrong call are refused with a sentence" {
	put trace.swf <<<'hello'
	run -1 simulate
	[[ $output == *"trace.swf, line 1: field 1 is not a number"* ]]
	run -2 simulate --load=0
	[[ $output == *"--load=0: not a number from 0.001 to 10"* ]]
	run -2 simulate --policy=easy,best
	[[ $output == *'"best" is none of easy, backfill, order and preempt'* ]]
	run -2 alice srebalance simulate
	[[ $output == *"either --trace or --lublin is needed"* ]]
}
