#!/usr/bin/env bats
# The history of a job: scheckpoint show, report and metrics.

# bats file_tags=on:trixie
load lib

setup() {
	new_workdir
	OPTIONS=()
}

teardown() { clean; }

counting_job() {
	put job.sh <<<$'#!/bin/bash\nfor i in $(seq '"$1"$'); do echo $i; sleep 0.1; done'
	JOB=$(submit "${@:2}" --output=out job.sh)
	wait_lines out 3
}

scheckpoint() { alice scheckpoint "${OPTIONS[@]}" "$@"; }
events() { scheckpoint show "$1" | grep -c " Event=$2 " || true; }
has_events() { [[ $(events "$1" "$2") -ge $3 ]]; }
wait_events() { until_true 60 "job $1 has $3 events $2" has_events "$@"; }

# how often a text occurs in a file of the test's directory
times() { get "$1" | grep -oF -- "$2" | wc -l; }

# metric NAME LABELS: its value for alice
metric() { get metrics.prom | sed -n "s/^slurm_checkpoint_$1{cluster=\"testbed\",user=\"alice\"$2} //p"; }

# grammar FILE: lines that are none of OpenMetrics' (test_openmetrics has all of it)
grammar() {
	get "$1" | grep -vE \
		-e '^# (TYPE|HELP|UNIT) slurm_checkpoint_[a-z_]+ ' \
		-e '^slurm_checkpoint_[a-z_]+\{cluster="[^"]*",user="[^"]*"(,reason="[a-z-]+")?\} [0-9.]+$' \
		-e '^# EOF$'
}

@test "show, report and metrics say what happened: checkpoints, a preemption, a node's death" {
	local node second
	alice mkdir "$WORK/store"
	OPTIONS=(-D "$WORK/store")
	ticking
	JOB=$(submit --checkpoint --checkpoint-dir="$WORK/store" --output=out job.sh)
	wait_lines out 3
	store() { echo "$WORK/store/testbed/$1"; }
	node=$(job_node "$JOB")
	checkpoint "$JOB"
	checkpoint "$JOB"
	preempt "$JOB"
	wait_running "$JOB"
	wait_events "$JOB" restart 1
	second=$(job_node "$JOB")
	checkpoint "$JOB"
	wait_events "$JOB" checkpoint 4
	scheckpoint metrics | put metrics.prom
	[ "$(metric jobs)" -eq 1 ]
	[ "$(metric stored_bytes)" -gt 0 ]
	[ "$(metric running_jobs)" -eq 1 ]
	lose "$second"
	until_true 90 "it is requeued" restarted "$JOB" 1
	wait_events "$JOB" restart 2
	bring_back
	let_end
	wait_over "$JOB"
	[ "$(job_state "$JOB")" = COMPLETED ]
	is_exact out
	wait_events "$JOB" end 1

	run scheckpoint show "$JOB"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "JobId=$JOB Cluster=testbed User=alice Generations="* ]]
	[ "$(events "$JOB" start)" -eq 1 ]
	[ "$(events "$JOB" restart)" -eq 2 ]
	[ "$(events "$JOB" checkpoint)" -eq 4 ]
	[ "$(events "$JOB" leave)" -eq 1 ]
	[ "$(events "$JOB" cut-short)" -eq 1 ]
	[ "$(events "$JOB" end)" -eq 1 ]
	[[ $output == *"History: Starts=1 Restarts=2 Checkpoints=4 "*" Failed=0 CutShort=1 Nodes=$node"* ]]
	[[ $output == *" Event=checkpoint Node=$node Restarts=0 Generation=1 Reason=request Seconds="* ]]
	[[ $output == *" Event=checkpoint Node=$node Restarts=0 Generation=3 Reason=preemption Seconds="* ]]
	[[ $output == *" Event=restart Node=$second Restarts=1 Generation=3 Seconds="* ]]
	[[ $output == *" Event=cut-short Node=$second Restarts=1 Lost="* ]]
	[[ $output == *" Event=restart Node="*" Restarts=2 Generation=4 Seconds="* ]]
	[[ $output == *" ExitCode=0:0"* ]]
	[[ $output =~ Useful=[0-9.]+% ]]

	scheckpoint report "$JOB" -o "$WORK/report.html"
	[ "$(times report.html "<rect class='bar")" -eq 3 ]
	[ "$(get report.html | grep -c '</html>')" -eq 1 ]
	[ "$(times report.html 'class='"'m preemption'")" -eq 2 ]
	[ "$(times report.html 'cut short: the node died')" -eq 2 ]
	[ "$(times report.html '<b>4</b><span>checkpoints<')" -eq 1 ]
	[ "$(times report.html '<b>2</b><span>restarts<')" -eq 1 ]
	[ "$(times report.html '<b>1</b><span>run cut short<')" -eq 1 ]
	refute_in report.html 'http:|https:|src='

	scheckpoint metrics --output="$WORK/metrics.prom"
	get metrics.prom
	[ "$(metric checkpoints_total ',reason="request"')" -eq 3 ]
	[ "$(metric checkpoints_total ',reason="preemption"')" -eq 1 ]
	[ "$(metric restarts_total)" -eq 2 ]
	[ "$(metric cut_short_runs_total)" -eq 1 ]
	[ "$(metric jobs)" -eq 0 ]
	[ "$(metric running_jobs)" -eq 0 ]
	[ "$(get metrics.prom | tail -n 1)" = "# EOF" ]
	refute grammar metrics.prom
	refute alice test -e "$WORK/metrics.prom.tmp"
}

@test "a job that runs is told of while it runs, and why a checkpoint was not taken" {
	put job.py <<'END'
#!/usr/bin/env python3
import socket, time
s = socket.create_connection(("ctl", 6817))
for i in range(3000):
    print(i, flush=True)
    time.sleep(0.1)
END
	JOB=$(submit --checkpoint --output=out job.py)
	wait_lines out 3
	refute scheckpoint create "$JOB"
	wait_events "$JOB" failed 1
	run scheckpoint show "$JOB"
	[ "$status" -eq 0 ]
	[[ $output == *" Failed=1 CutShort=0 "* ]]
	[[ $output == *" Event=failed "*" Reason=request Text="*"TCP connection"* ]]
	scheckpoint report "$JOB" | put report.html
	[ "$(times report.html '<td>runs</td>')" -eq 1 ]
	get report.html | grep -q "<td class='why'>.*TCP connection"
	scheckpoint metrics | put metrics.prom
	[ "$(metric running_jobs)" -eq 1 ]
}

@test "what a job's owner writes into its history is text, to root's terminal and browser" {
	local evil='\u001b[2J</title><script>alert(1)</script>'
	counting_job 30 --checkpoint
	wait_over "$JOB"
	wait_events "$JOB" end 1
	alice tee -a "$(store "$JOB")/events" >/dev/null <<END
{"time":1800000000,"event":"failed","node":"$evil","restart":0,"reason":"<b>","text":"$evil"}
{"time":1800000000,"event":"checkpoint","node":"n1","restart":7,"reason":"x\"}","bytes":1e18,"seconds":1e300}
no event at all
END
	run root scheckpoint -u alice show "$JOB"
	[ "$status" -eq 0 ]
	refute grep -q $'\033' <<<"$output"
	root scheckpoint report --user=alice "$JOB" -o /shared/home/alice/report.html
	run root cat /shared/home/alice/report.html
	refute grep -q '<script' <<<"$output"
	[[ $output == *"&lt;script&gt;alert(1)"* ]]
	run root scheckpoint metrics
	[ "$status" -eq 0 ]
	[[ $output == *'reason="other"'* ]]
	refute grep -q 'script' <<<"$output"
}

@test "report of a partition, of a user and of all; what is wrong is refused in one line" {
	# (There is a job of bob's, too, for whom nobody is to be taken.)
	counting_job 20 --checkpoint
	wait_over "$JOB"
	wait_events "$JOB" end 1
	bob sbatch -Q --hold --output=/dev/null --wrap=true
	run scheckpoint report --partition=low
	[ "$status" -eq 0 ]
	[[ $output == *"<h1>Partition low of testbed</h1>"*"job $JOB of alice"* ]]
	run scheckpoint report --partition=high
	[ "$status" -eq 0 ]
	[[ $output != *"job $JOB of alice"* ]]
	run root scheckpoint report --user=alice
	[ "$status" -eq 0 ]
	[[ $output == *"job $JOB of alice"* ]]
	run root scheckpoint report --all
	[ "$status" -eq 0 ]
	[[ $output == *"job $JOB of alice"* ]]
	run scheckpoint report 999999
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	run scheckpoint report "$JOB" -o /none/such/file.html
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"/none/such/file.html: No such file"* ]]
	run scheckpoint metrics "$JOB"
	[ "$status" -eq 2 ]
}
