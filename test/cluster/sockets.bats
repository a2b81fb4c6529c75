#!/usr/bin/env bats
# CRIU's own sockets, beside a stranger on the same node who attacks whatever he sees of
# them: before, each checkpoint hung and each restart failed.

load lib

setup() {
	new_workdir
	cluster run ctl tee /shared/flood.py <"$ROOT/test/cluster/programs/flood.py" >/dev/null
}

teardown() {
	local node
	for node in n1 n2; do
		cluster run "$node" pkill -u bob -f flood.py || true
	done
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

@test "a criu into which the library cannot be loaded is not used, and the reason is said" {
	cluster run n1 cp /usr/sbin/criu /usr/local/bin/criu
	cluster run n1 setcap cap_checkpoint_restore+ep /usr/local/bin/criu
	run alice scheckpoint --version
	job=$(submit --checkpoint --nodelist=n1 --output=out --wrap 'echo done')
	wait_over "$job"
	cluster run n1 rm /usr/local/bin/criu
	get out
	get out | grep -q 'it runs unprotected: .*criu runs without .*criu-sockets.so, so that other users of the node could reach its sockets'
	get out | grep -qx done
}
