#!/usr/bin/env bats
# Nodes on which hardware breakpoints can be set and are never delivered, as on some
# virtual machines. (With testbed/cluster up --no-breakpoints all tests run on such.)

# bats file_tags=on:forky
load lib

setup() { new_workdir; }

teardown() {
	cluster run n1 rm -f /etc/ld.so.preload
	clean
}

# For criu and for whoever else asks the hardware by ptrace(2).
no_breakpoints_on() { cluster run "$1" sh -c 'echo /opt/testbed/no-breakpoints.so >/etc/ld.so.preload'; }

@test "a job is saved, and goes on, where breakpoints are never delivered, and moves from and to such a node" {
	no_breakpoints_on n1
	ticking
	put tree.sh <<<$'#!/bin/bash\n(sleep 1000 & wait) &\npython3 -c "import threading, time; threading.Thread(target=time.sleep, args=[1000], daemon=True).start(); time.sleep(1000)" &\n./job.sh | cat\nkill $(jobs -p)\n'
	job=$(submit --checkpoint --nodelist=n1 --output=out tree.sh)
	wait_lines out 5
	alice scheckpoint create "$job"
	alice scheckpoint vacate "$job"
	alice scheckpoint restart --nodelist=n1 "$job"
	wait_event "$job" restart 1
	alice scheckpoint vacate "$job"
	alice scheckpoint restart --nodelist=n2 "$job"
	wait_event "$job" restart 2
	alice scheckpoint vacate "$job"
	alice scheckpoint restart --nodelist=n1 "$job"
	wait_event "$job" restart 3
	let_end
	ended_well "$job"
	is_exact out
}
