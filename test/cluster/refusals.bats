#!/usr/bin/env bats
# What could never go on is refused before anything is saved, and what is said of it is
# the reason: whatever the job asked Slurm for, and whatever is missing.

# bats file_tags=on:trixie
load lib
load smigrate
load upgrade

setup() { new_workdir; }
teardown() {
	root sh -c 'cd /etc/slurm && [ ! -e checkpoint.conf.kept ] || mv checkpoint.conf.kept checkpoint.conf'
	daemon_runs ctl slurmctld || start_slurmctld
	put_conf_back
	every_node "rm -rf /opt/ticker"
	clean
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
	is_exact out
}


# refused TEXT COMMAND...: it says TEXT in one line, and the job runs on, unsaved
refused() {
	local text=$1
	shift
	run "$@"
	echo "$output"
	[ "$status" -eq 1 ] || return 1
	[ "${#lines[@]}" -eq 1 ] || return 1
	[[ $output == *"$text"* ]] || return 1
	is_state "$JOB" RUNNING || return 1
	[ -z "$(generations "$JOB")" ]
}

@test "--no-requeue is set aside for a job that is to be saved, with a sentence" {
	local said
	ticking
	said=$(alice sh -c 'cd "$1" && sbatch --checkpoint --no-requeue --output=out job.sh 2>&1' _ "$WORK")
	echo "$said"
	[[ $said == *"--no-requeue is set aside"* ]]
	JOB=${said##* }
	wait_lines out 3
	[ "$(job_field "$JOB" Requeue)" -eq 1 ]
	alice scheckpoint vacate "$JOB"
	alice scheckpoint restart "$JOB"
	wait_event "$JOB" restart 1
	ends_exact
	said=$(alice sh -c 'cd "$1" && SBATCH_NO_REQUEUE=1 sbatch --checkpoint --hold --output=out job.sh 2>&1' _ "$WORK")
	[[ $said == *"--no-requeue is set aside"* ]]
	[ "$(job_field "${said##* }" Requeue)" -eq 1 ]
	alice scancel "${said##* }"
	said=$(alice sh -c 'cd "$1" && sbatch --no-requeue --hold --output=out job.sh 2>&1' _ "$WORK")
	[[ $said != *"set aside"* ]]
	[ "$(job_field "${said##* }" Requeue)" -eq 0 ]
	alice scancel "${said##* }"
}

@test "a job that Slurm would not queue again is not asked to leave, until it would" {
	local why="may not be requeued" cure
	counting_job
	root scontrol update JobId="$JOB" Requeue=0
	cure="scontrol update JobId=$JOB Requeue=1"
	refused "$why" alice scheckpoint vacate "$JOB"
	refused "$why" alice scheckpoint requeue "$JOB"
	refused "$why" alice scheckpoint requeue --exclude="$(job_node "$JOB")" "$JOB"
	run alice scheckpoint able "$JOB"
	[ "$status" -eq 1 ]
	[[ $output == "job $JOB: no: "*"$cure"* ]]
	run alice smigrate -n "$JOB"
	[ "$status" -ne 0 ]
	[[ $output == *"$why"*"$cure"* ]]
	[ -z "$(generations "$JOB")" ]
	alice scheckpoint create "$JOB"
	alice $cure
	alice scheckpoint able "$JOB"
	alice scheckpoint requeue "$JOB"
	wait_event "$JOB" restart 1
	ends_exact
}

@test "a job that may not be requeued and has ended is restarted as another job" {
	local old
	counting_job
	root scontrol update JobId="$JOB" Requeue=0
	alice scheckpoint create "$JOB"
	# It prints more, which it will print once more.
	wait_lines out $(($(get out | wc -l) + 3))
	alice scancel "$JOB"
	wait_over "$JOB"
	old=$JOB
	run alice scheckpoint restart "$JOB"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == "job $old: continues as job "* ]]
	JOB=${output##* }
	ends_exact
}

@test "a job that may not be requeued is told so when it asks itself" {
	put job.sh <<-'END'
		#!/bin/bash
		echo begun
		until [ -e go ]; do sleep 0.1; done
		scheckpoint vacate
		sleep 2
		echo done
	END
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 1
	root scontrol update JobId="$JOB" Requeue=0
	alice touch "$WORK/go"
	wait_over "$JOB"
	get out
	[ "$(job_state "$JOB")" = COMPLETED ]
	[[ $(get out) == *"no checkpoint was taken: it may not be requeued"* ]]
	[ "$(get out | tail -n 1)" = done ]
}

@test "what would wait for ever is refused before the job is saved, by every verb" {
	local node other forever="it would wait for ever"
	counting_job --nodelist=n1
	refused "$forever afterwards: it asks for n1, which is among the excluded nodes" \
		alice scheckpoint requeue --exclude=n1 "$JOB"
	refused "it asks for n1, which" alice scheckpoint requeue --hold --exclude=n[1-2] "$JOB"
	refused "Invalid node name specified: n9" alice scheckpoint requeue --nodelist=n9 "$JOB"
	refused "$forever" alice scheckpoint requeue --nodelist=n2 --exclude=n2 "$JOB"
	alice scheckpoint requeue --hold --nodelist=n2 "$JOB"
	wait_held "$JOB"
	run alice scheckpoint restart --exclude=n2 "$JOB"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == "scheckpoint: error: job $JOB: it asks for n2, which is among the excluded nodes"* ]]
	[ "${#lines[@]}" -eq 1 ]
	is_held "$JOB"
	alice scheckpoint restart --exclude=n2 --nodelist=n1 "$JOB"
	wait_event "$JOB" restart 1
	[ "$(job_node "$JOB")" = n1 ]
	ends_exact
}

@test "to exclude all nodes of the partition is refused, also by a job that asks for none" {
	counting_job --partition=low
	refused "node n9 is not known to Slurm" alice smigrate --nodelist=n9 "$JOB"
	refused "of its partition, low, 0 would be left" \
		alice scheckpoint requeue --exclude="$(root sinfo -h -p low -o %N)" "$JOB"
	run alice smigrate --exclude="$(root sinfo -h -p low -o %N)" "$JOB"
	echo "$output"
	[ "$status" -ne 0 ]
	[ -z "$(generations "$JOB")" ]
	ends_exact
}

@test "a directory for checkpoints that is not there on this host is told as that" {
	counting_job
	root sh -c 'cd /etc/slurm && cp -p checkpoint.conf checkpoint.conf.kept &&
		sed -i "s|^CheckpointDir=.*|CheckpointDir=/scratch/%u/checkpoint|" checkpoint.conf'
	for verb in create vacate show list verify error; do
		echo "$verb"
		run alice scheckpoint "$verb" $([ "$verb" = list ] || echo "$JOB")
		echo "$output"
		[ "$status" -eq 1 ]
		[ "${#lines[@]}" -eq "$([ "$verb" = list ] && echo 2 || echo 1)" ]
		[[ ${lines[-1]} == *"/scratch, where the checkpoints are to be, does not exist on this host"* ]]
		[[ $output != *%u* ]]
	done
	root sh -c 'cd /etc/slurm && mv checkpoint.conf.kept checkpoint.conf'
	run alice scheckpoint show 999999
	[[ $output == *"job 999999 has no checkpoints in /shared/checkpoint/alice" ]]
	ends_exact
}

@test "what needs no slurmctld does without one" {
	stop_daemon ctl slurmctld TERM
	put count.sh <<<$'#!/bin/bash\nfor i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done'
	cluster run -u alice n1 sh -c 'cd "$1" && scheckpoint able /bin/sleep && scheckpoint test --pause=1 --times=1 ./count.sh' _ "$WORK"
	run alice scheckpoint --cluster=testbed list
	echo "$output"
	[ "$status" -eq 0 ]
	start_slurmctld
}

@test "a job that comes to a node where its library was upgraded is held, and told which, and where it can go on" {
	install_ticker
	put job.sh <<<$'#!/bin/sh\nexec /opt/ticker/tick'
	JOB=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	wait_lines out 3
	alice scheckpoint vacate "$JOB"
	upgrade n2
	alice scheckpoint restart --nodelist=n2 "$JOB"
	wait_event "$JOB" held
	wait_held "$JOB"
	get out
	[[ $(get out) == *"/opt/ticker/libstep.so is not the same file on this node as when the job was saved"*"saved on n1"*"scheckpoint restart --nodelist=n1 $JOB"* ]]
	[[ $(alice scheckpoint error "$JOB") == *"/opt/ticker/libstep.so"* ]]
	# (criu was not asked, so an earlier answer is not shown for this one.)
	refute grep -q '^(00' <(alice scheckpoint error "$JOB")
	cluster run n2 rm /opt/ticker/libstep.so
	alice scheckpoint restart --nodelist=n2 "$JOB"
	wait_event "$JOB" held 2
	wait_held "$JOB"
	[[ $(get out) == *"/opt/ticker/libstep.so is missing on this node"* ]]
	alice scheckpoint restart --nodelist=n1 "$JOB"
	wait_event "$JOB" restart 1
	let_end
	wait_over "$JOB"
	alice sed -i '/^slurm-checkpoint: /d' "$WORK/out"
	is_exact out
}

@test "a job that waits goes past the nodes whose library was upgraded to one that has the old" {
	install_ticker
	put job.sh <<<$'#!/bin/sh\nexec /opt/ticker/tick'
	close_nodes n[2-4]
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 3
	open_nodes n[2-4]
	alice scheckpoint vacate "$JOB"
	upgrade n1
	upgrade n2
	upgrade n3
	alice scheckpoint restart "$JOB"
	wait_event "$JOB" restart 1
	[ "$(job_node "$JOB")" = n4 ]
	[[ $(alice scheckpoint show "$JOB") == *"continues elsewhere: /opt/ticker/libstep.so is not the same file"* ]]
	let_end
	wait_over "$JOB"
	alice sed -i '/^slurm/d' "$WORK/out"
	is_exact out
}

@test "a library that is upgraded under a running job: no checkpoint is taken, and its name is told" {
	install_ticker
	put job.sh <<<$'#!/bin/sh\nexec /opt/ticker/tick'
	JOB=$(submit --checkpoint --nodelist=n3 --output=out job.sh)
	wait_lines out 3
	upgrade n3
	refused "/opt/ticker/libstep.so was removed or replaced since a process of the job has mapped it" \
		alice scheckpoint vacate "$JOB"
	let_end
	wait_over "$JOB"
	alice sed -i '/^slurm-checkpoint: /d' "$WORK/out"
	is_exact out
}

@test "a folder that is removed under a running job is made again, and the job goes on from its next checkpoint" {
	put job.sh <<-'END'
		#!/bin/bash
		echo kept >"$TMPDIR/file"
		while [ ! -e over ]; do echo $((++i)); sleep 0.1; done
		cat "$TMPDIR/file"
		echo end
	END
	JOB=$(submit --checkpoint --output=out job.sh an argument)
	wait_lines out 3
	alice scheckpoint create "$JOB"
	alice rm -r "$(store "$JOB")"
	until_true 60 "the job says so" says_remade 1
	run alice scheckpoint create "$JOB"
	echo "$output"
	[[ $output == "job $JOB: generation 1: "* ]]
	# What is needed to submit it again is there, too.
	alice sh -c 'cd "$1" && test -s options && test -s environment && cmp script "$2"' _ "$(store "$JOB")" "$WORK/job.sh"
	root rm -r "$(store "$JOB")"
	until_true 60 "the job says so" says_remade 2
	alice scheckpoint vacate "$JOB"
	alice scheckpoint restart --exclude="$(alice scheckpoint show "$JOB" | sed -n 's/.*Node=\(n[0-9]\).*/\1/p' | head -n 1)" "$JOB"
	wait_event "$JOB" restart 1
	let_end
	wait_over "$JOB"
	[ "$(job_state "$JOB")" = COMPLETED ]
	get out
	diff <(get out | grep -v ^slurm-checkpoint: ) <(seq "$(($(get out | grep -c '^[0-9]')))"; echo kept; echo end)
}
says_remade() { [[ $(count_in out "its folder was removed, with all checkpoints, and is made again") -eq $1 ]]; }

@test "where users do not see the nodes they can still say where their jobs are to go" {
	keep_conf
	root sh -c 'echo PrivateData=nodes,jobs,partitions,usage >>/etc/slurm/slurm.conf && scontrol reconfigure'
	counting_job
	refused "it would wait for ever" alice scheckpoint requeue --nodelist=n2 --exclude=n2 "$JOB"
	alice scheckpoint requeue --nodelist=n2 "$JOB"
	wait_event "$JOB" restart 1
	alice scheckpoint vacate "$JOB"
	alice scheckpoint restart "$JOB"
	wait_event "$JOB" restart 2
	run alice smigrate -n "$JOB"
	echo "$output"
	[[ $output == "smigrate: error: cannot read the nodes: Access/permission denied (PrivateData=nodes)" ]]
	ends_exact
}

# shares MIB TOUCHED: a job with so much memory that is shared without a file, of which it
# has touched so much
shares() {
	put job.py <<END
#!/usr/bin/env python3
import mmap, os, time
m = mmap.mmap(-1, $1 << 20)
for i in range(0, $2 << 20, 4096):
    m[i] = i >> 12 & 255
print("ready", flush=True)
while not os.path.exists("over"):
    time.sleep(0.1)
print(all(m[i] == i >> 12 & 255 for i in range(0, $2 << 20, 4096)))
END
}

@test "shared memory of which criu's copy would be more than the job may have is refused, and the job runs on" {
	local job
	for sizes in "300 300" "600 1"; do
		read -r size touched <<<"$sizes"
		shares "$size" "$touched"
		job=$(submit --checkpoint --mem=500 --output="out$size" job.py)
		wait_lines "out$size" 1
		run alice scheckpoint vacate "$job"
		echo "$output"
		[ "$status" -ne 0 ]
		[[ $output == *"python3"*"shares memory without a file"*"larger --mem" ]]
		let_end
		ended_well "$job"
		[ "$(get "out$size" | grep -v '^slurm-checkpoint: ')" == $'ready\nTrue' ]
		alice rm "$WORK/over"
	done
}

@test "shared memory for which there is room is saved and continues" {
	local job
	shares 200 200
	job=$(submit --checkpoint --mem=600 --output=out job.py)
	wait_lines out 1
	leave_and_return "$job"
	wait_event "$job" restart
	let_end
	ended_well "$job"
	[ "$(get out)" == $'ready\nTrue' ]
}

@test "what its owner cannot read in TMPDIR is refused with what to do, and the job runs on" {
	local job what
	for what in 'mkdir "$TMPDIR/d"; chmod 0 "$TMPDIR/d"' 'echo x >"$TMPDIR/f"; chmod 0 "$TMPDIR/f"'; do
		put job.sh <<<"#!/bin/bash
$what; echo ready; while [ ! -e over ]; do sleep 0.1; done; chmod -R u+rwX \"\$TMPDIR\""
		job=$(submit --checkpoint --output="out%j" job.sh)
		wait_lines "out$job" 1
		run alice scheckpoint create "$job"
		echo "$output"
		[ "$status" -ne 0 ]
		[[ $output == *'cannot be read by its owner ('*'chmod -R u+rwX'* ]]
		let_end
		ended_well "$job"
		alice rm "$WORK/over"
	done
}

@test "a suspended job is not asked, and that is said" {
	counting_job
	root scontrol suspend "$JOB"
	run alice scheckpoint create "$JOB"
	echo "$output"
	root scontrol resume "$JOB"
	[ "$status" -eq 1 ]
	[ "$output" == "scheckpoint: error: job $JOB is suspended, and its runner with it; resume it first, with \"scontrol resume $JOB\"" ]
	ends_exact
}
