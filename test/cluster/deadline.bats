#!/usr/bin/env bats
# Whatever criu does, the job goes on: stopped or killed at any moment of a dump, or hanging
# in a restore, it costs seconds, and no line of the job's.

# bats file_tags=on:forky
load lib

setup() {
	new_workdir
	CONF=$(root cat /etc/slurm/checkpoint.conf)
	put job.sh <<<$'#!/bin/bash\n(while [ ! -e over ]; do sleep 0.01; done) &\npython3 threads.py | cat\nwait'
	put threads.py <<'END'
import os, threading, time
memory = bytearray(os.urandom(20_000_000))
def work():
    while not os.path.exists("over"):
        time.sleep(0.001)
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads:
    t.start()
n = 0
while not os.path.exists("over"):
    n += 1
    print(n, flush=True)
    time.sleep(0.02)
for t in threads:
    t.join()
print("end", flush=True)
END
}
teardown() {
	clean
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
}

# criu_that VERB COMMANDS: one that does this first while there is a file "bad", and is the
# real one then; it may know itself by $$
criu_that() {
	put criu <<END
#!/bin/bash
if [ "\$1" = $1 ] && [ -e $WORK/bad ]; then
	$2
fi
exec /usr/sbin/criu "\$@"
END
	root tee -a /etc/slurm/checkpoint.conf <<<"CriuPath=$WORK/criu" >/dev/null
}
# after SECONDS SIGNAL: commands by which criu gets it, from nobody of its own
after() { echo "( ( sleep $1; kill -$2 \$\$ ) </dev/null >/dev/null 2>&1 & )"; }
bad() { alice touch "$WORK/bad"; }
good() { alice rm -f "$WORK/bad"; }

start_job() {
	JOB=$(submit --checkpoint --nodelist=n1 --output=out --error=err job.sh)
	wait_lines out 10
}
goes_on() { wait_lines out $(($(get out | wc -l) + 20)); }
ends_exact() {
	let_end
	wait_over "$JOB"
	get err
	wait_accounted "$JOB" "COMPLETED|0:0"
	is_exact out
}

@test "criu stopped at random moments of a dump is given up, and the job runs on and can be saved" {
	local delay
	echo "SEED=$SEED"
	criu_that dump "$(after "\$(cat $WORK/bad)" STOP)"
	start_job
	checkpoint "$JOB"
	for _ in 1 2 3 4; do
		delay=0.$(printf %03d $((RANDOM % 150)))
		echo "after $delay"
		alice sh -c 'echo "$1" >"$2"/bad' _ "$delay" "$WORK"
		run alice timeout 60 scheckpoint create "$JOB"
		echo "$output"
		[[ $output == *"criu stood still for 10 seconds while it saved the job"* || $output == *": generation "* ]]
		goes_on
	done
	good
	run alice scheckpoint create "$JOB"
	echo "$output"
	[ "$status" -eq 0 ]
	preempt "$JOB"
	goes_on
	ends_exact
}

@test "criu that is stopped when it has seized a process that runs on is given up, and the job runs on" {
	put seize.py <<-'END'
		import ctypes, os, signal, sys
		tree = next(int(word[7:]) for word in sys.argv if word.startswith("--tree="))
		PTRACE_SEIZE = 0x4206
		assert ctypes.CDLL(None).ptrace(PTRACE_SEIZE, tree, 0, 0) == 0
		os.kill(os.getpid(), signal.SIGSTOP)
	END
	# Without a child, so without a signal by which it would stop.
	put job.sh <<-'END'
		#!/usr/bin/env python3
		import os, time
		i = 0
		while not os.path.exists("over"):
		    i += 1
		    print(i, flush=True)
		    then = time.monotonic() + 0.1
		    while time.monotonic() < then:
		        pass
		print("end", flush=True)
	END
	criu_that dump "exec python3 $WORK/seize.py \"\$@\""
	start_job
	bad
	run alice timeout 60 scheckpoint create "$JOB"
	echo "$output"
	[[ $output == *"criu stood still for 10 seconds while it saved the job"* ]]
	goes_on
	good
	alice scheckpoint create "$JOB"
	ends_exact
}

@test "criu that is stopped while it announces an image is given up, and the job runs on" {
	put announce.py <<-'END'
		import os, signal, socket, sys
		images = next(word[13:] for word in sys.argv if word.startswith("--images-dir="))
		streamer = socket.socket(socket.AF_UNIX)
		streamer.connect(images + "/streamer-capture.sock")
		streamer.send(b"\x0f\0\0\0\x0a\x0dinven")
		os.kill(os.getpid(), signal.SIGSTOP)
	END
	criu_that dump "exec python3 $WORK/announce.py \"\$@\""
	start_job
	bad
	run alice timeout 60 scheckpoint create "$JOB"
	echo "$output"
	[[ $output == *"criu stood still for 10 seconds while it saved the job"* ]]
	goes_on
	good
	alice scheckpoint create "$JOB"
	ends_exact
}

# A criu that has the job's first child make a system call as compel does
# (compel/src/lib/infect.c), and stops "before" or "after" the call was made, as bad has it;
# FIRST is what it does before that.
criu_that_stops_in_a_call() { # [FIRST]
	put call.py <<-END
		import ctypes, os, signal, struct, sys
		libc = ctypes.CDLL(None, use_errno=True)
		libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
		SEIZE, INTERRUPT, CONT, GETREGS, SETREGS = 0x4206, 0x4207, 7, 12, 13
		RIP, RAX, ORIG_RAX = 16, 10, 15
		root = next(int(word[7:]) for word in sys.argv if word.startswith("--tree="))
		tree = int(open("/proc/%d/task/%d/children" % (root, root)).read().split()[0])
		def ptrace(request, data=None):
		    assert libc.ptrace(request, tree, None, data) == 0, ctypes.get_errno()
		ptrace(SEIZE)
		ptrace(INTERRUPT)
		os.waitpid(tree, 0x40000000)
		start = next(int(line.split("-")[0], 16) for line in open("/proc/%d/maps" % tree) if line.split()[1][2] == "x")
		with open("/proc/%d/mem" % tree, "wb", 0) as memory:
		    memory.seek(start)
		    memory.write(b"\x0f\x05" + b"\xcc" * 6)
		if open("$WORK/bad").read() == "after\\n":
		    regs = (ctypes.c_ulong * 27)()
		    ptrace(GETREGS, ctypes.byref(regs))
		    regs[RIP], regs[RAX], regs[ORIG_RAX] = start, 39, 2**64 - 1
		    ptrace(SETREGS, ctypes.byref(regs))
		    ptrace(CONT)
		    os.waitpid(tree, 0x40000000)
		os.kill(os.getpid(), signal.SIGSTOP)
	END
	criu_that dump "${1-} exec python3 $WORK/call.py \"\$@\""
}

# The program dies slowly, as its memory is written to a file.
@test "criu that is stopped in a call that it has the job make: the job goes back to its checkpoint" {
	local when
	criu_that_stops_in_a_call
	put job.sh <<<$'#!/bin/bash\nulimit -c unlimited\npython3 threads.py | cat\nwait'
	alice sed -i s/20_000_000/300_000_000/ "$WORK/threads.py"
	start_job
	checkpoint "$JOB"
	for when in before after; do
		put bad <<<"$when"
		run alice timeout 60 scheckpoint create "$JOB"
		echo "$output"
		[[ $output == *"criu stood still for 10 seconds while it saved the job"*"process "*" it"* ]]
		good
		goes_on
		checkpoint "$JOB"
	done
	ends_exact
}

@test "criu that is stopped in such a call when the checkpoint is whole: it counts, and the job goes back to it" {
	# shellcheck disable=SC2016
	criu_that_stops_in_a_call '/usr/sbin/criu "$@" &&'
	start_job
	put bad <<<after
	run alice timeout 60 scheckpoint create "$JOB"
	echo "$output"
	[[ $output == *": generation 1: "* ]]
	good
	goes_on
	checkpoint "$JOB"
	ends_exact
}

@test "criu killed at random moments of a dump leaves the job as it was, and it can be saved" {
	local delay
	echo "SEED=$SEED"
	criu_that dump "$(after "\$(cat $WORK/bad)" KILL)"
	start_job
	checkpoint "$JOB"
	for _ in {1..12}; do
		delay=0.$(printf %03d $((RANDOM % 150)))
		echo "after $delay"
		alice sh -c 'echo "$1" >"$2"/bad' _ "$delay" "$WORK"
		run alice timeout 60 scheckpoint create "$JOB"
		echo "$output"
		goes_on
		good
		alice scheckpoint create "$JOB"
	done
	preempt "$JOB"
	goes_on
	ends_exact
}

@test "criu that does nothing at all in a dump is given up after ten seconds" {
	criu_that dump "exec sleep 1000"
	start_job
	bad
	run alice timeout 60 scheckpoint create "$JOB"
	echo "$output"
	[[ $output == *"criu stood still for 10 seconds while it saved the job, and was ended" ]]
	refute grep -q criu <(processes n1 alice)
	goes_on
	ends_exact
}

@test "criu that works for ever in a dump is ended after DumpTimeout, twice" {
	criu_that dump "while :; do :; done"
	root tee -a /etc/slurm/checkpoint.conf <<<"DumpTimeout=3" >/dev/null
	start_job
	bad
	run alice timeout 60 scheckpoint create "$JOB"
	echo "$output"
	[[ $output == *"it took longer than DumpTimeout" ]]
	goes_on
	ends_exact
}

@test "criu stopped in a restore is given up, and the job waits with its checkpoint" {
	criu_that restore "$(after 0.005 STOP)"
	start_job
	bad
	preempt "$JOB"
	until_true 90 "the job is held" is_held "$JOB"
	get err | grep -q "criu stood still for 10 seconds while it restored the job, and was ended"
	wait_no_processes n1 alice
	good
	alice scheckpoint restart "$JOB"
	goes_on
	ends_exact
}
