#!/usr/bin/env bats
# What surrounds a job is as it would be without the plugin: its process numbers, its
# directories, its log when it requeues itself, what Slurm tells it, and the jobs that it
# submits.

# bats file_tags=on:trixie
load lib

setup() { new_workdir; }
teardown() {
	cluster run n2 sh -c '[ ! -e /etc/ld.so.cache.kept ] || mv /etc/ld.so.cache.kept /etc/ld.so.cache'
	clean
}

# ---- process numbers ----

@test "elements of an array have different process numbers, and files named by them do not collide" {
	local job
	put job.sh <<<$'#!/bin/bash\necho $$ >"pid.$SLURM_ARRAY_TASK_ID"; seq $((SLURM_ARRAY_TASK_ID * 1000)) >"x.$$"; sleep 2; wc -l <"x.$$" >"sum.$SLURM_ARRAY_TASK_ID"'
	job=$(submit --checkpoint --array=1-4 --output=out-%a job.sh)
	until_true 120 "all are over" queue_empty
	get sum.1; get sum.4
	[ "$(alice sh -c 'cat "$1"/pid.?' _ "$WORK" | sort -u | wc -l)" -eq 4 ]
	for i in 1 2 3 4; do [ "$(get "sum.$i")" -eq $((i * 1000)) ]; done
}

@test "process numbers that began again from the lowest are restored, beside those of criu and its helpers" {
	local job node init
	put job.py <<'END'
#!/usr/bin/env python3
import os, time
def wait_for(name):
    while not os.path.exists(name):
        time.sleep(0.05)
def child():
    pid = os.fork()
    if pid == 0:
        wait_for("over")
        os._exit(0)
    return pid
print("1", flush=True)
wait_for("go")
start = os.getpid()
children = [child() for _ in range(100)]
with open("pids", "w") as f:
    f.write("%d %d %d\n" % (start, min(children), max(children)))
print("2", flush=True)
wait_for("over")
for pid in children:
    assert os.waitpid(pid, 0) == (pid, 0)
assert os.getpid() == start
print("end", flush=True)
END
	job=$(submit --checkpoint --output=out job.py)
	wait_lines out 1
	# The last numbers that there are come next, and then the first again.
	node=$(job_node "$job")
	init=$(cluster run "$node" pgrep -u alice checkpoint-ini)
	cluster run "$node" nsenter -t "$init" -p -m sh -c 'echo $(($(cat /proc/sys/kernel/pid_max) - 40)) >/proc/sys/kernel/ns_last_pid'
	alice touch "$WORK/go"
	wait_lines out 2
	get pids
	read -r _ lowest highest < <(get pids)
	[ "$lowest" -lt 400 ]
	[ "$highest" -gt 32000 ]
	preempt "$job"
	wait_event "$job" restart
	preempt "$job"
	wait_event "$job" restart 2
	let_end
	wait_over "$job"
	is_exact out
	ended_well "$job"
}

# ---- requeued by itself ----

@test "a job that requeues itself five times keeps the log of every round, as without the plugin" {
	local job kind
	put job.sh <<'END'
#!/bin/bash
round=$(cat round.$1 2>/dev/null || echo 1)
echo "round $round"
echo $((round + 1)) >round.$1
[ "$round" -ge 6 ] || { scontrol requeue "$SLURM_JOB_ID"; sleep ${2:-0}; exit 0; }
END
	for kind in "exits 0" "waits 60"; do
		job=$(submit --checkpoint --open-mode=append --output="out.${kind% *}" job.sh $kind)
		wait_accounted "$job" "COMPLETED|0:0"
		get "out.${kind% *}"
		diff <(seq 6 | sed 's/^/round /') <(get "out.${kind% *}" | grep -v ' error: \*\*\* JOB')
	done
}

@test "a job that requeues itself continues from its last checkpoint" {
	local job
	put job.sh <<'END'
#!/bin/bash
trap 'scontrol requeue $SLURM_JOB_ID; exit 0' USR1
while [ ! -e over ]; do echo $((++i)); sleep 0.1; done
echo end
END
	job=$(submit --checkpoint=1s --output=out job.sh)
	for round in 1 2 3; do
		wait_generation "$job" $((round * 2))
		alice scancel --batch --signal=USR1 "$job"
		wait_restarted "$job" $((round - 1))
		wait_event "$job" restart "$round"
	done
	let_end
	wait_over "$job"
	is_exact out
	ended_well "$job"
}

@test "signals that were for an earlier start are not passed to a script that begins again" {
	local job
	put job.sh <<'END'
#!/bin/bash
if [ ! -e begun ]; then
	trap 'scontrol requeue $SLURM_JOB_ID; exit 0' USR1
	touch begun
	echo begun
	while :; do sleep 0.1; done
fi
for i in $(seq 30); do sleep 0.1; done
echo end
END
	job=$(submit --checkpoint --open-mode=append --output=out job.sh)
	wait_lines out 1
	alice sh -c 'for i in 1 2 3; do scancel --batch --signal=USR1 "$1" & done; wait' _ "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	get out
	[ "$(count_in out '^end$')" -eq 1 ]
}

# ---- jobs that it submits ----

@test "an unprotected job that a checkpointed one submits has the TMPDIR that it would have" {
	local job
	put inner.sh <<<$'#!/bin/sh\necho "$TMPDIR|$SLURM_CHECKPOINT_IMAGE_DIR" >"inner.$1"'
	put job.sh <<'END'
#!/bin/bash
sbatch --wait --output=/dev/null inner.sh plain
TMPDIR=/var/tmp sbatch --wait --output=/dev/null inner.sh set
sbatch --wait --checkpoint --output=/dev/null --wrap 'echo $TMPDIR >inner.checkpointed'
srun --ntasks=1 true
END
	job=$(submit --checkpoint --output=out job.sh)
	wait_accounted "$job" "COMPLETED|0:0"
	job=$(submit --output=/dev/null inner.sh outside)
	wait_over "$job"
	[ "$(get inner.plain)" = "$(get inner.outside)" ]
	[ "$(get inner.set)" = "/var/tmp|" ]
	[[ $(get inner.checkpointed) == "$(store "")"*/tmp ]]
}

# ---- directories ----

@test "steps of srun see the TMPDIR and the /dev/shm that the script sees, in its working directory" {
	local job
	put job.sh <<'END'
#!/bin/bash
echo tmp >"$TMPDIR/from"; echo shm >/dev/shm/from
srun --ntasks=2 sh -c 'cat "$TMPDIR/from" /dev/shm/from; pwd; test -e /proc/self/exe && echo proc; echo $SLURM_PROCID >"$TMPDIR/back.$SLURM_PROCID"; echo $SLURM_PROCID >"/dev/shm/back.$SLURM_PROCID"' | sort
cat "$TMPDIR"/back.? /dev/shm/back.?
cd "$TMPDIR" && srun --ntasks=1 cat from
srun --ntasks=1 --export=NONE /bin/cat /dev/shm/from
# Like the script, they are the user, and may do no more.
srun --ntasks=1 sh -c 'id -u; grep CapEff /proc/self/status'
srun --ntasks=1 sh -c 'kill -9 $$' ; echo "status $?"
END
	job=$(submit --checkpoint --ntasks=2 --output=out job.sh)
	wait_accounted "$job" "COMPLETED|0:0"
	get out
	diff - <(get out | grep -v '^srun: ') <<END
$WORK
$WORK
proc
proc
shm
shm
tmp
tmp
0
1
0
1
tmp
shm
$(alice id -u)
CapEff:	0000000000000000
status 137
END
}

@test "a step runs as otherwise where the job has no directories of its own, or is not there any more" {
	local job
	put job.sh <<<$'#!/bin/bash\nsrun --ntasks=1 sh -c \'echo "$TMPDIR"; ls -d "$TMPDIR"; ls -d /dev/shm\''
	job=$(submit --checkpoint --checkpoint-engine=app --checkpoint-signal=USR1 --checkpoint-exit-code=85 --output=app job.sh)
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(count_in app "/$job/tmp$")" -eq 2 ]
	job=$(submit --checkpoint --checkpoint-tmpdir=no --output=none job.sh)
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(get none | head -n 1)" = "" ]
	# in an allocation that is not the job's, and on whichever node
	job=$(submit --checkpoint --output=other --wrap='echo x >/dev/shm/x; salloc --quiet --nodes=1 srun sh -c "echo \$SLURM_JOB_ID; cat /dev/shm/x; ls -d \$TMPDIR || echo no TMPDIR"; echo end')
	wait_over "$job"
	get other
	[ "$(count_in other '^end$')" -eq 1 ]
	refute_in other '^x$'
}

@test "sockets fit into TMPDIR where the directory of the checkpoints has a path of 110 characters" {
	local job dir
	dir=/shared/home/alice/$(printf 'd%.0s' {1..91})
	[ "${#dir}" -eq 110 ]
	alice mkdir -p -m 700 "$dir"
	put job.py <<'END'
#!/usr/bin/env python3
import multiprocessing, os, sys, tempfile, time
def main():
    with multiprocessing.Manager() as manager:
        numbers = manager.list()
        kept = tempfile.NamedTemporaryFile("w+")
        while not os.path.exists("over"):
            numbers.append(len(numbers) + 1)
            print(numbers[-1], flush=True)
            kept.write("x"); kept.flush()
            time.sleep(0.1)
        assert os.path.getsize(kept.name) == len(numbers), kept.name
        print("end", flush=True)
if __name__ == "__main__":
    main()
END
	job=$(submit --checkpoint --checkpoint-dir="$dir" --output=out job.py)
	wait_lines out 3
	preempt "$job"
	until_true 60 "it has continued" alice grep -q '"event":"restart"' "$dir/testbed/$job/events"
	let_end
	wait_over "$job"
	is_exact out
	ended_well "$job"
	alice rm -r "$dir"
}

# ---- what Slurm tells it ----

@test "after a move srun, also with --nodelist=\$SLURM_JOB_NODELIST, and scheckpoint env know the present node" {
	local job before
	put job.sh <<'END'
#!/bin/bash
echo "$SLURM_JOB_NODELIST"
while [ ! -e moved ]; do sleep 0.1; done
echo "stale $SLURM_JOB_NODELIST"
srun --ntasks=1 hostname
srun --ntasks=1 --nodelist="$SLURM_JOB_NODELIST" sh -c 'echo "step $SLURMD_NODENAME $SLURM_JOB_NODELIST"'
scheckpoint env >env
scheckpoint env --json >json
python3 -c 'import ctypes; l=ctypes.CDLL("libslurmcheckpoint.so.0"); l.checkpoint_getenv.restype=ctypes.c_char_p; print("library", l.checkpoint_getenv(b"SLURM_JOB_NODELIST").decode(), l.checkpoint_getenv(b"HOME"))'
eval "$(scheckpoint env)"
echo "present $SLURM_JOB_NODELIST $SLURMD_NODENAME $SLURM_JOB_ID $SLURM_RESTART_COUNT"
END
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 1
	before=$(job_node "$job")
	occupy "$job"
	wait_event "$job" restart
	after=$(job_node "$job")
	[ "$before" != "$after" ]
	alice touch "$WORK/moved"
	wait_accounted "$job" "COMPLETED|0:0"
	get out
	get env
	diff - <(get out) <<END
$before
stale $before
$after
step $after $after
library $after None
present $after $after $job 1
END
	[ "$(get env | grep -c "^export SLURM_JOB_END_TIME='[0-9]*'$")" -eq 1 ]
	get json | python3 -c 'import json,sys; v={x["name"]: x["value"] for x in json.load(sys.stdin)["variables"]}; assert v["SLURM_JOB_NODELIST"] == sys.argv[1]' "$after"
	run alice scheckpoint env
	[ "$status" -eq 1 ]
	[[ $output == *"this job: it is not checkpointed"* ]]
	run alice scheckpoint env 7
	[ "$status" -eq 2 ]
}

# ---- what is recorded and advised ----

has_stepped() { [[ $(count_in "$1" '^stepped$') -eq 1 ]]; }

@test "a job that runs a step is told so, whatever --checkpoint-tcp says, and is saved when the step has ended" {
	local job tcp
	put job.sh <<<$'#!/bin/bash\necho begun\nsrun --ntasks=1 sh -c "touch runs; while [ ! -e stepped ]; do sleep 0.1; done"\necho stepped\nwhile [ ! -e over ]; do sleep 0.1; done\necho end'
	for tcp in refuse close; do
		job=$(submit --checkpoint --checkpoint-tcp=$tcp --output=out.$tcp job.sh)
		until_true 60 "the step runs" alice test -e "$WORK/runs"
		run alice scheckpoint create "$job"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output == *"srun is running a step, which cannot be saved with the job; ask again when the step has ended"* ]]
		[[ $output != *checkpoint-tcp* ]]
		alice touch "$WORK/stepped"
		until_true 60 "the step has ended" has_stepped "out.$tcp"
		alice scheckpoint create "$job"
		let_end
		wait_accounted "$job" "COMPLETED|0:0"
		[ "$(count_in "out.$tcp" '^end$')" -eq 1 ]
		alice sh -c 'cd "$1" && rm runs stepped over' _ "$WORK"
	done
}

@test "a checkpoint that fails at preemption is recorded as one at preemption" {
	local job
	put job.sh <<<$'#!/bin/bash\ntouch runs\nsrun --ntasks=1 sh -c "while :; do sleep 0.1; done"'
	job=$(submit --checkpoint --output=out job.sh)
	until_true 60 "it runs" alice test -e "$WORK/runs"
	until_true 60 "its step runs" eval 'root scontrol -o show step '"$job.0"' | grep -q RUNNING'
	bob sbatch -Q --partition=high --nodelist="$(job_node "$job")" --exclusive --output=/dev/null --wrap=true
	wait_event "$job" failed
	alice cat "$(store "$job")/events" | grep '"event":"failed"' | tee /dev/stderr | grep -q '"reason":"preemption"'
}

# ---- files that differ from node to node ----

# another_cache NODE: until the end of the test (it may end in anything)
another_cache() { cluster run "$1" sh -c 'cp -p /etc/ld.so.cache /etc/ld.so.cache.kept && echo another >>/etc/ld.so.cache'; }

@test "a file of /etc that a program was reading is read to its end where that file is another" {
	local job
	put job.py <<'END'
#!/usr/bin/env python3
import hashlib, mmap, os, time
file = open("/etc/ld.so.cache", "rb")
first = file.read(100)
fd = os.open("/etc/ld.so.cache", os.O_RDONLY)
mapped = mmap.mmap(fd, 0, mmap.MAP_PRIVATE, mmap.PROT_READ)
os.close(fd)
before = hashlib.sha256(mapped).hexdigest()
print("1", flush=True)
while not os.path.exists("over"):
    time.sleep(0.05)
print("mapped", hashlib.sha256(mapped).hexdigest() == before)
print("read", hashlib.sha256(first + file.read()).hexdigest() == before)
print("anew", hashlib.sha256(open("/etc/ld.so.cache", "rb").read()).hexdigest() == before)
END
	job=$(submit --checkpoint --nodelist=n1 --output=out job.py)
	wait_lines out 1
	another_cache n2
	alice scheckpoint requeue --nodelist=n2 "$job"
	wait_event "$job" restart
	[ "$(job_node "$job")" = n2 ]
	let_end
	wait_over "$job"
	get out
	[ "$(get out)" = $'1\nmapped True\nread True\nanew False' ]
}

@test "a job that starts programs all the time continues where /etc/ld.so.cache is another" {
	local i job to
	put job.sh <<<$'#!/bin/bash\nwhile [ ! -e over ]; do\n\techo $((++i))\n\tfor j in {1..20}; do /bin/true & done\n\twait\ndone\necho end'
	another_cache n2
	job=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	wait_lines out 5
	for i in {1..10}; do
		to=n$((i % 2 + 1))
		alice scheckpoint requeue --nodelist=$to "$job"
		wait_event "$job" restart "$i" || { alice scheckpoint error "$job"; false; }
		[ "$(job_node "$job")" = "$to" ]
	done
	let_end
	wait_over "$job"
	is_exact out
}

# ---- what acts on programs ----

# strange_library NAME: one that the user built, in the directory lib of the test's
strange_library() {
	alice mkdir -p "$WORK/lib"
	alice sh -c 'echo "int strange;" | gcc -shared -fPIC -x c -o "$1/lib/$2" -Wl,-soname,"$2" -' _ "$WORK" "$1"
}

# moved_with OPTION...: the script prints its variables, is saved, continues on another node
# and prints them again
moved_with() {
	local job node
	put job.sh <<<$'#!/bin/bash\nset | grep -E "^(LD_|SLURM_JWT|SLURM_CHECKPOINT_HIDDEN)"; umask; : >made\nwhile [ ! -e over ]; do sleep 0.1; done\nset | grep -E "^(LD_|SLURM_JWT|SLURM_CHECKPOINT_HIDDEN)"; umask; stat -c %a made'
	job=$(submit --checkpoint --output=out --error=err "$@" job.sh)
	wait_event "$job" start
	wait_lines out 1
	node=$(job_node "$job")
	alice scheckpoint vacate "$job"
	alice scheckpoint restart --exclude="$node" "$job"
	wait_event "$job" restart
	let_end
	ended_well "$job"
	get out
	get err
	[ "$(get err | wc -c)" -eq 0 ]
}

@test "libraries of the user's own are for the job's programs, and not for the runner" {
	local name
	for name in libzstd.so.1 libjson-c.so.5 libxxhash.so.0 libarchive.so.13; do
		strange_library "$name"
	done
	moved_with --export=ALL,LD_LIBRARY_PATH="$WORK/lib"
	diff <(printf 'LD_LIBRARY_PATH=%s\n0022\n' "$WORK/lib" "$WORK/lib"; echo 644) <(get out | sed "s/'//g")
}

@test "what is loaded into each program of the job is loaded into none of ours" {
	local job
	alice mkdir -p "$WORK/lib"
	alice sh -c 'gcc -shared -fPIC -x c -o "$1/lib/says.so" -' _ "$WORK" <<'END'
#include <unistd.h>
__attribute__((constructor)) static void begin(void) { (void)!write(2, "loaded\n", 7); }
END
	put job.sh <<<$'#!/bin/bash\n/bin/true'
	job=$(submit --checkpoint --export=ALL,LD_PRELOAD="$WORK/lib/says.so" --output=out job.sh)
	ended_well "$job"
	job=$(submit --no-checkpoint --export=ALL,LD_PRELOAD="$WORK/lib/says.so" --output=plain job.sh)
	ended_well "$job"
	get out
	diff <(get plain) <(get out)
	# An unprotected one, too.
	job=$(submit --checkpoint --nodes=2 --export=ALL,LD_PRELOAD="$WORK/lib/says.so" --output=out2 job.sh)
	ended_well "$job"
	diff <(get plain) <(get out2 | grep -v '^slurm-checkpoint: ')
}

@test "a token for slurmctld in the job's environment is the job's, and the runner asks without it" {
	moved_with --export=ALL,SLURM_JWT=eyJhbGciOiJIUzI1NiJ9.e30.x
	[ "$(get out | grep -c '^SLURM_JWT=eyJ')" -eq 2 ]
	[ "$(get out | wc -l)" -eq 5 ]
}

@test "a job whose umask takes away its own rights is saved, and has that umask" {
	local job mask
	put job.sh <<<$'#!/bin/bash\nmkdir "begun.$(umask)"\nwhile [ ! -e over ]; do sleep 0.1; done\nmkdir "ended.$(umask)"'
	for mask in 0277 0777; do
		job=$(alice sh -c 'cd "$1" && umask "$2" && sbatch --parsable --checkpoint --output=/dev/null job.sh' _ "$WORK" "$mask")
		wait_event "$job" start
		until_true 60 "the job has begun" alice test -e "$WORK/begun.$mask"
		leave_and_return "$job"
		wait_event "$job" restart
		let_end
		ended_well "$job"
		alice test -e "$WORK/ended.$mask"
		[ "$(alice stat -c %a "$WORK/ended.$mask")" == "$(printf '%o' $((0777 & ~mask)))" ]
		alice rm "$WORK/over"
	done
}

@test "files in TMPDIR keep their extended attributes" {
	local job
	put job.py <<'END'
#!/usr/bin/env python3
import os, time
name = os.environ["TMPDIR"] + "/f"
open(name, "w").close()
os.setxattr(name, "user.k", b"v")
print(os.getxattr(name, "user.k"), flush=True)
while not os.path.exists("over"):
    time.sleep(0.1)
print(os.getxattr(name, "user.k"), flush=True)
END
	job=$(submit --checkpoint --output=out job.py)
	wait_lines out 1
	leave_and_return "$job"
	wait_event "$job" restart
	let_end
	ended_well "$job"
	[ "$(get out | sort -u)" == "b'v'" ]
	[ "$(get out | wc -l)" -eq 2 ]
}
