#!/usr/bin/env bats
# The verbs of scheckpoint: who may, on which jobs, and what comes of it.

load lib

setup() { new_workdir; }
teardown() {
	signal_daemon ctl slurmdbd CONT
	clean
	root sh -c 'cd /etc/slurm && [ ! -e checkpoint.conf.kept ] || mv checkpoint.conf.kept checkpoint.conf'
	if root test -e /etc/slurm/slurm.conf.kept; then
		root mv /etc/slurm/slurm.conf.kept /etc/slurm/slurm.conf
		root scontrol reconfigure
	fi
	alice sh -c 'cd /shared/checkpoint/alice/testbed 2>/dev/null && rm -rf 1000?? 10???? 110000' || true
}

counting_job() { # SBATCH-OPTION...
	ticking
	JOB=$(submit --checkpoint --output=out "$@" job.sh)
	wait_lines out 3
}

# It runs until it is told to end, and has printed every line once.
ends_exact() {
	let_end
	wait_over "$JOB"
	[ "$(get out | wc -l)" -gt 3 ] || return 1
	is_exact out
}

# one_line STATUS TEXT: run has ended with STATUS and said TEXT in one line
one_line() {
	echo "$output"
	[ "$status" -eq "$1" ] || return 1
	[ "${#lines[@]}" -eq 1 ] || return 1
	[[ $output == *"$2"* ]]
}

@test "create waits for the commit, and says what was written" {
	counting_job
	run alice scheckpoint create "$JOB"
	one_line 0 "job $JOB: generation 1: "
	[ "$(newest "$JOB")" -eq 1 ]
	run alice scheckpoint create --json "$JOB"
	[ "$status" -eq 0 ]
	[ "$(python3 -c 'import json,sys; print(json.load(sys.stdin)["jobs"][0]["generation"])' <<<"$output")" -eq 2 ]
	run alice scheckpoint create --quiet "$JOB"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run alice scheckpoint create --no-wait "$JOB"
	[ "$status" -eq 0 ]
	wait_generation "$JOB" 4
	ends_exact
}

@test "who may: the owner and administrators, and nobody else" {
	local verb
	counting_job
	for verb in create vacate requeue disable enable able; do
		run bob scheckpoint "$verb" "$JOB"
		one_line 1 "job $JOB is user alice's, whose checkpoints are closed to you"
	done
	for verb in list show error verify remove purge; do
		run bob scheckpoint "$verb" --user=alice
		echo "$verb: $output"
		refute grep -q "$JOB" <<<"$output"
	done
	[ -z "$(newest "$JOB")" ]
	root scheckpoint create "$JOB"
	[ "$(newest "$JOB")" -eq 1 ]
	run root scheckpoint list --all
	[[ $output == *alice*"$JOB "* ]]
	run root scheckpoint show "$JOB"
	[[ $output == *"JobId=$JOB "*"User=alice"*Generation=1* ]]
	root scheckpoint disable "$JOB"
	root scheckpoint enable "$JOB"
	root scheckpoint requeue "$JOB"
	wait_restarted "$JOB" 0
	ends_exact
}

@test "jobs that are pending, over or unknown, and words that are no jobs: one sentence each" {
	local held ended verb
	put job.sh <<<$'#!/bin/sh\n:'
	held=$(submit --checkpoint --hold --output=/dev/null job.sh)
	ended=$(submit --checkpoint --output=/dev/null job.sh)
	wait_over "$ended"
	for verb in create vacate requeue disable enable able; do
		run alice scheckpoint "$verb" "$held"
		one_line 1 "job $held is not running"
		run alice scheckpoint "$verb" "$ended"
		one_line 1 "job $ended is not running"
		run alice scheckpoint "$verb" 999999
		one_line 1 "Invalid job id 999999"
		run alice scheckpoint "$verb" banana
		one_line 1 "Invalid job id banana"
	done
	for verb in show error verify remove restart list; do
		run alice scheckpoint "$verb" 999999
		echo "$verb"
		[ "$status" -eq 1 ]
		[[ $output == *"job 999999 has no checkpoints"* ]]
		run alice scheckpoint "$verb" 12_
		[ "$status" -eq 1 ]
		[[ $output == *"Invalid job id 12_"* ]]
	done
	run alice scheckpoint create
	one_line 2 "no job given"
	run alice scheckpoint restart
	one_line 2 "no job given"
	run alice scheckpoint requeue --nodelist=n1
	one_line 2 "no job given"
	run alice scheckpoint list --hold
	one_line 2 "takes no --hold"
	run alice scheckpoint create --timeout=banana 1
	one_line 2 "--timeout=banana"
	run alice scheckpoint list --user=nobodys
	one_line 2 "Invalid user: nobodys"
	run alice scheckpoint frobnicate 1
	one_line 2 "frobnicate: no such verb"
	run alice scheckpoint
	one_line 2 "no verb given"
}

@test "an option may be given as often as one likes" {
	alice scheckpoint "-$(printf 'Q%.0s' {1..5000})" list
}

# bats test_tags=on:trixie
@test "what is asked of the element that has its array's number reaches no other" {
	local main first i
	ticking
	main=$(submit --checkpoint --array=1-3 --output=out-%a job.sh)
	for i in 1 2 3; do wait_lines "out-$i" 2; done
	first=$(first_of "$main")
	alice scheckpoint vacate "${main}_$first"
	[ "$(alice squeue --noheader --states=RUNNING --jobs="$main" | wc -l)" -eq 2 ]
	alice scheckpoint restart "${main}_$first"
	wait_event "$main" restart
	let_end
	until_true 120 "all are over" queue_empty
	for i in 1 2 3; do
		is_exact "out-$i"
		[ "$i" = "$first" ] || [[ $(alice scheckpoint show "${main}_$i") != *Event=checkpoint* ]]
	done
}

@test "arrays: an element, some of them, and all of them" {
	local main
	ticking
	main=$(submit --checkpoint --array=1-3 --output=out-%a job.sh)
	wait_lines out-1 2
	wait_lines out-2 2
	wait_lines out-3 2
	run alice scheckpoint create "${main}_2"
	one_line 0 "job ${main}_2: generation 1"
	run alice scheckpoint create "${main}_[1,3]"
	[ "$status" -eq 0 ]
	[ "$(grep -c "generation 1" <<<"$output")" -eq 2 ]
	run alice scheckpoint create "$main"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c "^job ${main}_[123]: generation" <<<"$output")" -eq 3 ]
	run alice scheckpoint create "${main}_7"
	one_line 1 "Invalid job id ${main}_7"
	run alice scheckpoint show "${main}_3"
	[[ $output == *"JobId=${main}_3 "* ]]
	run alice scheckpoint verify "${main}_[1-3]"
	[ "$(grep -c whole <<<"$output")" -eq 6 ]
	run alice scheckpoint list "$main"
	[ "${#lines[@]}" -eq 4 ]
	let_end
	until_true 120 "all are over" queue_empty
	is_exact out-1
	is_exact out-2
	is_exact out-3
}

@test "requeue sends a job elsewhere, and holds it if that is asked for" {
	local node
	counting_job
	node=$(job_node "$JOB")
	alice scheckpoint requeue --exclude="$node" "$JOB"
	wait_running "$JOB"
	[ "$(job_node "$JOB")" != "$node" ]
	wait_event "$JOB" restart
	[ "$(job_field "$JOB" ExcNodeList)" = "$node" ]
	run alice scheckpoint requeue --nodelist=n2,nosuch "$JOB"
	[ "$status" -eq 1 ]
	[[ $output == "scheckpoint: error: job $JOB: "*": Invalid node name specified: nosuch" ]]
	[ "${#lines[@]}" -eq 1 ]
	alice scheckpoint requeue --hold "$JOB"
	wait_held "$JOB"
	[ "$(job_field "$JOB" ExcNodeList)" = "(null)" ]
	run alice scheckpoint restart --json --nodelist=n4 "$JOB"
	[ "$(python3 -c 'import json,sys; print(json.load(sys.stdin)["jobs"][0]["goes_on_as"])' <<<"$output")" = "$JOB" ]
	wait_running "$JOB"
	[ "$(job_node "$JOB")" = n4 ]
	ends_exact
}

@test "a job that is asked while it is being restored answers when it runs" {
	local job
	build heap
	put job <<<$'#!/bin/sh\nexec ./heap 800 100000'
	job=$(submit --checkpoint --output=out --mem=1200 job)
	wait_lines out 2
	alice scheckpoint requeue "$job"
	wait_running "$job"
	run alice scheckpoint requeue "$job"
	[[ $output == "job $job: generation 2: "* ]]
	[ "$status" -eq 0 ]
	wait_running "$job"
	run alice smigrate "$job"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "vacate returns when the job is held: it can be restarted at once" {
	counting_job
	alice scheckpoint vacate "$JOB"
	run alice scheckpoint restart "$JOB"
	one_line 0 "job $JOB: released"
	wait_running "$JOB"
	run alice scheckpoint show --json "$JOB"
	[ "$(python3 -c 'import json,sys; print(json.load(sys.stdin)["jobs"][0]["checkpoints"])' <<<"$output")" -eq 1 ]
	ends_exact
}

@test "restart of a job that has ended: the same number, from its last checkpoint" {
	counting_job --time=1
	alice scheckpoint create "$JOB"
	alice scancel "$JOB"
	wait_over "$JOB"
	run alice scheckpoint restart "$JOB"
	one_line 0 "job $JOB: queued again"
	wait_running "$JOB"
	ends_exact
	wait_accounted "$JOB" "COMPLETED|0:0"
}

@test "restart from an older checkpoint: what came after it is done again" {
	counting_job
	alice scheckpoint create "$JOB"
	wait_lines out 20
	alice scheckpoint vacate "$JOB"
	wait_held "$JOB"
	run alice scheckpoint restart --generation=7 "$JOB"
	one_line 1 "job $JOB has no generation 7"
	alice scheckpoint restart --generation=1 "$JOB"
	wait_running "$JOB"
	wait_event "$JOB" restart
	alice grep -q '"event":"restart".*"generation":1,' "$(store "$JOB")/events"
	[ "$(generations "$JOB")" = 1 ]
	ends_exact
}

@test "restart of a job that Slurm has forgotten: as a new job, its output exact" {
	local new
	put job.sh <<<$'#!/bin/bash\necho "$1 $KEPT"; while [ ! -e over ]; do echo $((++i)); sleep 0.1; done; echo end; ls "$TMPDIR"'
	JOB=$(KEPT=value submit --checkpoint --export=ALL,KEPT=value --job-name=forgotten --output=out-%j job.sh "an argument")
	wait_lines "out-$JOB" 5
	alice scheckpoint create "$JOB"
	wait_lines "out-$JOB" 10
	alice scancel "$JOB"
	wait_over "$JOB"
	forget_job "$JOB"
	run alice scheckpoint restart "$JOB"
	one_line 0 "job $JOB: continues as job "
	new=${output##* }
	wait_running "$new"
	wait_event "$new" restart
	# by its old number it is the same job, which is not over
	run alice scheckpoint remove "$JOB"
	one_line 1 "job $new is not over"
	run alice scheckpoint show "$JOB"
	[[ $output == "JobId=$new "* ]]
	# and from now on it goes on from checkpoints of its own
	preempt "$new"
	let_end
	wait_over "$new"
	wait_accounted "$new" "COMPLETED|0:0"
	[ "$(root sacct -X -n -P -j "$new" -o jobname)" = forgotten ]
	[ "$(get "out-$JOB" | head -n 1)" = "an argument value" ]
	get "out-$JOB" | tail -n +2 | put all
	[ "$(get all | wc -l)" -gt 4 ]
	is_exact all
}

@test "inside of a job: the command without a job id, and the library" {
	put job.sh <<'END'
#!/bin/bash
echo begin
scheckpoint create
echo "create $?"
scheckpoint disable
scheckpoint create 2>&1
echo "refused $?"
scheckpoint enable
scheckpoint able
echo "able $?"
sleep 0.5
echo end
END
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_over "$JOB"
	diff <(printf '%s\n' begin "this job: checkpointed" "create 0" \
		"scheckpoint: error: this job: checkpoints of the job are disabled" "refused 1" \
		"this job: yes" "able 0" end) <(get out)
}

@test "the library: a critical section is not saved, the program's own checkpoint is gone on from" {
	put critical.c <"$ROOT/test/cluster/programs/critical.c"
	alice sh -c 'cd "$1" && gcc -o critical critical.c $(pkg-config --cflags --libs slurmcheckpoint)' _ "$WORK"
	put job.sh <<<$'#!/bin/sh\n./critical\necho "ended with $?"'
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 7
	run alice scheckpoint create --timeout=3s "$JOB"
	one_line 1 "has not answered"
	[ -z "$(newest "$JOB")" ]
	alice touch "$WORK/leave"
	wait_lines out 13
	[ -n "$(newest "$JOB")" ]
	preempt "$JOB"
	wait_event "$JOB" restart
	alice touch "$WORK/end"
	wait_over "$JOB"
	diff <(printf '%s\n' "restarted 0" "enable -1 Invalid argument" "disable 0" "disable 0" "disable 0" \
		"now -1 Device or resource busy" critical left "enable 0" "enable 0" "enable 0" "now 0" saved \
		"end 1" "ended with 0") <(get out)
	# without protection it says so, and goes on
	run alice sh -c 'cd "$1" && ./critical' _ "$WORK"
	[[ ${lines[0]} == "restarted -1 Operation not supported" ]]
	[[ ${lines[-1]} == "end 0" ]]
}

@test "remove and purge: what a job still needs stays" {
	counting_job
	alice scheckpoint create "$JOB"
	run alice scheckpoint remove "$JOB"
	one_line 1 "job $JOB is not over"
	alice scheckpoint create "$JOB"
	run alice scheckpoint remove --generation=2 "$JOB"
	one_line 1 "generation 2 is its newest"
	alice scheckpoint remove --generation=1 "$JOB"
	[ "$(generations "$JOB")" = 2 ]
	alice scheckpoint purge --older=0
	[ "$(generations "$JOB")" = 2 ]
	alice scancel "$JOB"
	wait_over "$JOB"
	[ "$(generations "$JOB")" = 2 ]
	run alice scheckpoint purge
	[ "$status" -eq 0 ]
	[ "$(generations "$JOB")" = 2 ]
	wait_no_processes "$(job_node "$JOB")" alice
	root scheckpoint purge --all --older=0
	# but for what jobs have noted of the nodes' CPUs and C libraries
	[ -z "$(alice sh -c 'ls -A "$1" | grep -vxE "cpu|libc"' _ "$(dirname "$(store "$JOB")")")" ]
	run alice scheckpoint show "$JOB"
	one_line 1 "has no checkpoints"
}

@test "error: what went wrong last, with the engine's log" {
	put job.sh <<'END'
#!/usr/bin/env python3
import os, socket, time
s = socket.create_connection(("ctl", 6817))
print("connected", flush=True)
while not os.path.exists("on"):
    time.sleep(0.1)
s.close()
# somebody else's socket, of which criu knows only one end
s = socket.socket(socket.AF_UNIX)
s.connect("/run/munge/munge.socket.2")
print("connected", flush=True)
time.sleep(3600)
END
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 1
	run alice scheckpoint error "$JOB"
	one_line 0 "nothing went wrong"
	run alice scheckpoint able "$JOB"
	one_line 1 "TCP connection"
	run alice scheckpoint create "$JOB"
	one_line 1 "TCP connection"
	run alice scheckpoint error "$JOB"
	[ "$status" -eq 0 ]
	[[ $output == *"Event=failed"*"TCP connection"* ]]
	alice touch "$WORK/on"
	wait_lines out 3
	run alice scheckpoint create "$JOB"
	[ "$status" -eq 1 ]
	run alice scheckpoint error "$JOB"
	[ "$status" -eq 0 ]
	[[ $output == *"Event=failed"*"Error"* ]]
}

# bats test_tags=on:forky
@test "ten thousand jobs' folders are listed" {
	put many.py <<'END'
#!/usr/bin/env python3
# copies of one job's folder, under other numbers
import os, sys
record, manifest = (open(sys.argv[2] + name, "rb").read() for name in ("/job", "/1/manifest"))
for i in range(100001, 110001):
    folder = f"{sys.argv[1]}/{i}"
    os.makedirs(folder + "/1", 0o700)
    open(folder + "/job", "wb").write(record)
    open(folder + "/1/manifest", "wb").write(manifest)
END
	counting_job
	alice scheckpoint create "$JOB"
	alice "$WORK/many.py" "$(dirname "$(store "$JOB")")" "$(store "$JOB")"
	time alice scheckpoint list >"$BATS_TEST_TMPDIR/list"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/list")" -ge 10001 ]
}

@test "--checkpoint-files=copy: a file that is rewritten in place is put back, also after a node's death" {
	put job.py <<'END'
#!/usr/bin/env python3
import itertools, os, time
f = open("state", "w+")
for i in itertools.count():
    f.seek(0)
    last = f.read()
    if last != str(i * 7 % 50) and i:
        print("lost at", i, last, flush=True)
    f.seek(0)
    f.truncate()
    f.write(str((i + 1) * 7 % 50))
    f.flush()
    print(i, flush=True)
    if os.path.exists("over"):
        break
    time.sleep(0.1)
END
	JOB=$(submit --checkpoint --checkpoint-files=copy --checkpoint-tmpdir=no --output=out job.py)
	local node lines
	wait_lines out 5
	alice scheckpoint create "$JOB"
	wait_lines out 20
	node=$(job_node "$JOB")
	lose "$node"
	root scontrol update NodeName="$node" State=DOWN Reason="power failed"
	wait_restarted "$JOB" 0
	wait_event "$JOB" restart
	wait_lines out 30
	let_end
	wait_over "$JOB"
	bring_back
	lines=$(get out | wc -l)
	diff <(seq 0 $((lines - 1))) <(get out)
	[ "$(get state)" -eq $((lines * 7 % 50)) ]
}

@test "--checkpoint=auto chooses the interval, and says which" {
	counting_job --checkpoint=auto
	until_true 60 "it has chosen" eval '[[ $(alice scheckpoint show $JOB) == *Event=interval*Seconds=* ]]'
	alice scheckpoint create "$JOB"
	until_true 60 "it has chosen again" eval '[[ $(alice scheckpoint show $JOB | grep -c Event=interval) -eq 2 ]]'
	run alice scheckpoint show "$JOB"
	[[ $output == *"Event=interval"*"a checkpoint takes "*"fail every 8760 hours"* ]]
	ends_exact
}

@test "NodeMTBF=measured: slurmdbd tells how often the job's nodes failed" {
	root sed -i.kept '$a NodeMTBF=measured' /etc/slurm/checkpoint.conf
	root scontrol update NodeName=n3 State=DOWN Reason="power failed"
	root scontrol update NodeName=n3 State=RESUME
	until_true 60 "slurmdbd knows" eval '[[ $(root sacctmgr -n -P show event nodes=n3 start=now-1days format=State) == *DOWN* ]]'
	counting_job --checkpoint=auto --nodelist=n3
	until_true 60 "it has chosen" eval '[[ $(alice scheckpoint show $JOB) == *Event=interval* ]]'
	run alice scheckpoint show "$JOB"
	[[ $output == *"fail every "* ]]
	[[ $output != *"fail every 8760 hours"* ]]
	ends_exact
}

@test "a slurmdbd that does not answer keeps no request waiting" {
	root sed -i.kept '$a NodeMTBF=measured' /etc/slurm/checkpoint.conf
	signal_daemon ctl slurmdbd STOP
	counting_job --checkpoint=auto
	alice scheckpoint create "$JOB"
	run alice scheckpoint show "$JOB"
	[ "$status" -eq 0 ]
	[[ $output != *Event=interval* ]]
	signal_daemon ctl slurmdbd CONT
	until_true 60 "it has chosen" eval '[[ $(alice scheckpoint show $JOB) == *Event=interval* ]]'
	ends_exact
}

@test "Quota is looked at before a job is stopped" {
	put job.sh <<<$'#!/bin/bash\necho begun\nsleep infinity'
	root sed -i.kept '$a Quota=600K' /etc/slurm/checkpoint.conf
	JOB=$(submit --checkpoint --checkpoint-dir="$WORK" --output=out job.sh)
	wait_lines out 1
	alice scheckpoint create -D "$WORK" "$JOB"
	run alice scheckpoint create -D "$WORK" "$JOB"
	[ "$status" -eq 1 ]
	[[ $output == *"user alice has reached Quota=600.00K"* ]] || [[ $output == *"user alice has reached Quota=600K"* ]]
	is_state "$JOB" RUNNING
}

@test "a generation of another user's choice is not an administrator's danger: root acts as the user" {
	counting_job
	alice scheckpoint create "$JOB"
	alice scancel "$JOB"
	wait_over "$JOB"
	wait_no_processes "$(job_node "$JOB")" alice
	root sh -c 'mkdir -p /root/precious && touch /root/precious/file'
	alice sh -c 'mv "$1" "$1.real" && ln -s /root/precious "$1"' _ "$(store "$JOB")/1"
	alice sh -c 'cd "$1" && ln -s /root/precious tmp/link && mv job job.real && mkfifo job' _ "$(store "$JOB")"
	root timeout 60 scheckpoint list --all
	run root timeout 60 scheckpoint purge --all --older=0
	[ "$status" -le 1 ]
	root test -e /root/precious/file
}

@test "an administrator restarts what an administrator has held" {
	counting_job
	alice scheckpoint vacate "$JOB"
	root scontrol hold "$JOB"
	run alice scheckpoint restart "$JOB"
	[ "$status" -eq 1 ]
	root scheckpoint restart "$JOB"
	ends_exact
	[ "$(job_state "$JOB")" = COMPLETED ]
}

@test "a folder with the number of another user's job does not have an administrator restart that" {
	local theirs
	theirs=$(bob sbatch --parsable --hold --output=/dev/null --wrap=true)
	counting_job
	alice scheckpoint create "$JOB"
	alice cp -r "$(store "$JOB")" "$(store "$theirs")"
	run root scheckpoint restart --user=alice "$theirs"
	one_line 1 "job $theirs is user bob's"
	is_state "$theirs" PENDING
	[[ $(job_field "$theirs" Reason) == JobHeldUser ]]
}

@test "an option that means nothing without --checkpoint is refused, and in the environment is none" {
	put job.sh <<<$'#!/bin/bash\necho done'
	run submit --checkpoint-keep=3 job.sh
	one_line 1 "--checkpoint-keep means nothing without --checkpoint"
	JOB=$(alice sh -c 'cd "$1" && SBATCH_CHECKPOINT_KEEP=3 sbatch --parsable --output=out job.sh' _ "$WORK")
	wait_over "$JOB"
	[ "$(get out)" = "done" ]
}

@test "a heterogeneous job is saved, and all of it is released when it is to continue" {
	put het.sh <<-'END'
		#!/bin/bash
		#SBATCH --ntasks=1
		#SBATCH hetjob
		#SBATCH --ntasks=1
		while [ ! -e over ]; do echo $((++i)); sleep 0.1; done
		echo end
	END
	JOB=$(submit --checkpoint --output=out het.sh)
	wait_lines out 5
	alice scheckpoint vacate "$JOB"
	wait_held "$JOB"
	alice scheckpoint restart "$JOB"
	wait_event "$JOB" restart
	let_end
	wait_over "$JOB"
	wait_accounted "$JOB" "COMPLETED|0:0"
	is_exact out
}
