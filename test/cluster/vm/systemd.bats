#!/usr/bin/env bats
# A node as Debian installs it: systemd starts slurmd, AppArmor has its profiles.

load vm

setup_file() { up --nodes 1 --vm 1 --init systemd; }
teardown_file() { down; }
setup() { new_workdir; }
teardown() { clean; }

@test "systemd is up, and slurmd and AppArmor are its units" {
	[[ $(cluster run n2 cat /proc/1/comm) == systemd ]]
	[ "$(cluster run n2 systemctl is-active slurmd)" = active ]
	[ "$(cluster run n2 cat /sys/module/apparmor/parameters/enabled)" = Y ]
	[ "$(cluster run n2 systemctl is-active apparmor)" = active ]
}

@test "a job is saved, leaves, and continues between such a node and another" {
	local job
	ticking
	job=$(submit --checkpoint --checkpoint-cpu=x86-64-v2 --nodelist=n2 --output=out job.sh)
	wait_lines out 3
	leave_for "$job" n1
	leave_for "$job" n2
	let_end
	slowly "job $job is over" is_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	is_exact out
}
