#!/usr/bin/env bats
# What becomes of a job's TCP connections, and of its shared memory.

# bats file_tags=on:forky
load lib
load server

setup() { new_workdir; }
teardown() {
	end_server
	clean
}

# CRIU 4.1 saves no process with a socket of the internet's kind on recent kernels
need_sockets() { [[ $SUITE == forky ]] || skip "CRIU of $SUITE does not save sockets"; }

# put_client [STEPS]
put_client() {
	put reopens.py <"$ROOT/test/cluster/programs/reopens.py"
	put client <<<$'#!/bin/sh\nexec ./reopens.py ctl 7788 '"${1-}"
}

# counts FILE: from 1 on, besides what the runner says
counts() {
	get "$1" | grep -v slurm-checkpoint >"$BATS_TEST_TMPDIR/counts"
	[ -s "$BATS_TEST_TMPDIR/counts" ]
	diff <(seq "$(wc -l <"$BATS_TEST_TMPDIR/counts")") "$BATS_TEST_TMPDIR/counts"
}

@test "a connection to elsewhere: no checkpoint, in one sentence, in whichever network the job is" {
	local job net
	need_sockets
	serve
	put_client
	for net in host private; do
		job=$(submit --checkpoint --checkpoint-net="$net" --output="$net" --error=err client)
		wait_lines "$net" 3
		run alice scheckpoint able "$job"
		[ "$status" -ne 0 ]
		[[ $output == *"python3 holds a TCP connection to 10."*" port 7788, which cannot be saved"* ]]
		run alice scheckpoint create "$job"
		[ "$status" -ne 0 ]
		[[ $output == *"python3 holds a TCP connection to 10."* ]]
		[ -z "$(newest "$job")" ]
		let_end
		wait_over "$job"
		wait_accounted "$job" "COMPLETED|0:0"
		counts "$net"
		alice rm "$WORK/over"
	done
}

has_line() { [[ $(count_in "$1" "$2") -ge 1 ]]; }

@test "--checkpoint-tcp=close: the connection is closed when the job goes on, and opened again" {
	local job net
	need_sockets
	serve
	put_client
	for net in host private; do
		job=$(submit --checkpoint --checkpoint-net="$net" --checkpoint-tcp=close \
			--output="$net" --error="$net.err" client)
		wait_lines "$net" 5
		alice scheckpoint able "$job"
		checkpoint "$job"
		occupy "$job"
		until_true 60 "it has opened it again" has_line "$net.err" again
		let_end
		wait_over "$job"
		wait_accounted "$job" "COMPLETED|0:0"
		counts "$net"
		[ "$(count_in "$net.err" again)" -eq 1 ]
		alice rm "$WORK/over"
	done
}

@test "a connection within the job survives ten preemptions at random moments in a private network" {
	local job
	need_sockets
	echo "SEED=$SEED"
	put dialogue.py <"$ROOT/test/cluster/programs/dialogue.py"
	put job <<<$'#!/bin/sh\n./dialogue.py 300 || exit\nwhile [ ! -e over ]; do sleep 0.1; done'
	job=$(submit --checkpoint --checkpoint-net=private --output=out job)
	wait_lines out 1
	preempt_ten_times "$job"
	alice touch "$WORK/over"
	wait_over "$job" 120
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(alice env PACE=0 "$WORK/dialogue.py" 300) <(get out)
}

no_zombies() {
	local args
	args=$(cluster run "$1" ps -u alice -o args=) && [[ -n $args && $args != *defunct* ]]
}

@test "a private network has a way out through pasta, and ends with the job" {
	local job node
	need_sockets
	serve
	put_client 20
	put job <<<$'#!/bin/sh\nsqueue -h -o %i -j $SLURM_JOB_ID >id\n./client\ntouch closed\nsleep infinity'
	job=$(submit --checkpoint --checkpoint-net=private --output=out --error=err job)
	until_true 60 "the client has ended" alice test -e "$WORK/closed"
	[ "$(get id)" = "$job" ]
	counts out
	[ "$(count_in out .)" -eq 20 ]
	run alice scheckpoint able "$job"
	[ "$status" -eq 0 ]
	node=$(job_node "$job")
	processes "$node" alice | grep -q pasta
	until_true 60 "what has ended is waited for" no_zombies "$node"
	root scancel "$job"
	wait_over "$job"
	until_true 60 "nothing of alice's runs" no_processes "$node" alice
}

@test "without pasta a private network is a loopback, and able says so" {
	local job
	[[ $SUITE != forky ]] || skip "pasta is installed"
	put job <<<$'#!/bin/sh\necho begun\nwhile [ ! -e over ]; do sleep 0.1; done'
	job=$(submit --checkpoint --checkpoint-net=private --output=out job)
	wait_lines out 1
	run alice scheckpoint able "$job"
	[ "$status" -eq 0 ]
	[[ $output == "job $job: yes, by criu; its network is its own, and has no way out: pasta is not installed on this node" ]]
	checkpoint "$job"
	occupy "$job"
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
}

@test "shared memory and semaphores with names survive ten preemptions at random moments" {
	local job node
	echo "SEED=$SEED"
	build shm
	put job <<<$'#!/bin/sh\n./shm 300 || exit\nwhile [ ! -e over ]; do sleep 0.1; done'
	job=$(submit --checkpoint --output=out job)
	wait_lines out 1
	preempt_ten_times "$job"
	alice touch "$WORK/over"
	wait_over "$job" 120
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(alice env PACE=0 "$WORK/shm" 300) <(get out)
	for node in n1 n2 n3 n4; do
		[ -z "$(cluster run "$node" find /dev/shm -user alice)" ]
	done
}

@test "a file in /tmp that is open goes with the job" {
	local job before
	put job.sh <<<$'#!/bin/bash\nexec 5>/tmp/open.$SLURM_JOB_ID\nwhile [ ! -e over ]; do echo $((++i)); echo $i >&5; sleep 0.1; done\necho end\ncat /tmp/open.$SLURM_JOB_ID\nrm /tmp/open.$SLURM_JOB_ID'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	occupy "$job"
	wait_running "$job"
	wait_lines out $(($(get out | wc -l) + 5))
	let_end
	wait_over "$job"
	before=$(get out | sed '/^end$/,$d' | wc -l)
	[ "$before" -ge 10 ]
	diff <(seq "$before"; echo end; seq "$before") <(get out)
}

@test "jobs of one user do not see each other's shared memory" {
	local a b
	put job <<<$'#!/bin/sh\necho $SLURM_JOB_ID >/dev/shm/mine\ntouch is.$SLURM_JOB_ID\nwhile [ ! -e over ]; do sleep 0.1; done\ncat /dev/shm/*'
	a=$(submit --checkpoint --nodelist=n1 -n1 --mem=1000 --output=%j job)
	b=$(submit --checkpoint --nodelist=n1 -n1 --mem=1000 --output=%j job)
	until_true 60 "both are there" alice test -e "$WORK/is.$a" -a -e "$WORK/is.$b"
	alice touch "$WORK/over"
	wait_over "$a"
	wait_over "$b"
	[ "$(get "$a")" = "$a" ]
	[ "$(get "$b")" = "$b" ]
}

# mapping PATH: a job that maps this file, removes it, and shares the memory with a child
mapping() {
	put job.py <<END
#!/usr/bin/env python3
import mmap, os, time
path = "$1"
fd = os.open(path, os.O_RDWR | os.O_CREAT)
os.ftruncate(fd, 4096)
memory = mmap.mmap(fd, 4096)
os.unlink(path)
memory[:5] = b"begun"
child = os.fork()
if child:
    print("mapped", flush=True)
while not os.path.exists("over"):
    time.sleep(0.1)
if child == 0:
    memory[5:10] = b" over"
    os._exit(0)
os.wait()
print(memory[:10].decode(), os.pread(fd, 10, 0).decode(), flush=True)
END
}

# Files of /dev/shm are given a name, since they are the job's own.
@test "shared memory whose name was removed goes with the job" {
	local job
	mapping /dev/shm/x
	job=$(submit --checkpoint --output=out job.py)
	wait_lines out 1
	checkpoint "$job"
	preempt "$job"
	wait_event "$job" restart
	checkpoint "$job"
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(get out)" = $'mapped\nbegun over begun over' ]
}

@test "a file elsewhere that is mapped without a name: no checkpoint, in one sentence, and the job goes on" {
	local job
	mapping x
	job=$(submit --checkpoint --output=out job.py)
	wait_lines out 1
	run alice scheckpoint create "$job"
	[ "$status" -ne 0 ]
	[[ $output == *"was removed or replaced since a process of the job has mapped it"* ]]
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
}

@test "memory of memfd_create that is mapped and open: no checkpoint, in one sentence; without the descriptor it goes with the job" {
	local job
	put job.py <<-'EOF'
		#!/usr/bin/env python3
		import mmap, os, time

		def until(name):
		    while not os.path.exists(name):
		        time.sleep(0.1)

		fd = os.memfd_create("memory")
		os.ftruncate(fd, 4096)
		memory = mmap.mmap(fd, 4096)
		memory[:5] = b"hello"
		print("open", flush=True)
		until("close")
		os.close(fd)
		print("closed", flush=True)
		until("over")
		print(memory[:5], flush=True)
	EOF
	job=$(submit --checkpoint --output=out job.py)
	wait_lines out 1
	run alice scheckpoint create "$job"
	[ "$status" -ne 0 ]
	[[ $output == *"of which a descriptor is open (memfd:memory"* ]]
	alice touch "$WORK/close"
	until_true 60 "it is closed" eval 'get out | grep -x closed'
	preempt "$job"
	wait_running "$job"
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	get out | grep -Fx "b'hello'"
}

@test "a CRIU that cannot save sockets refuses in one sentence, and the job goes on" {
	local job
	[[ $SUITE == trixie ]] || skip "CRIU of $SUITE saves sockets"
	put dialogue.py <"$ROOT/test/cluster/programs/dialogue.py"
	put job <<<$'#!/bin/sh\nexec ./dialogue.py 100 over'
	job=$(submit --checkpoint --checkpoint-net=private --output=out --error=err job)
	wait_lines out 3
	run alice scheckpoint create "$job"
	[ "$status" -ne 0 ]
	[[ $output == *"this release of CRIU cannot save sockets on this kernel; CRIU 4.2 or later can"* ]]
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(alice env PACE=0 "$WORK/dialogue.py" 100) <(get out)
}
