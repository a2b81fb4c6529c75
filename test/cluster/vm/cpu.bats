#!/usr/bin/env bats
# Two nodes whose processors differ.

load vm

setup_file() { up --nodes 0 --vm 2 --cpu max,-avx2,Nehalem; }
teardown_file() { down; }

flags() { cluster run "$1" sed -n '/^flags/{s/.*: //p;q}' /proc/cpuinfo; }

@test "each machine has the processor that it was asked to have" {
	local first second
	first=" $(flags n1) "
	second=" $(flags n2) "
	[[ $first == *" avx "* && $first != *" avx2 "* ]]
	[[ $second == *" sse4_2 "* && $second != *" avx "* && $second != *" xsave "* ]]
}
