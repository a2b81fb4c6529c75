#!/usr/bin/env bats
# Jobs move between a host that shares this machine's kernel and a machine with a kernel
# and a root of its own, and between machines with different kernels.

load vm

setup_file() {
	up --nodes 1 --vm 2 --kernel 6.1,newest --root-fs "${ROOT_FS:-ext4}"
}
teardown_file() { down; }
setup() { new_workdir; }
teardown() { clean; }

# bats test_tags=smoke
@test "a machine is what it was asked to be" {
	[[ $(cluster run n2 uname -r) == 6.1.* ]]
	[[ $(cluster run n3 uname -r) != 6.1.* ]]
	[ "$(cluster run n2 findmnt -no FSTYPE /)" = "${ROOT_FS:-ext4}" ]
	[ "$(cluster run n2 findmnt -no FSTYPE /sys/fs/cgroup)" = cgroup2 ]
	[ "$(cluster run -u alice n2 sh -c 'id -un; pwd')" = $'alice\n/shared/home/alice' ]
}

# bats test_tags=smoke
@test "run on a machine: arguments, input, output and exit status are as they are" {
	local status=0
	[ "$(cluster run n2 printf '%s|' 'a b' '' $'c\nd')" = $'a b||c\nd|' ]
	head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/input"
	cluster run n2 cat <"$BATS_TEST_TMPDIR/input" | cmp - "$BATS_TEST_TMPDIR/input"
	[ "$(cluster run n2 sh -c 'echo error >&2' 2>&1 >/dev/null)" = error ]
	cluster run n2 sh -c 'exit 7' || status=$?
	[ "$status" -eq 7 ]
	# shellcheck disable=SC2016
	cluster run n2 sh -c 'kill -9 $$' || status=$?
	[ "$status" -eq 137 ]
	cluster run n2 nonesuch || status=$?
	[ "$status" -eq 127 ]
}

# bats test_tags=smoke
@test "a job goes from a host to a machine, to one with another kernel, and back: every line once" {
	local job
	ticking
	job=$(submit --checkpoint --checkpoint-cpu=x86-64-v2 --nodelist=n1 --output=out job.sh)
	wait_lines out 3
	root scontrol update NodeName=n3 State=DRAIN Reason=test
	leave_for "$job" n2
	root scontrol update NodeName=n3 State=RESUME
	root scontrol update NodeName=n1 State=DRAIN Reason=test
	leave_for "$job" n3
	leave_for "$job" n2
	root scontrol update NodeName=n1 State=RESUME
	root scontrol update NodeName=n3 State=DRAIN Reason=test
	leave_for "$job" n1
	root scontrol update NodeName=n3 State=RESUME
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	is_exact out
}

@test "a machine loses power: its job continues elsewhere from its last checkpoint, every line once" {
	local job before
	ticking
	job=$(submit --checkpoint --nodelist=n2 --output=out job.sh)
	wait_lines out 3
	checkpoint "$job"
	before=$(restarts "$job")
	lose n2
	slowly "job $job is requeued" restarted "$job" "$before"
	slowly "job $job may run on any node" root scontrol update JobId="$job" ReqNodeList=
	slowly "job $job continues" has_event "$job" restart
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	is_exact out
	bring_back
}
