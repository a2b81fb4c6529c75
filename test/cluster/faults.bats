#!/usr/bin/env bats
# Bad input and faults: a job is never harmed by our failing, and nothing committed
# is lost.

load lib

setup() {
	new_workdir
	CONF=$(root cat /etc/slurm/checkpoint.conf)
	MOUNTED=
}

teardown() {
	[[ -z ${STOPPED-} ]] || cluster run "$STOPPED" pkill -CONT -f '^(/usr/sbin/)?slurmd( |$)'
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
	clean
	[[ -z $MOUNTED ]] || cluster run n1 umount -l /mnt
}

conf() { root tee -a /etc/slurm/checkpoint.conf <<<"$1" >/dev/null; }

# messages of ours in the job's output
said() { get out | grep -c '^slurm-checkpoint: ' || true; }
output_is() { diff <(seq "$1") <(get out | grep -v '^slurm-checkpoint: '); }
counting() { put job.sh <<<$'#!/bin/bash\nfor i in $(seq '"$1"$'); do echo $i; sleep 0.1; done'; }

# ---- options and configuration ----

@test "--checkpoint=banana is refused in one line, nothing is submitted" {
	counting 1
	put script.sh <<<$'#!/bin/sh\n#SBATCH --checkpoint=banana\ntrue'
	run submit --checkpoint=banana job.sh
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *banana* ]]
	run alice env SBATCH_CHECKPOINT=banana sbatch "$WORK/job.sh"
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *banana* ]]
	run submit script.sh
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *banana* ]]
	run submit --checkpoint --checkpoint-dir=relative job.sh
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	queue_empty
}

@test "a missing or unwritable checkpoint directory: the job's first line says so and it runs" {
	local dir job
	counting 5
	for dir in /shared/none/such /proc /root; do
		job=$(submit --checkpoint --checkpoint-dir=$dir --output=out job.sh)
		wait_over "$job"
		[ "$(job_state "$job")" = COMPLETED ]
		[[ $(get out | head -n 1) == "slurm-checkpoint: job $job: it runs unprotected: "* ]]
		output_is 5
		[ "$(said)" -eq 1 ]
	done
}

@test "a broken configuration: the job runs unprotected and says so once, also in slurmd's log" {
	local job
	counting 5
	conf "Nonsense=1"
	job=$(submit --checkpoint --output=out job.sh)
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	get out
	[ "$(get out | grep -c unprotected)" -eq 1 ]
	diff <(seq 5) <(get out | grep -v unprotected)
	[ "$(cluster logs "$(job_node "$job")" | grep -c "\[$job.batch\].*unprotected")" -eq 1 ]
}

# ---- engine ----

@test "CRIU missing or too old: the job runs unprotected and says what to do" {
	local job
	counting 5
	conf "CriuPath=$WORK/criu"
	job=$(submit --checkpoint --output=out job.sh)
	wait_over "$job"
	output_is 5
	[ "$(said)" -eq 1 ]
	get out | grep -q "unprotected: .*CriuPath="
	put criu <<<$'#!/bin/sh\necho "Version: 3.17.1"'
	job=$(submit --checkpoint --output=out job.sh)
	wait_over "$job"
	output_is 5
	[ "$(said)" -eq 1 ]
	get out | grep -q "unprotected: .*3.17, which is too old; install CRIU"
}

@test "user namespaces forbidden: the job runs unprotected and says what to do" {
	local job
	counting 5
	build nouserns
	stop_daemon n1 slurmd TERM
	cluster run n1 "$WORK/nouserns" slurmd -N n1
	job=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	wait_over "$job"
	stop_daemon n1 slurmd TERM
	cluster run n1 slurmd -N n1
	get out
	output_is 5
	[ "$(said)" -eq 1 ]
	get out | grep -q "unprotected: .*user.max_user_namespaces"
}

@test "open TCP connections: the checkpoint is refused with that sentence, the job goes on" {
	local job server
	put server.py <<'END'
import socket
s = socket.create_server(("", 7777))
c, _ = s.accept()
c.recv(1)
END
	put job.py <<'END'
#!/usr/bin/env python3
import socket, time
for _ in range(100):
    try:
        c = socket.create_connection(("ctl", 7777))
        break
    except OSError:
        time.sleep(0.1)
for i in range(1, 51):
    if i == 40:
        c.close()
    print(i, flush=True)
    time.sleep(0.1)
END
	cluster run -u alice ctl python3 "$WORK/server.py" 3>&- &
	server=$!
	job=$(submit --checkpoint --output=out job.py)
	wait_lines out 5
	alice scancel --batch --signal=41 "$job"
	until_true 10 "it is refused" eval '[[ $(said) == 1 ]]'
	[ -z "$(newest "$job")" ]
	wait_over "$job"
	kill $server || true
	get out
	output_is 50
	if [[ $SUITE == forky ]]; then get out | grep -q "no checkpoint was taken: .*TCP connection to 10\..* port 7777"; fi
	get out | grep -q "no checkpoint was taken: .*TCP connection"
}

# ---- the checkpoint directory ----

@test "the checkpoint directory fills up: the job goes on, the older generation stands, one message" {
	local job
	put job.py <<'END'
#!/usr/bin/env python3
import os, time
heap = b""
for i in range(1, 301):
    print(i, flush=True)
    time.sleep(0.1)
    if os.path.exists("big") and not heap:
        heap = os.urandom(100 << 20)
        open("grown", "w")
    if os.path.exists("stop"):
        break
print("ok", flush=True)
END
	cluster run n1 mount -t tmpfs -o size=60m,mode=1777 tmpfs /mnt
	MOUNTED=1
	job=$(submit --checkpoint=1s --checkpoint-dir=/mnt/%u --nodelist=n1 --output=out job.py)
	store() { echo "/mnt/alice/testbed/$1"; }
	alice() { cluster run -u alice n1 "$@"; }
	wait_generation "$job" 1
	alice touch "$WORK/big"
	until_true 20 "it is said" eval '[[ $(said) == 1 ]]'
	sleep 3
	[ "$(said)" -eq 1 ]
	get out | grep -q "no checkpoint was taken: .*No space left on device"
	[ -n "$(newest "$job")" ]
	# the next try is at most a second away, and leaves nothing either
	until_true 10 "nothing half written is left" eval '[[ -z $(alice ls "$(store '"$job"')" | grep "[0-9]\.tmp$") ]]'
	cluster run n1 mount -o remount,size=400m /mnt
	wait_generation "$job" $(($(newest "$job") + 1))
	alice touch "$WORK/stop"
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	[ "$(said)" -eq 1 ]
}

@test "the checkpoint directory disappears in the middle of a dump: the job goes on" {
	local job
	build heap
	put job.sh <<<$'#!/bin/sh\nexec ./heap 800 25'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 2
	checkpoint "$job"
	alice scancel --batch --signal=41 "$job"
	until_true 10 "a dump is on its way" alice test -e "$(store "$job")/2.tmp"
	alice mv "/shared/checkpoint/alice" "/shared/checkpoint/alice.away"
	until_true 60 "it ends or says so" eval '[[ $(said) == 1 ]] || alice test -e /shared/checkpoint/alice.away/testbed/'"$job"'/2'
	alice mv "/shared/checkpoint/alice.away" "/shared/checkpoint/alice"
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	diff <(alice sh -c 'PACE=0 "$1/heap" 800 25' _ "$WORK") <(get out | grep -v ^slurm-checkpoint)
}

# ---- damage ----

# a job with two generations, which waits to be released
held_with_two() {
	alice rm -f "$WORK/out"
	counting 80
	JOB=$(submit --checkpoint --output=out "$@" job.sh)
	wait_lines out 5
	checkpoint "$JOB"
	alice scheckpoint vacate "$JOB"
	[ "$(newest "$JOB")" -eq 2 ]
}
flip() { alice python3 -c 'import sys; f = open(sys.argv[1], "r+b"); f.seek(1000); b = f.read(1); f.seek(1000); f.write(bytes([b[0] ^ 1]))' "$1"; }

@test "a byte flipped, a file cut or removed: the generation before is used, in one sentence" {
	local damage
	for damage in 'flip "$S/2/pages-1.img"' 'alice truncate -s -1 "$S/2/pages-1.img"' \
		'alice rm "$S/2/inventory.img"' 'alice rm "$S/2/manifest"' 'flip "$S/2/manifest"' \
		'alice truncate -s 5 "$S/2/core-100.img"'; do
		held_with_two
		S=$(store "$JOB")
		eval "$damage"
		alice scontrol release "$JOB"
		wait_over "$JOB"
		echo "$damage: $(get out | grep ^slurm)"
		[ "$(job_state "$JOB")" = COMPLETED ]
		[ "$(said)" -eq 1 ]
		get out | grep -q "goes on from generation 1, since a newer one was refused: generation 2: "
		output_is 80
	done
}

@test "no generation is whole: the job fails with a sentence, or starts over if it may" {
	held_with_two
	S=$(store "$JOB")
	flip "$S/1/pages-1.img"
	flip "$S/2/pages-1.img"
	alice scontrol release "$JOB"
	wait_over "$JOB"
	wait_accounted "$JOB" "FAILED|1:0"
	[ "$(said)" -eq 1 ]
	get out | grep -q "no checkpoint can be restored: "
	held_with_two --checkpoint-fallback=restart
	S=$(store "$JOB")
	flip "$S/1/pages-1.img"
	flip "$S/2/pages-1.img"
	alice scontrol release "$JOB"
	wait_over "$JOB"
	[ "$(job_state "$JOB")" = COMPLETED ]
	[ "$(said)" -eq 1 ]
	output_is 80
}

@test "a half written generation is never used" {
	held_with_two
	S=$(store "$JOB")
	alice mv "$S/2" "$S/2.tmp"
	alice scontrol release "$JOB"
	wait_over "$JOB"
	[ "$(job_state "$JOB")" = COMPLETED ]
	output_is 80
}

# ---- cancelled in the middle ----

@test "a job cancelled during a dump leaves no process and no half generation" {
	local job node
	build heap
	put job.sh <<<$'#!/bin/sh\nexec ./heap 1000 200'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 2
	node=$(job_node "$job")
	alice scancel --batch --signal=41 "$job"
	until_true 10 "a dump is on its way" alice test -e "$(store "$job")/1.tmp"
	alice scancel "$job"
	wait_over "$job"
	until_true 20 "all is gone" no_processes "$node" alice
	[ -z "$(alice sh -c 'ls -d "$1"/*.tmp "$1"/*.old 2>/dev/null' _ "$(store "$job")")" ]
}

@test "a job cancelled during a restore leaves no process, and its generation stands" {
	local job node
	build heap
	put job.sh <<<$'#!/bin/sh\nexec ./heap 1000 200'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 2
	preempt "$job"
	wait_running "$job"
	node=$(job_node "$job")
	until_true 20 "it is being restored" eval '[[ $(processes '"$node"' alice) == *[rc][ur]* ]]'
	alice scancel "$job"
	wait_over "$job"
	until_true 20 "all is gone" no_processes "$node" alice
	[ "$(generations "$job")" = 1 ]
	[ -z "$(alice sh -c 'ls -d "$1"/*.tmp "$1"/*.old 2>/dev/null' _ "$(store "$job")")" ]
}

# ---- Slurm's daemons ----

@test "slurmctld and slurmd are restarted while a job runs: nothing is lost" {
	local job node
	counting 150
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	node=$(job_node "$job")
	stop_daemon "$node" slurmd KILL
	stop_daemon ctl slurmctld TERM
	cluster run ctl slurmctld
	cluster run "$node" slurmd -N "$node"
	until_true 60 "slurmctld answers" root scontrol ping
	until_true 60 "the node answers" eval '[[ $(root sinfo -h -n '"$node"' -p low -o %t) =~ ^(mix|alloc|idle)$ ]]'
	checkpoint "$job"
	preempt "$job"
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	output_is 150
	[ "$(said)" -eq 0 ]
}

@test "slurmctld forgets a start and makes another: one of them runs, and every line is there once" {
	local job node
	counting 100
	job=$(submit --checkpoint=1s --output=out --hold job.sh)
	stop_daemon ctl slurmctld TERM
	root cp -a /var/spool/slurmctld /var/spool/slurmctld.kept
	cluster run ctl slurmctld
	until_true 60 "slurmctld answers" root scontrol ping
	alice scontrol release "$job"
	wait_lines out 3
	node=$(job_node "$job")
	# it loses what it had not saved yet, and the node cannot be told of that
	STOPPED=$node
	cluster run "$node" pkill -STOP -f '^(/usr/sbin/)?slurmd( |$)'
	stop_daemon ctl slurmctld KILL
	root sh -c 'cd /var/spool && rm -rf slurmctld && mv slurmctld.kept slurmctld'
	cluster run ctl slurmctld
	until_true 60 "slurmctld answers" root scontrol ping
	root scontrol update "NodeName=$node" State=DRAIN Reason=test
	alice scontrol release "$job"
	until_true 60 "it is started again" is_state "$job" RUNNING
	[ "$(job_node "$job")" != "$node" ]
	wait_over "$job" 180
	cluster run "$node" pkill -CONT -f '^(/usr/sbin/)?slurmd( |$)'
	root scontrol update "NodeName=$node" State=RESUME
	[ "$(job_state "$job")" = COMPLETED ]
	output_is 100
}

@test "a node dies: the job goes on elsewhere from its last generation, every line once" {
	local job node
	counting 300
	job=$(submit --checkpoint=1s --output=out job.sh)
	wait_lines out 10
	wait_generation "$job" 2
	node=$(job_node "$job")
	cluster kill "$node"
	until_true 90 "it is requeued" restarted "$job" 0
	wait_running "$job"
	[ "$(job_node "$job")" != "$node" ]
	cluster boot "$node"
	wait_over "$job" 180
	[ "$(job_state "$job")" = COMPLETED ]
	get out | grep -v '^[0-9]*$' || true
	output_is 300
}

is_idle() { [[ $(root sinfo -h -n "$1" -p low -o %T) == idle ]]; }

@test "a node that Slurm has given up runs the job still: it goes on elsewhere, every line once" {
	local job node
	counting 300
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 3
	checkpoint "$job"
	node=$(job_node "$job")
	stop_daemon "$node" slurmd KILL
	root scontrol update "NodeName=$node" State=DRAIN Reason=test
	root scontrol update "NodeName=$node" State=DOWN Reason=test
	until_true 60 "it is requeued" restarted "$job" 0
	wait_running "$job"
	[ "$(job_node "$job")" != "$node" ]
	until_true 60 "the other start has ended" no_processes "$node" alice
	wait_over "$job" 180
	[ "$(job_state "$job")" = COMPLETED ]
	[ "$(alice grep -c '"event":"restart"' "$(store "$job")/events")" -eq 1 ]
	[ "$(alice grep -c '"event":"end"' "$(store "$job")/events")" -eq 1 ]
	cluster run "$node" slurmd -N "$node"
	root scontrol update "NodeName=$node" State=RESUME
	until_true 60 "$node is idle" is_idle "$node"
	output_is 300
}

@test "an unprotected job is not harmed by Slurm's warning: it lives through its grace time" {
	local job
	put job.sh <<<$'#!/bin/bash\ntrap "echo ended by a signal" EXIT\nfor i in $(seq 60); do echo $i; sleep 0.1; done'
	job=$(submit --checkpoint --checkpoint-dir=/shared/none --output=out job.sh)
	wait_lines out 5
	bob sbatch -Q --partition=high --nodelist="$(job_node "$job")" --exclusive --output=/dev/null --wrap=true
	until_true 20 "it is chosen" eval '[[ $(job_field '"$job"' PreemptTime) == 20* ]]'
	wait_lines out 40
}

@test "a file that only one node has: the job is held on another, and goes on where it can" {
	local job node blocker
	for node in n1 n2 n3 n4; do cluster run "$node" chmod 1777 /opt; done
	put job.sh <<<$'#!/bin/bash\nexec 5>/opt/only-here.$SLURM_JOB_ID\nfor i in $(seq 80); do echo $i; echo $i >&5; sleep 0.1; done\nwc -l </opt/only-here.$SLURM_JOB_ID'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	node=$(job_node "$job")
	blocker=$(occupy "$job")
	until_true 60 "it is held" eval '[[ $(job_field '"$job"' Reason) == *[Hh]eld* ]]'
	get out | grep -q "is held; .*/opt/only-here.$job"
	bob scancel "$blocker"
	root scontrol update "JobId=$job" "ReqNodeList=$node"
	alice scontrol release "$job"
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	diff <(seq 80; echo 80) <(get out)
}

@test "a checkpoint directory that is away when the job restarts: it is held, not started over" {
	local job
	counting 80
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	preempt "$job"
	alice mv /shared/checkpoint/alice /shared/checkpoint/alice.away
	root touch /shared/checkpoint/alice
	until_true 60 "it is held" eval '[[ $(job_field '"$job"' Reason) == *[Hh]eld* ]]'
	root rm /shared/checkpoint/alice
	alice mv /shared/checkpoint/alice.away /shared/checkpoint/alice
	alice scontrol release "$job"
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	diff <(seq 80) <(get out)
}
