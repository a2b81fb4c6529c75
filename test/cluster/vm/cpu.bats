#!/usr/bin/env bats
# Two nodes whose CPUs differ, n1 the greater and n2 the lesser: what the programs of a job
# may use decides where it can be restored.

load vm

setup_file() { up --nodes 0 --vm 2 --cpu max,Nehalem; }
teardown_file() { down; }
setup() { new_workdir; }
teardown() { clean; }

# send JOB NODE: it leaves where it is, and may start on that node alone
send() {
	alice scheckpoint vacate "$1"
	slowly "job $1 is held" is_held "$1"
	root scontrol update JobId="$1" ReqNodeList="$2"
	alice scontrol release "$1"
}
# goes_on JOB NODE N: it is restored there, for the Nth time, and prints
goes_on() {
	local lines
	slowly "job $1 continues for the ${3}th time" has_event "$1" restart "$3"
	[ "$(job_node "$1")" = "$2" ]
	lines=$(get out | wc -l)
	slowly "job $1 prints" has_lines out "$((lines + 5))"
}

flags() { cluster run "$1" sed -n '/^flags/{s/.*: //p;q}' /proc/cpuinfo; }

@test "each machine has the processor that it was asked to have" {
	local first second
	first=" $(flags n1) "
	second=" $(flags n2) "
	[[ $first == *" avx2 "* ]]
	[[ $second == *" sse4_2 "* && $second != *" avx "* && $second != *" xsave "* ]]
}

@test "a job bound by a baseline goes to the lesser CPU and back, and is exact" {
	local job
	ticking
	job=$(submit --checkpoint --checkpoint-cpu=x86-64-v2 --nodelist=n1 --output=out job.sh)
	slowly "it prints" has_lines out 5
	send "$job" n2
	goes_on "$job" n2 1
	send "$job" n1
	goes_on "$job" n1 2
	send "$job" n2
	goes_on "$job" n2 3
	let_end
	slowly "it has ended" is_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	is_exact out
}

@test "a job that is not bound is not restored on the lesser CPU: it leaves it, and goes on on its own" {
	local job
	ticking
	job=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	slowly "it prints" has_lines out 5
	alice scheckpoint vacate "$job"
	slowly "it is held" is_held "$job"
	root scontrol update NodeName=n1 State=DRAIN Reason=test
	root scontrol update JobId="$job" ReqNodeList=
	alice scontrol release "$job"
	slowly "it leaves n2" has_event "$job" leave 2
	alice grep -q '"event":"leave".*the CPU of n2 lacks ' "$(store "$job")/events"
	root scontrol update NodeName=n1 State=RESUME
	goes_on "$job" n1 1
	refute has_event "$job" failed
	let_end
	slowly "it has ended" is_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	is_exact out
}

@test "a job that is not bound and began on the lesser CPU goes on on the greater" {
	local job
	ticking
	job=$(submit --checkpoint --nodelist=n2 --output=out job.sh)
	slowly "it prints" has_lines out 5
	send "$job" n1
	goes_on "$job" n1 1
	let_end
	slowly "it has ended" is_over "$job"
	is_exact out
}
