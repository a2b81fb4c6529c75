#!/usr/bin/env bats
# CRIU's own sockets, beside a stranger on the same node who attacks whatever he sees of
# them: before, each checkpoint hung and each restart failed.

load lib

setup() {
	new_workdir
	CONF=$(root cat /etc/slurm/checkpoint.conf)
	cluster run ctl tee /shared/flood.py <"$ROOT/test/cluster/programs/flood.py" >/dev/null
}

teardown() {
	local node
	for node in n1 n2; do
		cluster run "$node" pkill -u bob -f flood.py || true
	done
	cluster run n1 rm -f /usr/local/bin/criu
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
	clean
}

flood() { # NODE
	cluster run -u bob "$1" setsid --fork python3 /shared/flood.py "/shared/home/bob/seen.$1" >/dev/null 2>&1
	until_true 20 "bob is ready on $1" bob grep -q ready "/shared/home/bob/seen.$1"
}
saw_nothing() { [[ $(bob cat "/shared/home/bob/seen.$1") == ready ]]; }

@test "a stranger who floods CRIU's sockets sees none of them, and jobs are saved and go on" {
	bob rm -f /shared/home/bob/seen.n1 /shared/home/bob/seen.n2
	flood n1
	flood n2
	ticking
	put tree.sh <<<$'#!/bin/bash\nsleep 1000 &\n./job.sh | cat\nkill %1'
	job=$(submit --checkpoint --nodelist=n1 --output=out tree.sh)
	wait_lines out 3
	for round in 1 2 3; do
		alice scheckpoint create "$job"
		alice scheckpoint vacate "$job"
		alice scheckpoint restart --nodelist="n$((round % 2 + 1))" "$job"
		wait_event "$job" restart "$round"
	done
	let_end
	ended_well "$job"
	is_exact out
	saw_nothing n1
	saw_nothing n2
}

# ld.so loads nothing of the user's into a program that has file capabilities.
exposed_criu() {
	cluster run n1 cp /usr/sbin/criu /usr/local/bin/criu
	cluster run n1 setcap cap_checkpoint_restore+ep /usr/local/bin/criu
}
REASON='it runs unprotected: .*criu runs without .*criu-sockets.so, so that other users of the node could reach its sockets'

@test "a criu into which the library cannot be loaded saves jobs in networks of their own" {
	local job
	exposed_criu
	put job.sh <<<$'#!/bin/bash\nreadlink /proc/self/ns/net >net\nwhile [ ! -e over ]; do echo $((++i)); sleep 0.1; done\necho end'
	job=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	wait_lines out 3
	[ "$(get net)" != "$(cluster run n1 readlink /proc/1/ns/net)" ]
	preempt "$job"
	wait_event "$job" restart
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	is_exact out
}

@test "such a criu is not used in the node's network, and the reason is said" {
	local job net
	exposed_criu
	for net in host auto; do
		job=$(submit --checkpoint --nodelist=n1 --output=out --checkpoint-net=$net --wrap 'srun true; echo done')
		wait_over "$job"
		get out
		get out | grep -q "$REASON"
		get out | grep -qx done
		alice rm "$WORK/out"
	done
	root tee -a /etc/slurm/checkpoint.conf <<<"CheckpointNet=host" >/dev/null
	job=$(submit --checkpoint --nodelist=n1 --output=out --wrap 'echo done')
	wait_over "$job"
	get out | grep -q "$REASON"
}
