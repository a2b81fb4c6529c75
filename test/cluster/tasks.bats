#!/usr/bin/env bats
# State of threads that criu does not save: it is the same when the job goes on, and CPUs are
# at the same places among those that it has there.

# bats file_tags=on:forky
load lib

setup() { new_workdir; }
teardown() { clean; }

# continue_elsewhere JOB: on another node
continue_elsewhere() {
	local node
	node=$(job_node "$1")
	alice scheckpoint requeue --exclude="$node" "$1"
	wait_event "$1" restart "${2:-1}"
	[ "$(job_node "$1")" != "$node" ]
}

# more_lines FILE: ten more than now
more_lines() { wait_lines "$1" "$(($(get "$1" | wc -l) + 10))"; }

# all_same FILE: every line is as the first
all_same() {
	[ "$(get "$1" | sort -u | wc -l)" -eq 1 ] || { get "$1" | uniq -c; return 1; }
}

has_state() { [[ $(get out | head -n 1) == *"cpus=0, io=16391 "*"cpus=1, io=24576 "*"cpus=0,1, io=0 "* ]]; }
# the last line of memory.out
policies() { get memory.out | tail -n 1; }
are_policies() { [[ $(policies) == "$1" ]]; }

@test "threads keep their CPUs, I/O priority, timer slack, memory policy and filter of core dumps on other nodes" {
	local job
	build tasks -pthread
	put job.sh <<<$'#!/bin/sh\nexec ./tasks'
	job=$(submit --checkpoint=0 -c2 --output=out job.sh)
	wait_lines out 10
	continue_elsewhere "$job"
	more_lines out
	continue_elsewhere "$job" 2
	more_lines out
	# They set their policies themselves, when they run.
	until_true 20 "policies are as they were" are_policies "2:1 3:1 0:0"
	let_end
	ended_well "$job"
	all_same out
	has_state
	# nothing was amiss
	refute grep -q '"event":"restart".*"text"' <(alice cat "$(store "$job")/events")
}

@test "taskset, ionice and choices of OpenMP hold on" {
	local job
	put show.c <<-'EOF'
		#define _GNU_SOURCE
		#include <sched.h>
		#include <stdio.h>
		#include <unistd.h>
		int main(void)
		{
			int bound[2] = { -1, -1 };
			while (access("over", F_OK) < 0) {
		#pragma omp parallel num_threads(2)
				{
					cpu_set_t mine;
					sched_getaffinity(0, sizeof(mine), &mine);
		#pragma omp critical
					for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
						if (CPU_COUNT(&mine) == 1 && CPU_ISSET(cpu, &mine))
							bound[cpu % 2] = cpu;
				}
				printf("%d %d\n", bound[0], bound[1]);
				fflush(stdout);
				usleep(100000);
				bound[0] = bound[1] = -1;
			}
		}
	EOF
	alice gcc -fopenmp -o "$WORK/show" "$WORK/show.c"
	put bound.sh <<-'EOF'
		#!/bin/bash
		# what it starts after it was saved has that of the shell
		while [ ! -e over ]; do
			echo "$(taskset -p "$BASHPID" | sed 's/.*: //') $(ionice)"
			sleep 0.1
		done
	EOF
	put job.sh <<-'EOF'
		#!/bin/bash
		taskset -c 1 ionice -c 3 ./bound.sh >bash.out &
		OMP_PROC_BIND=true OMP_PLACES=threads ./show >omp.out &
		wait
	EOF
	job=$(submit --checkpoint=0 -c2 job.sh)
	wait_lines omp.out 10
	continue_elsewhere "$job"
	more_lines omp.out
	more_lines bash.out
	let_end
	ended_well "$job"
	all_same omp.out
	[ "$(get omp.out | head -n 1)" = "0 1" ]
	all_same bash.out
	[ "$(get bash.out | head -n 1)" = "2 idle" ]
}

@test "where a job has fewer CPUs, threads share them, and its history says so" {
	local job
	build tasks -pthread
	put job.sh <<<$'#!/bin/sh\nexec ./tasks'
	job=$(submit --checkpoint=0 -c2 --output=out job.sh)
	wait_lines out 10
	alice scheckpoint vacate "$job"
	wait_held "$job"
	alice scontrol update JobId="$job" NumCPUs=1-1 NumTasks=1 CPUsPerTask=1
	alice scontrol release "$job"
	wait_event "$job" restart
	more_lines out
	let_end
	ended_well "$job"
	[[ $(get out | tail -n 1) == *"cpus=0, "*"cpus=0, "*"cpus=0, "* ]]
	alice scheckpoint show "$job" | grep "restart .*Text=the job had 2 CPUs and has 1 here, so threads"
}

# What the table of doc/compatibility.md has as nobody's; but of wipe on fork, CRIU 4.2's.
LOST="autogroup|mdwe|speculation|cpu-time|advice-2|advice-4"

@test "states that are said to be saved are the same on another node" {
	local job
	build states -pthread
	put job.sh <<-'EOF'
		#!/bin/bash
		./states &
		while sleep 0.1; do echo tick; done >ticks.out &
		wait %1
		kill %2
	EOF
	job=$(submit --checkpoint=0 --output=out job.sh)
	until_true 60 "it has its states" has_lines state.1 30
	continue_elsewhere "$job"
	# What threads have to set themselves they do when they run.
	more_lines ticks.out
	alice touch "$WORK/again"
	ended_well "$job"
	diff <(get state.1 | grep -vE "^($LOST) ") <(get state.2 | grep -vE "^($LOST) ")
	[[ $(get state.1) == *"nice 3"*"name the-first"*"membarrier 0"* ]]
}
