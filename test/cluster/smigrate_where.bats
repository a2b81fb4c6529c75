#!/usr/bin/env bats
# smigrate: where jobs go on, and what becomes of their own requests.

load lib
load smigrate
load upgrade

setup() { new_workdir; }
teardown() {
	clean
	put_conf_back
	same_libc 2>/dev/null || true
	resume_all
	root sh -c 'rm -f /shared/then /shared/upgrade* /etc/slurm/reboot'
	every_node "rm -rf /opt/ticker"
}

exclude_of() { job_field "$1" ExcNodeList; }
# counting_off NODE NAME [SBATCH-OPTION...]: a job that counts, and not there; its id
counting_off() {
	close_nodes "$1"
	counting "${@:2}"
	wait_lines "out-$2" 3
	open_nodes "$1"
}

# bats test_tags=sanitize
@test "--nodelist and --exclude hold for this move; the job's own request is put back when it next leaves" {
	local a
	a=$(counting_off n3 a --exclude=n4)
	run alice smigrate --nodelist=n3 "$a"
	echo "$output"
	[ "$status" -eq 0 ]
	is_on "$a" n3
	[ "$(job_field "$a" ReqNodeList)" = n3 ]
	# of several nodes it may have any, but not where it is
	run alice smigrate --nodelist=n[1-3] --exclude=n1 "$a"
	echo "$output"
	[ "$status" -eq 0 ]
	is_on "$a" n2
	[ "$(job_field "$a" ReqNodeList)" = "(null)" ]
	wait_restored "$a" 2
	alice scheckpoint requeue "$a"
	until_true 60 "it continues" restarted "$a" 2
	[ "$(exclude_of "$a")" = n4 ]
	[ "$(job_field "$a" ReqNodeList)" = "(null)" ]
	let_end
	wait_over "$a"
	exact a
}

@test "a job that is preempted after a move asks again for what it asked for itself" {
	local a
	a=$(counting_off n3 a --cpus-per-task=2)
	run alice smigrate --nodelist=n3 "$a"
	[ "$status" -eq 0 ]
	wait_restored "$a" 1
	occupy "$a" >/dev/null
	until_true 60 "it continues elsewhere" is_state "$a" RUNNING
	has_left "$a" n3
	[ "$(job_field "$a" ReqNodeList)" = "(null)" ]
	let_end
	wait_over "$a"
	exact a
}

@test "when the node of a move dies, the next smigrate puts the job's own request back" {
	local a
	a=$(counting_off n3 a)
	run alice smigrate --nodelist=n3 "$a"
	[ "$status" -eq 0 ]
	wait_restored "$a" 1
	lose n3
	root scontrol update NodeName=n3 State=DOWN Reason="power failed"
	until_true 60 "it is queued" is_state "$a" PENDING
	run alice smigrate "$a"
	echo "$output"
	[[ $output == *"job $a: asks again for what it did before it was moved"* ]]
	until_true 60 "it continues elsewhere" is_state "$a" RUNNING
	has_left "$a" n3
	bring_back
	let_end
	wait_over "$a"
	exact a
}

@test "a job that asks for its very node waits; --relax lifts that for the move" {
	local a
	a=$(counting a --nodelist=n2)
	wait_lines out-a 3
	run root smigrate -d n2 --wait-limit=2s
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"it asks for nodes of which only n2 is there"*"--relax lifts that"* ]]
	is_on "$a" n2
	run root smigrate -d n2 --relax
	echo "$output"
	[ "$status" -eq 0 ]
	has_left "$a" n2
	let_end
	wait_over "$a"
	exact a
}

@test "--partition: in another one, and back in its own afterwards" {
	local a
	a=$(counting a)
	wait_lines out-a 3
	run alice smigrate --partition=high "$a"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(job_field "$a" Partition)" = high ]
	wait_restored "$a" 1
	alice scheckpoint requeue "$a"
	until_true 60 "it continues" restarted "$a" 1
	[ "$(job_field "$a" Partition)" = low ]
	let_end
	wait_over "$a"
	exact a
}

@test "--exclusive, --exclusive=user and --spread-job choose among the nodes" {
	local a other
	close_nodes 'n[3-4]'
	other=$(bob sbatch --parsable --mem=300 --nodelist=n2 --output=/dev/null --wrap="sleep 600")
	a=$(counting a --nodelist=n1)
	wait_running "$other"
	wait_lines out-a 3
	run alice smigrate --relax --exclusive --wait-limit=2s "$a"
	echo "$output"
	[ "$status" -eq 1 ]
	run alice smigrate --relax --exclusive=user --wait-limit=2s "$a"
	[ "$status" -eq 1 ]
	is_on "$a" n1
	open_nodes n4
	run alice smigrate --relax --exclusive=user "$a"
	echo "$output"
	[ "$status" -eq 0 ]
	is_on "$a" n4
	open_nodes n3
	wait_restored "$a" 1
	run alice smigrate --relax --spread-job --exclude=n1 "$a"
	echo "$output"
	[ "$status" -eq 0 ]
	is_on "$a" n3
}

@test "--hold holds, and --priority sets, as far as Slurm lets the caller" {
	local a
	a=$(counting a)
	wait_lines out-a 3
	alice sbatch --hold --output=/dev/null --wrap=true
	run root smigrate --hold "$a"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"job $a: is held"* ]]
	is_state "$a" PENDING
	alice scheckpoint restart "$a"
	until_true 60 "it continues" is_state "$a" RUNNING
	wait_restored "$a" 1
	run root smigrate --priority=4000000 "$a"
	[ "$status" -eq 0 ]
	[ "$(job_field "$a" Priority)" -eq 4000000 ]
	run alice smigrate --priority=5000000 "$a"
	echo "$output"
	[ "$status" -eq 1 ]
	is_state "$a" RUNNING
	[ "$(restarts "$a")" -eq 2 ]
	[ "$(job_field "$a" Nice)" -eq 0 ]
}

# and not for a time
waits_for_nodes() {
	[[ $(job_state "$1") == PENDING && $(job_field "$1" Reason) =~ ReqNodeNotAvail|Nodes_required|Resources|Priority ]]
}

@test "a moved job is started before one that came later and waits for the same node" {
	local a later mover
	close_nodes 'n[2-4]'
	a=$(counting a --cpus-per-task=2)
	wait_lines out-a 3
	later=$(submit --no-checkpoint --cpus-per-task=2 --mem=300 --output=/dev/null --wrap="sleep 600")
	is_state "$later" PENDING
	close_nodes n1
	root smigrate --force -d n1 >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	mover=$!
	until_true 60 "it has left, and may start" waits_for_nodes "$a"
	root scontrol update NodeName=n3 State=RESUME
	wait "$mover"
	cat "$BATS_TEST_TMPDIR/said"
	is_on "$a" n3
	is_state "$later" PENDING
}

@test "jobs that run on other nodes, too, are waited for, skipped, or cancelled" {
	local wide
	wide=$(submit --no-checkpoint --nodes=2 --nodelist=n1 --mem=300 --output=/dev/null --wrap="sleep 600")
	wait_running "$wide"
	run root smigrate -n -d n1
	echo "$output"
	[ "$status" -eq 4 ]
	[[ $output == *"job $wide: wait on "* ]]
	run root smigrate -d n1 --parallel-jobs=skip
	[ "$status" -eq 1 ]
	is_state "$wide" RUNNING
	run root smigrate -d n1 --parallel-jobs=cancel
	echo "$output"
	[ "$status" -eq 0 ]
	wait_over "$wide"
	[[ $(job_state "$wide") == CANCELLED ]]
}

# What --then asks for, outside of the cluster: it is no place to log in from.
upgrade_when_asked() {
	local node
	for node in "$@"; do
		until_true 120 "$node is to be upgraded" root test -e "/shared/upgrade.$node" || return
		upgrade "$node"
		root touch "/shared/upgraded.$node"
	done
}

@test "a rolling upgrade with --not-back: no job comes to a node that was upgraded, and all are exact" {
	local job jobs=() upgrading
	install_ticker
	put job.sh <<<$'#!/bin/sh\nexec /opt/ticker/tick'
	close_nodes n[2-4]
	for name in a b; do
		jobs+=("$(submit --checkpoint --output="out-$name" job.sh)")
		wait_lines "out-$name" 3
	done
	open_nodes n[2-4]
	run root smigrate -n -d n[1-2] --not-back
	[ "$status" -eq 2 ]
	upgrade_when_asked n1 n2 n3 3>&- &
	upgrading=$!
	run root smigrate -d n[1-3] --batch=1 --not-back --resume \
		--then='touch /shared/upgrade.$1; until [ -e /shared/upgraded.$1 ]; do sleep 0.1; done'
	echo "$output"
	[ "$status" -eq 0 ]
	wait "$upgrading"
	for job in "${jobs[@]}"; do
		is_on "$job" n4
		[ "$(root sacct -X -D -n -P -j "$job" -o nodelist | uniq)" = "$(root sacct -X -D -n -P -j "$job" -o nodelist | sort -u)" ]
	done
	# The last of them has nowhere to go.
	run root smigrate -n -d n4 --exclude=n[1-3]
	echo "$output"
	[ "$status" -eq 4 ]
	[[ $output == *"--not-back that were given leave no node for it"* ]]
	let_end
	for job in "${jobs[@]}"; do wait_over "$job"; done
	is_exact out-a
	is_exact out-b
}

@test "--batch, --then and --resume: a batch after the other, each in order" {
	local a b
	a=$(counting a)
	b=$(counting b)
	wait_running "$a"
	wait_running "$b"
	run root smigrate -d 'n[1-4]' --batch=2 --then='echo "$1 $SMIGRATE_NODES $(sinfo -h -n "$1" -o %T)" >>/shared/then' --resume
	echo "$output"
	[ "$status" -eq 0 ]
	diff <(printf '%s\n' "n[1-2] n[1-2] drained" "n[3-4] n[3-4] drained") <(root cat /shared/then)
	refute node_has n1 drain
	refute node_has n4 drain
	run root smigrate -d 'n[1-2]' --batch=1 --then='exit 3' --resume
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"--then's command ended with exit status 3"* ]]
	node_has n1 drain
	refute node_has n2 drain
	let_end
	wait_over "$a"
	wait_over "$b"
	exact a
	exact b
}

@test "--concurrency and --rate: one after the other, and all in the end" {
	local jobs=() i
	close_nodes 'n[2-4]'
	jobs+=("$(counting a)" "$(counting b)")
	wait_lines out-a 3
	wait_lines out-b 3
	open_nodes 'n[2-4]'
	run root smigrate -d n1 --concurrency=1 --rate=1
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c "continues on" <<<"$output")" -eq 2 ]
	# the second is asked when the first has been saved
	[ "$(grep -n "is asked" <<<"$output" | tail -n 1 | cut -d: -f1)" -gt "$(grep -n "generation" <<<"$output" | head -n 1 | cut -d: -f1)" ]
	let_end
	wait_over "${jobs[0]}"
	wait_over "${jobs[1]}"
	exact a
	exact b
}

# reboot_program [LINE]: standard input is what reboots; and a line of slurm.conf
reboot_program() {
	local before node
	before=$(slurmds)
	keep_conf
	root sh -c 'printf "%s\n" RebootProgram=/etc/slurm/reboot "$@" >>/etc/slurm/slurm.conf' _ "$@"
	root sh -c 'cat >/etc/slurm/reboot && chmod 755 /etc/slurm/reboot'
	root scontrol reconfigure
	for node in n1 n2 n3 n4; do
		until_true 60 "the slurmd of $node has read it" is_new_slurmd "$node" "$before"
	done
}
# Who reads its configuration anew is another process.
slurmd_of() { echo "$1 $(cluster run "$1" cat /run/slurm/slurmd.pid)"; }
slurmds() { for node in n1 n2 n3 n4; do slurmd_of "$node"; done; }
is_new_slurmd() { refute grep -qxF "$(slurmd_of "$1")" <<<"$2"; }

@test "--reboot: Slurm reboots the nodes when they are empty, and they take jobs again" {
	local a
	# Not the host, but its slurmd, which says that the host was: that is all Slurm sees of
	# it. slurmd kills what is left of the program's process group when the program ends,
	# and so it does not before what it starts is in a session of its own, and lets go of
	# the pipe.
	reboot_program <<'END'
#!/bin/sh
: "$(setsid --fork sh -c 'exec >/dev/null 2>&1; kill "$(cat /run/slurm/slurmd.pid)"; while pgrep -f "^(/usr/sbin/)?slurmd( |$)"; do sleep 0.1; done; slurmd -b -N "$1"' _ "$(hostname)")"
END
	a=$(counting a)
	wait_lines out-a 3
	run root smigrate -d "$(job_node "$a")" --reboot --resume --timeout=120s
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *": reboot"*": resumed"* ]]
	let_end
	wait_over "$a"
	exact a
}

@test "--reboot: a node that Slurm gives up is waited for no longer, and that is told" {
	reboot_program ResumeTimeout=3 <<<$'#!/bin/sh\ntrue'
	run root smigrate -d n2 --reboot --resume
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"node n2 has not rebooted, and Slurm has given it up: "* ]]
}

# other_libc: on n2 the C library has another build id
other_libc() {
	cluster run n2 python3 - "$WORK/libc.so" <<-'END'
		import re, subprocess, sys
		path = next(line.split()[-1] for line in open("/proc/self/maps") if line.rstrip().endswith("/libc.so.6"))
		data = bytearray(open(path, "rb").read())
		at = data.index(b"\x14\0\0\0\3\0\0\0GNU\0") + 12
		data[at] ^= 1
		open(sys.argv[1], "wb").write(data)
		subprocess.run(["mount", "--bind", sys.argv[1], path], check=True)
	END
}
same_libc() { cluster run n2 sh -c 'umount -l "$(ldd /bin/sh | sed -n "s/.*libc.so.6 => \([^ ]*\) .*/\1/p")"'; }
# note_n2: a job of alice's has run there
note_n2() { wait_over "$(submit --checkpoint --nodelist=n2 --output=/dev/null --wrap=true)"; }

@test "no job is sent to a node of which it is known that its C library is another one" {
	local job
	ticking
	close_nodes 'n[2-4]'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 3
	open_nodes n2
	other_libc
	note_n2
	run root smigrate --test-only --drain-node=n1
	echo "$output"
	[[ $output != *n2* ]]
	same_libc
	note_n2
	run root smigrate --drain-node=n1
	echo "$output"
	[ "$status" -eq 0 ]
	has_left "$job" n1
	let_end
	wait_over "$job"
	is_exact out
}
