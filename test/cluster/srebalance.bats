#!/usr/bin/env bats
# srebalance: what plan and simulate print, and what they refuse.

# bats file_tags=on:trixie
bats_require_minimum_version 1.5.0
load lib
load smigrate

setup() { new_workdir; }
teardown() {
	clean
	open_all
	root scontrol delete PartitionName=fast 2>/dev/null || true
}

all_nodes() { root sinfo -hN -o %N | sort -u; }
open_all() {
	local node
	for node in $(all_nodes); do
		if node_has "$node" dr; then open_nodes "$node"; fi
	done
}

# fragment: MOVABLE on n1 and FIXED, which cannot be saved, on n2 have a CPU each, and one more
# is free on each. No other node takes jobs.
fragment() {
	local node blocker
	for node in $(all_nodes); do
		[[ $node == n1 ]] || close_nodes "$node"
	done
	MOVABLE=$(counting movable --time=60)
	blocker=$(submit --mem=300 --output=/dev/null --wrap='sleep infinity')
	wait_running "$MOVABLE"
	wait_running "$blocker"
	open_nodes n2
	FIXED=$(submit --no-checkpoint --mem=300 --time=60 --output=/dev/null --wrap='sleep infinity')
	wait_running "$FIXED"
	root scancel "$blocker"
	wait_over "$blocker"
	is_on "$MOVABLE" n1
	is_on "$FIXED" n2
}

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

@test "plan --policy=defragment names the job to move so that one starts which no node can hold, and that is so" {
	local waiting
	fragment
	checkpoint "$MOVABLE"
	waiting=$(submit --cpus-per-task=2 --mem=300 --time=10 --output=/dev/null --wrap='sleep infinity')
	until_true 60 "the job waits for CPUs" is_reason "$waiting" Resources
	run root srebalance plan --policy=defragment --json
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(json 'len(d["moves"])')" -eq 1 ]
	[ "$(json '[d["moves"][0][n] for n in ("job", "from", "to", "for")]')" = "['$MOVABLE', 'n1', 'n2', '$waiting']" ]
	[ "$(json '0 < d["moves"][0]["cost"] < d["moves"][0]["gain"]')" = True ]
	run root srebalance plan
	echo "$output"
	grep -E "^$MOVABLE +alice +1 n1 +n2 +[0-9]+  job $waiting starts on n1, 0:[0-9:]+ sooner$" <<<"$output"
	grep -F "n1           [m.]                               [ww]" <<<"$output"
	grep -F "n2           [#.]                               [#m]" <<<"$output"
	# nothing was changed
	is_on "$MOVABLE" n1
	is_state "$waiting" PENDING
	root smigrate --nodelist=n2 "$MOVABLE"
	until_true 60 "the job that waited starts" is_on "$waiting" n1
	is_on "$MOVABLE" n2
	let_end
	wait_over "$MOVABLE"
	exact movable
}
is_reason() { [[ $(job_field "$1" Reason) == "$2" ]]; }

@test "plan --policy=compact names the node that can be emptied, and nobody moves the jobs of others" {
	fragment
	run root srebalance plan --policy=compact --json
	echo "$output"
	[ "$(json '[[m[n] for n in ("job", "from", "to", "for")] for m in d["moves"]]')" = "[['$MOVABLE', 'n1', 'n2', None]]" ]
	run alice srebalance plan --policy=compact
	echo "$output"
	[[ $output == *"n1 is empty 0:"*" sooner"* ]]
	run bob srebalance plan --policy=compact
	[ "$status" -eq 0 ]
	[[ $output == "compact: no move is worth it now" ]]
}

@test "a job that would be moved but whose checkpoints are disabled is left alone, and that is said" {
	fragment
	alice scheckpoint disable "$MOVABLE"
	wait_event "$MOVABLE" disable
	run root srebalance plan --policy=compact
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"compact: no move is worth it now"* ]]
	[[ $output == *"stays: job $MOVABLE: its checkpoints are disabled; \"scheckpoint enable\" allows them"* ]]
}

@test "plan --policy=promote names the job for the nodes of a partition that is preferred, and smigrate takes it there" {
	local node
	for node in $(all_nodes); do
		[[ $node == n1 ]] || close_nodes "$node"
	done
	MOVABLE=$(counting movable --time=60)
	wait_running "$MOVABLE"
	open_nodes n2
	root scontrol create PartitionName=fast Nodes=n2 MaxTime=UNLIMITED
	run root srebalance plan --policy=promote --prefer=fast:2,low --json
	echo "$output"
	[ "$(json '[[m[n] for n in ("job", "from", "to")] for m in d["moves"]]')" = "[['$MOVABLE', 'n1', 'n2']]" ]
	[[ $(json 'd["moves"][0]["why"]') =~ ^"in partition fast it ends 0:"[0-9:]+" sooner"$ ]]
	run root srebalance plan --policy=promote --prefer=fast,low
	[[ $output == *"partition fast is preferred"* ]]
	run root srebalance plan --policy=promote --prefer=low,fast
	[[ $output == "promote: no move is worth it now" ]]
	root smigrate --partition=fast "$MOVABLE"
	is_on "$MOVABLE" n2
	let_end
	wait_over "$MOVABLE"
	exact movable
}

@test "plan --policy=order and preempt show the queue by how much longer waiting makes a job" {
	local long short
	submit --time=60 --nodes="$(all_nodes | wc -l)" --exclusive --mem=300 --output=/dev/null --wrap='sleep infinity' >/dev/null
	long=$(submit --time=600 --exclusive --mem=300 --output=/dev/null --wrap=true)
	short=$(submit --time=1 --exclusive --mem=300 --output=/dev/null --wrap=true)
	until_true 60 "the job waits for CPUs" is_reason "$short" Priority
	second_passed() { (($(date +%s) > BEGAN)); }
	BEGAN=$(date +%s)
	until_true 10 "a second has passed" second_passed
	run root srebalance plan --policy=order
	echo "$output"
	[[ $(awk 'NR > 1 { print $1 }' <<<"$output" | paste -sd" ") == "$short $long" ]]
	run root srebalance plan --policy=preempt --json
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(json 'd["policy"], [j["job"] for j in d["queue"]], d["moves"]')" = "preempt ['$short', '$long'] []" ]
}

@test "a wrong call of plan is refused with a sentence" {
	run -2 alice srebalance plan --policy=best
	[[ $output == *"--policy=best: it is none of order, preempt, defragment, compact and promote"* ]]
	run -2 alice srebalance plan --policy=promote
	[[ $output == *"which partitions are better is for you to say, by --prefer"* ]]
	run -1 alice srebalance plan --partition=nowhere
	[[ $output == *"nowhere: no node is in such a partition"* ]]
	run -2 alice srebalance plan --policy=promote --prefer=high:x
	[[ $output == *'"x" is not a speed such as 1.5'* ]]
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

@test "on two nodes of two CPUs defragment starts a job that no node can hold, and compact saves energy" {
	put trace.swf <<-'END'
		; MaxProcs: 4
		1 0 -1 5000 1 -1 -1 1 5000 -1 1
		2 0 -1 100 1 -1 -1 1 100 -1 1
		3 1 -1 5000 1 -1 -1 1 5000 -1 1
		4 400 -1 1000 2 -1 -1 2 1000 -1 1
		5 20000 -1 10 1 -1 -1 1 10 -1 1
	END
	local csv
	csv=$(simulate --nodes=2 --cpus=2 --policy=defragment,compact --suspend-time=5m --check --csv)
	echo "$csv"
	[[ $(csv_of wait_longest easy <<<"$csv") == 4600 ]]
	(($(csv_of wait_longest defragment <<<"$csv") < 400))
	[[ $(csv_of moves defragment <<<"$csv") == 0.2 ]]
	[[ $(csv_of moves compact <<<"$csv") == 0.2 ]]
	python3 -c 'import sys; assert float(sys.argv[1]) < float(sys.argv[2])' \
		"$(csv_of energy compact <<<"$csv")" "$(csv_of energy easy <<<"$csv")"
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
	[[ $output == *'"best" is none of easy, backfill, order, preempt, defragment and compact'* ]]
	run -2 simulate --policy=backfill,compact
	[[ $output == *"--policy=backfill counts CPUs, and does not go with placed ones"* ]]
	run -2 simulate --watts=1,2,3,4
	[[ $output == *"not four numbers such as 400,200,10,250"* ]]
	run -2 alice srebalance simulate
	[[ $output == *"either --trace or --lublin is needed"* ]]
}
