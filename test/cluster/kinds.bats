#!/usr/bin/env bats
# One small program for each kind of kernel object and state (programs/kinds): each is saved,
# continued on another node, saved again and continued again. It is as it was then, or no
# checkpoint is taken, and a sentence says why: none is held, and none is wrong.

load lib

setup_file() {
	BATS_TEST_NUMBER=kinds new_workdir
	KINDS=$WORK
	export KINDS
	for file in "$ROOT"/test/cluster/programs/kinds/*; do put "${file##*/}" <"$file"; done
	alice sh -c 'cd "$1" && gcc -O1 -Wall -Werror -o kinds *.c -pthread' _ "$KINDS"
}
setup() { new_workdir; }
teardown() { clean; }

# (CRIU 4.1 saves no socket of the internet on recent kernels, and no guard pages.)
newer='^(own_|tcp|udp|memory_guard)'

# kinds OUTCOME: the names of all that come to it, by this release of CRIU
kinds() {
	local names
	names=$(alice "$KINDS/kinds" | awk -v outcome="$1" '$2 == outcome && !(/^own_/ && outcome == "right") { print $1 }')
	if [[ $SUITE == trixie ]]; then grep -vE "$newer" <<<"$names"; else echo "$names"; fi
}

is_ready() { alice test -e "$WORK/$1.ready"; }
are_ready() {
	local name
	for name; do is_ready "$name" || return 1; done
}

# together OPTIONS NAME...: all of them in one job, which is moved twice, and all are right
together() {
	local job node round wrong
	put job.sh <<-END
		#!/bin/bash
		for kind in ${*:2}; do "$KINDS/kinds" "\$kind" >"\$kind.out" 2>&1 & done
		wait
	END
	# shellcheck disable=SC2086  # none, or some
	job=$(submit --checkpoint=0 $1 --output=out job.sh)
	until_true 60 "all are ready" are_ready "${@:2}"
	for round in 1 2; do
		node=$(job_node "$job")
		alice scheckpoint vacate "$job"
		alice scheckpoint restart --exclude="$node" "$job"
		wait_event "$job" restart "$round"
	done
	let_end
	wait_over "$job"
	wrong=$(alice sh -c 'cd "$1" && grep -LxE "right|skipped: .*" *.out' _ "$WORK" || true)
	[[ -z $wrong ]] || { alice sh -c 'cd "$1" && shift && tail -n 3 "$@"' _ "$WORK" $wrong; return 1; }
	[ "$(alice sh -c 'cd "$1" && ls *.out | wc -l' _ "$WORK")" -eq $(($# - 1)) ]
	[[ -z $(get out) ]]
}

# bats test_tags=on:forky
@test "what can be saved is right after two moves: memory, files, processes, sockets, terminals, waits" {
	# shellcheck disable=SC2046  # names
	together "" $(kinds right)
}

@test "connections within a network of the job's own are right after two moves" {
	[[ $SUITE != trixie ]] || skip "CRIU 4.1 saves no sockets of the internet"
	# shellcheck disable=SC2046
	together --checkpoint-net=private $(alice "$KINDS/kinds" | awk '/^own_/ && $2 == "right" { print $1 }')
}

# refused NAME: a job of it alone is asked to leave, stays, and says why
refused() {
	local job says='' said
	# (CRIU 4.1 has other reasons.)
	if [[ $SUITE != trixie || ! $1 =~ $newer ]]; then says=$(alice "$KINDS/kinds" | sed -n "s/^$1 refused //p"); fi
	alice mkdir "$WORK/$1"
	job=$(alice sh -c 'cd "$1/$2" && exec sbatch --parsable --checkpoint=0 $4 --output=out --wrap "$3/kinds $2; true"' _ \
		"$WORK" "$1" "$KINDS" "$([[ $1 != own_* ]] || echo --checkpoint-net=private)")
	until_true 120 "$1 is ready" alice test -e "$WORK/$1/$1.ready"
	if get "$1/out" | grep -q '^skipped'; then
		alice touch "$WORK/$1/over"
		return 0
	fi
	said=$(alice scheckpoint vacate "$job" 2>&1 || true)
	alice touch "$WORK/$1/over"
	wait_over "$job"
	# The words are ours, it is not saved, and has run on.
	if [[ $said == *"no checkpoint was taken: "*"$says"* && $said != *"criu: "* ]] &&
		[[ -z $(generations "$job") && $(get "$1/out") == *right ]]; then return 0; fi
	echo "$1 ($says): $said; $(get "$1/out")"
	return 1
}

# bats test_tags=on:forky
@test "what cannot be saved is refused by a sentence that says why, and the job runs on" {
	local name status=0
	local -a pids=()
	for name in $(kinds refused); do
		until_true 120 "few run at a time" few_run
		refused "$name" &
		pids+=($!)
	done
	for name in "${pids[@]}"; do wait "$name" || status=1; done
	[ "$status" -eq 0 ]
}
few_run() { (($(jobs -rp | wc -l) < 10)); }

@test "what this release of CRIU cannot save is refused by a sentence, too" {
	local name status=0
	local -a pids=()
	[[ $SUITE == trixie ]] || skip "it can"
	for name in $(alice "$KINDS/kinds" | awk '{ print $1 }' | grep -E "$newer"); do
		until_true 120 "few run at a time" few_run
		refused "$name" &
		pids+=($!)
	done
	for name in "${pids[@]}"; do wait "$name" || status=1; done
	[ "$status" -eq 0 ]
}

# fill_pipes: alice's pipes on all hosts leave no room for others' sizes, for some seconds
fill_pipes() {
	alice rm -f "$WORK/full"
	alice python3 "$WORK/fill.py" "$WORK/full" 3>&- &
	FILLER=$!
	until_true 60 "the pipes are full" alice test -e "$WORK/full"
}

# bats test_tags=on:forky
@test "a checkpoint and a restart wait while other programs of the user leave no room for pipes" {
	local job node
	put fill.py <<-'END'
		import fcntl, os, sys, time
		pipes = []
		def one():
		    pipes.append(os.pipe())
		    return pipes[-1][1]
		try:
		    while True:
		        fcntl.fcntl(one(), fcntl.F_SETPIPE_SZ, 1 << 20)
		except OSError:
		    pass
		while fcntl.fcntl(one(), fcntl.F_GETPIPE_SZ) > 8192:
		    pass
		open(sys.argv[1], "w").close()
		time.sleep(4)
	END
	job=$(submit --checkpoint=0 --output=out --wrap "$KINDS/kinds pipe_full")
	until_true 60 "it is ready" is_ready pipe_full
	node=$(job_node "$job")
	fill_pipes
	alice scheckpoint vacate "$job"
	wait "$FILLER"
	wait_held "$job"
	fill_pipes
	alice scheckpoint restart --exclude="$node" "$job"
	wait_event "$job" restart
	wait "$FILLER"
	let_end
	ended_well "$job"
	[ "$(get out | tail -n 1)" = right ]
}

@test "processes that are about to end are no reason to save nothing" {
	local i
	# What frees much memory is without it, and not gone, for a moment.
	put big.py <<<$'import os, sys\nb = bytearray(int(sys.argv[1]) << 20)\nos._exit(0)'
	put job.sh <<-'END'
		#!/bin/bash
		while [ ! -e over ]; do
			echo $((++i))
			python3 big.py 400 &
			python3 big.py 300
			wait
		done
		echo end
	END
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 2
	for i in {1..15}; do alice scheckpoint create "$JOB"; done
	alice scheckpoint requeue "$JOB"
	wait_event "$JOB" restart
	let_end
	wait_over "$JOB"
	is_exact out
}
