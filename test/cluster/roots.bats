#!/usr/bin/env bats
# What a job gets from Slurm before it has namespaces of its own.
bats_require_minimum_version 1.5.0

load lib

setup() { new_workdir; }

teardown() {
	local node
	for node in n1 n2; do
		cluster run "$node" sh -c 'pkill -f "^python3 .shared.feed"; rm -f /tmp/feed.sock' || true
	done
	root sed -i '/feed.so/d' /etc/slurm/plugstack.conf
	clean
}

# feed USER KIND: outputs of tasks are of that kind, made by USER, and end in the file "fed"
feed() {
	local node
	cluster run ctl tee /shared/feed.c <"$ROOT/test/cluster/programs/spank_feed.c" >/dev/null
	cluster run ctl gcc -shared -fPIC -o /shared/feed.so /shared/feed.c
	cluster run ctl tee /shared/feed.py <"$ROOT/test/cluster/programs/feed.py" >/dev/null
	alice touch "$WORK/fed"
	root sh -c 'echo "required /shared/feed.so" >>/etc/slurm/plugstack.conf'
	for node in n1 n2; do
		cluster run -u "$1" "$node" setsid --fork python3 /shared/feed.py "$2" "$WORK/fed" >/dev/null 2>&1
		until_true 10 "the feed of $node listens" cluster run "$node" test -S /tmp/feed.sock
	done
}

moves_with_output_of() { # KIND
	feed alice "$1"
	ticking
	job=$(submit --checkpoint --nodelist=n1 job.sh)
	wait_event "$job" start
	wait_lines fed 5
	alice scheckpoint vacate "$job"
	alice scheckpoint restart --nodelist=n2 "$job"
	wait_running "$job"
	wait_lines fed 15
	let_end
	ended_well "$job"
	until_true 20 "all has arrived" grep -qx end <(get fed)
	diff <(seq "$(($(get fed | grep -cv end)))"; echo end) <(get fed)
}
@test "a job whose output is a pipe of the node's goes on into that of its next start" {
	moves_with_output_of pipe
}

@test "a job whose output is a terminal of the node's goes on into that of its next start" {
	moves_with_output_of tty
}

@test "a job whose output file was removed before it began goes on" {
	feed alice removed
	ticking
	put log.sh <<<$'#!/bin/bash\n./job.sh | tee log'
	job=$(submit --checkpoint --nodelist=n1 log.sh)
	wait_lines log 5
	alice scheckpoint vacate "$job"
	alice scheckpoint restart --nodelist=n2 "$job"
	wait_lines log 15
	let_end
	ended_well "$job"
	is_exact log
}

@test "a pipe that could not be opened again elsewhere is a reason not to save the job, and it says so" {
	feed root pipe
	ticking
	job=$(submit --checkpoint --nodelist=n1 job.sh)
	wait_lines fed 5
	run -1 alice scheckpoint vacate "$job"
	[[ $output == *"its output (descriptor 1) is a pipe of another user's"* ]]
	let_end
	ended_well "$job"
}

@test "two descriptors of one open file stay one, with their position" {
	put job.sh <<-'END'
		#!/bin/bash
		for i in $(seq 30); do
			echo "out $i"
			echo "err $i" >&2
			sleep 0.1
		done
	END
	job=$(submit --checkpoint --open-mode=truncate --output=all job.sh)
	wait_lines all 10
	alice scheckpoint create "$job"
	ended_well "$job"
	diff <(for i in $(seq 30); do echo "out $i"; echo "err $i"; done) <(get all)
}
