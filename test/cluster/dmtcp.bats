#!/usr/bin/env bats
# The engine dmtcp, with a DMTCP that is installed where the hosts find dmtcp_launch:
# on their PATH, or in the directory that the variable DMTCP names.

load lib

setup_file() {
	local dir=${DMTCP:-}
	if [[ -z $dir ]]; then
		dir=$(alice sh -c 'command -v dmtcp_launch') && dir=$(dirname "$dir")
	fi
	alice sh -c 'test -x "$1/dmtcp_launch" || test -x "$1/bin/dmtcp_launch"' _ "$dir" || dir=
	export DMTCP_DIR=$dir
	[[ -z $dir ]] || configure "DmtcpPath=$dir"
}
teardown_file() { configure; }

setup() {
	[[ -n $DMTCP_DIR ]] || skip "no DMTCP"
	new_workdir
}
teardown() { [[ -z $DMTCP_DIR ]] || clean; }

# configure [LINE]: checkpoint.conf as it was, and this line
configure() {
	root sh -c 'f=/etc/slurm/checkpoint.conf; [ -e "$f.before" ] || cp "$f" "$f.before"
		cp "$f.before" "$f"; [ -z "$1" ] || printf "%s\n" "$1" >>"$f"' _ "${1:-}"
}

needs() { # COMMAND...
	local command
	for command in "$@"; do
		alice sh -c 'command -v "$1"' _ "$command" || skip "no $command"
	done
}

submit_dmtcp() { submit --checkpoint --checkpoint-engine=dmtcp "$@"; }

# put_job NAME COMMAND [AFTER]: a script of it that waits for the file "over" before it ends
put_job() {
	put "$1" <<<$'#!/bin/bash\n'"$2"$' || exit\nwhile [ ! -e over ]; do sleep 0.1; done'
}

# The promise, for a script that is in the directory: ten preemptions at random moments
# leave no trace in its output, nor in the files FILE... that it writes.
keeps_promise() { # SCRIPT MEMORY [SBATCH OPTION...]
	local script=$1 round job
	echo "SEED=$SEED"
	job=$(submit_dmtcp --output="$script.out" "${@:2}" "$script")
	for round in {1..10}; do
		wait_running "$job"
		has_begun "$job" "$round"
		sleep "0.$((RANDOM % 1000))"
		preempt "$job"
	done
	alice touch "$WORK/over"
	wait_over "$job" 180
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(restarts "$job")" -eq 10 ]
}

# has_begun JOB ROUND: it runs, after a restart from a checkpoint
has_begun() {
	until_true 60 "job $1 has continued" root sh -c \
		'[ "$(scheckpoint show "$1" | grep -cE "Event=(start|restart) ")" -ge "$2" ]' _ "$1" "$2"
}

@test "bash: output after ten preemptions at random moments is that of the undisturbed run" {
	put pipes.sh <"$ROOT/test/cluster/programs/pipes.sh"
	put_job pipes './pipes.sh 300'
	keeps_promise pipes
	diff <(alice sh -c 'cd "$1" && PACE=0 ./pipes.sh 300' _ "$WORK") <(get pipes.out)
}

@test "python3 with threads and files: the same" {
	needs python3
	put threads.py <"$ROOT/test/cluster/programs/threads.py"
	put_job threads './threads.py 300'
	alice mkdir "$WORK/reference"
	keeps_promise threads
	diff <(alice sh -c 'cd "$1/reference" && PACE=0 ../threads.py 300' _ "$WORK") <(get threads.out)
	for i in 0 1 2; do
		diff <(get "reference/threads.$i") <(get "threads.$i")
	done
}

@test "OpenMP: the same" {
	build openmp -fopenmp
	put_job openmp_job './openmp 300'
	keeps_promise openmp_job
	diff <(alice sh -c 'cd "$1" && PACE=0 ./openmp 300' _ "$WORK") <(get openmp_job.out)
}

# They are forked, and execute nothing, and all open files.
@test "subshells at once: the same" {
	put subshells.sh <"$ROOT/test/cluster/programs/subshells.sh"
	put_job subshells './subshells.sh 150'
	alice mkdir "$WORK/reference"
	keeps_promise subshells
	diff <(alice sh -c 'cd "$1/reference" && PACE=0 ../subshells.sh 150' _ "$WORK") <(get subshells.out)
}

mpi_keeps_promise() { # MPICC MPIRUN COMMAND...
	needs "$1" "$2"
	put ring.c <"$ROOT/test/cluster/programs/ring.c"
	alice "$1" -O1 -o "$WORK/ring" "$WORK/ring.c"
	put_job ring_job "${*:2} -n 2 ./ring 300"
	keeps_promise ring_job --cpus-per-task=2
	diff <(alice sh -c 'cd "$1" && shift && PACE=0 "$@"' _ "$WORK" "${@:2}" -n 2 ./ring 300) <(get ring_job.out)
}

@test "MPICH on one node: the same" {
	mpi_keeps_promise mpicc.mpich mpirun.mpich
}

@test "OpenMPI on one node: the same" {
	mpi_keeps_promise mpicc.openmpi mpirun.openmpi --oversubscribe
}

@test "a periodic checkpoint: the job goes on from it at once, and prints every line once" {
	local job
	build heap
	put job <<<$'#!/bin/sh\n./heap 64 100\n'
	job=$(submit_dmtcp --checkpoint=1s --output=out job)
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(alice env PACE=0 "$WORK/heap" 64 100) <(get out)
	[ "$(restarts "$job")" -eq 0 ]
	root scheckpoint show "$job" | grep 'Event=checkpoint'
	root scheckpoint show "$job" | grep 'Event=restart'
	refute grep 'Event=failed' <(root scheckpoint show "$job")
}

@test "what is unread in a pipe whose writer has ended is there after a checkpoint with which the job goes on" {
	local job
	put job <<-'EOF'
		#!/bin/bash
		printf hello | {
			echo begun >&2
			while [ ! -e over ]; do sleep 0.1; done
			cat
			echo " end"
		}
	EOF
	job=$(submit_dmtcp --output=out job)
	wait_lines out 1
	checkpoint "$job"
	checkpoint "$job"
	preempt "$job"
	wait_running "$job"
	has_begun "$job" 4
	alice touch "$WORK/over"
	wait_over "$job"
	diff - <(get out) <<<$'begun\nhello end'
}

@test "a job that a signal ended, or that exits with a status, ends with it after a restart" {
	local job
	put job <<<$'#!/bin/bash\necho begun\nwhile [ ! -e over ]; do sleep 0.1; done\nexit 7'
	job=$(submit_dmtcp --output=out job)
	wait_lines out 1
	preempt "$job"
	wait_running "$job"
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "FAILED|7:0"
}

@test "a file that is open and has been removed goes with the job" {
	local job
	put job <<-'EOF'
		#!/bin/bash
		exec 5<>kept
		echo "what was written before" >&5
		rm kept
		echo begun
		while [ ! -e over ]; do sleep 0.1; done
		echo "and after" >&5
		cat /proc/self/fd/5
	EOF
	job=$(submit_dmtcp --output=out job)
	wait_lines out 1
	preempt "$job"
	wait_running "$job"
	alice touch "$WORK/over"
	wait_over "$job"
	diff - <(get out) <<<$'begun\nwhat was written before\nand after'
}

@test "a child that has ended and is not waited for is not restored by DMTCP: no checkpoint until it is" {
	local job
	needs python3
	put children <<-'EOF'
		#!/usr/bin/python3
		import os, subprocess, time

		def until(name):
		    while not os.path.exists(name):
		        time.sleep(0.1)

		child = subprocess.Popen(["sh", "-c", "exit 3"])
		print("begun", flush=True)
		until("wait")
		print(child.wait(), flush=True)
		until("over")
	EOF
	put_job job ./children
	job=$(submit_dmtcp --output=out job)
	wait_lines out 1
	until_true 30 "its child has ended" \
		cluster run "$(job_node "$job")" pgrep --uid alice --runstates Z
	run alice scheckpoint create "$job"
	[ "$status" -ne 0 ]
	[[ $output == *"has ended and its parent has not waited for it"* ]]
	alice touch "$WORK/wait"
	wait_lines out 2
	preempt "$job"
	wait_running "$job"
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff - <(get out | grep -v '^slurm-checkpoint: ') <<<$'begun\n3'
}

@test "a static program is refused by name; auto takes criu" {
	local job
	build static -static
	put job <<<$'#!/bin/sh\n./static 50 static.out'
	job=$(submit_dmtcp --output=out job)
	wait_over "$job"
	get out | grep './static, which is linked statically'
	put_job job './static 50 static.out'
	job=$(submit --checkpoint --output=auto.out job)
	has_begun "$job" 1
	checkpoint "$job"
	root scheckpoint show "$job" | grep 'Engine=criu'
}

@test "a static program that the script does not name is refused when it is to be saved" {
	local job
	build static -static
	alice mv "$WORK/static" "$WORK/hidden"
	put job <<<$'#!/bin/sh\nname=hidden\necho begun\n"./$name" 100000 static.out'
	job=$(submit_dmtcp --output=out job)
	wait_lines out 5
	run alice scheckpoint create "$job"
	[ "$status" -ne 0 ]
	[[ $output == *"hidden, which is linked statically"* ]]
	is_state "$job" RUNNING
}

@test "a setuid program is refused by name" {
	local job
	put job <<<$'#!/bin/sh\nsu --version'
	job=$(submit_dmtcp --output=out job)
	wait_over "$job"
	get out | grep 'dmtcp cannot save su, which has the set-user-ID'
}

@test "a script with process substitution is refused by name" {
	local job
	put job <<<$'#!/bin/bash\nsort <(echo b; echo a)'
	job=$(submit_dmtcp --output=out job)
	wait_over "$job"
	get out | grep 'dmtcp cannot run process substitution'
	get out | tail -n 2 | diff - <(printf 'a\nb\n')
}

@test "a fifo between processes: no checkpoint, in one sentence" {
	local job
	put job <<<$'#!/bin/bash\nmkfifo f\n(while [ ! -e over ]; do echo $((++i)); sleep 0.1; done >f) &\nwhile read -r line; do echo "$line"; done <f'
	job=$(submit_dmtcp --output=out job)
	wait_lines out 3
	run alice scheckpoint create "$job"
	[ "$status" -eq 1 ]
	[[ $output == *"has the fifo "*/f" open, which DMTCP does not restore"* ]]
	let_end
	wait_over "$job"
	diff <(seq "$(get out | grep -vc '^slurm-checkpoint: ')") <(get out | grep -v '^slurm-checkpoint: ')
}

@test "limits of resources go with the job" {
	local job
	put job <<<$'#!/bin/bash\nulimit -c 0; ulimit -S -s 4096; ulimit -n 2000\nulimit -a\nwhile [ ! -e over ]; do sleep 0.1; done\nulimit -a'
	job=$(submit_dmtcp --output=out job)
	wait_lines out 10
	preempt "$job"
	wait_running "$job"
	has_begun "$job" 2
	let_end
	wait_over "$job"
	diff <(get out | head -n $(($(get out | wc -l) / 2))) <(get out | tail -n $(($(get out | wc -l) / 2)))
	get out | grep 'core file size.* 0$'
}

@test "the umask goes with the job" {
	local job
	put job <<<$'#!/bin/bash\numask 027\necho begun\nwhile [ ! -e over ]; do sleep 0.1; done\numask\n>file\nstat -c %a file'
	job=$(submit_dmtcp --output=out job)
	wait_lines out 1
	preempt "$job"
	wait_running "$job"
	has_begun "$job" 2
	alice touch "$WORK/over"
	wait_over "$job"
	diff - <(get out) <<<$'begun\n0027\n640'
}

@test "a job of several nodes is refused" {
	local job
	put job <<<$'#!/bin/sh\necho done'
	job=$(submit_dmtcp --nodes=2 --output=out job)
	wait_over "$job"
	get out | grep 'dmtcp saves jobs of one node, and this one has 2'
}

@test "what MPI needs is said by able, and a variable that the user has set stays" {
	local job
	needs mpirun.mpich
	put job <<<$'#!/bin/sh\necho $UCX_TLS $UCX_VFS_ENABLE\nwhile [ ! -e over ]; do sleep 0.1; done\nmpirun.mpich --version >/dev/null'
	job=$(submit_dmtcp --export=ALL,UCX_TLS=all --output=out job)
	wait_lines out 1
	run alice scheckpoint able "$job"
	[[ $output == *"UCX_VFS_ENABLE=n"* ]]
	[[ $output != *"UCX_TLS"* ]]
	[ "$(get out | tail -n 1)" = "all n" ]
}

# end_while_saved JOB: a checkpoint, in the middle of which heap is killed
end_while_saved() {
	alice scancel --batch --signal=41 "$1"
	# in one command, since it does not take long to write it
	cluster run "$(job_node "$1")" timeout 60 bash -c '
		until pid=$(find /proc/[0-9]*/fd -lname "*/ckpt_heap*.temp" 2>/dev/null | cut -d / -f 3) && [[ -n $pid ]]; do
			sleep 0.02
		done
		kill -9 "$pid"'
}

@test "a process that ends while it is saved: the job goes back to its newest checkpoint" {
	local job
	build heap
	put job <<<$'#!/bin/sh\n./heap 600 40\necho "heap: $?"'
	job=$(submit_dmtcp --mem=1500 --output=out job)
	wait_lines out 3
	checkpoint "$job"
	end_while_saved "$job"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(alice env PACE=0 "$WORK/heap" 600 40 && echo "heap: 0") <(get out | grep -v '^slurm-checkpoint: ')
	get out | grep 'it has gone back to its newest checkpoint: DMTCP ended 1 of its processes while it saved them'
}

@test "a process that ends while it is saved: a job without a checkpoint starts over, and after three times is not saved again" {
	local job round
	build heap
	put job <<<$'#!/bin/sh\n./heap 600 40\necho "heap: $?"'
	job=$(submit_dmtcp --mem=1500 --output=out job)
	for round in 1 2 3; do
		wait_lines out 4
		end_while_saved "$job"
		wait_event "$job" start $((round + 1))
	done
	# what it said of those before has been put back
	until_true 60 "it is said" eval 'get out | grep "it has started over, and is not saved any more (see scheckpoint enable): DMTCP ended 1 of its processes"'
	[ "$(get out | grep -c '^slurm-checkpoint: ')" -eq 1 ]
	run alice scheckpoint create "$job"
	[ "$status" -ne 0 ]
	[[ $output == *"checkpoints of the job are disabled"* ]]
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(alice env PACE=0 "$WORK/heap" 600 40 && echo "heap: 0") <(get out | grep -v '^slurm-checkpoint: ')
}

@test "a job that stands still after a checkpoint was given up goes back to its newest one" {
	local job
	configure "$(printf 'DmtcpPath=%s\nDumpTimeout=5\n' "$DMTCP_DIR")"
	alice cp /bin/sleep "$WORK/lasting"
	put job <<<$'#!/bin/bash\n./lasting 987654 &\nfor i in {1..300}; do echo "$i"; sleep 0.1; done\nkill %1'
	job=$(submit_dmtcp --output=out job)
	wait_lines out 3
	checkpoint "$job"
	has_begun "$job" 2
	# for it all others stand, and wait
	cluster run "$(job_node "$job")" pkill -STOP -u alice -x DMTCP:lasting
	alice scancel --batch --signal=41 "$job"
	until_true 90 "it is said" eval 'get out | grep "it has gone back to its newest checkpoint: it stood still after DMTCP was to save it"'
	configure "DmtcpPath=$DMTCP_DIR"
	wait_over "$job" 180
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(seq 300) <(get out | grep -v '^slurm-checkpoint: ')
}

@test "a worker that is killed while the job stands: the job goes on" {
	local job
	build heap
	put job <<<$'#!/bin/sh\n./heap 600 40\n'
	job=$(submit_dmtcp --mem=1500 --output=out job)
	wait_lines out 3
	alice scancel --batch --signal=41 "$job"
	# in one command, since it does not take long to write it
	cluster run "$(job_node "$job")" timeout 60 sh -c 'until ls -d "$1"/[0-9]*.tmp; do sleep 0.02; done >/dev/null 2>&1
		kill -9 "$(pgrep -n -x runner)"' _ "$(store "$job")"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(alice env PACE=0 "$WORK/heap" 600 40) <(get out | grep -v '^slurm-checkpoint: ')
	get out | grep "no checkpoint was taken: the checkpoint's worker was killed"
}

@test "dmtcp: shows what it can, and is taken where criu does not work" {
	local job
	put criu <<<$'#!/bin/sh\n[ "$1" != dump ] || exit 1\nexec /usr/sbin/criu "$@"'
	configure "DmtcpPath=$DMTCP_DIR"$'\n'"CriuPath=$WORK/criu"$'\n'"LogLevel=verbose"
	put job.sh <<<$'#!/bin/bash\necho done'
	job=$(submit --checkpoint --output=out job.sh)
	wait_over "$job"
	configure "DmtcpPath=$DMTCP_DIR"
	get out
	get out | grep -q "it is saved by dmtcp; passed over were criu: a tiny job could not be saved"
	get out | grep -qx done
}
