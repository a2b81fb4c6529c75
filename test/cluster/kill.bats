#!/usr/bin/env bats
# kill -9 at any instant: what was committed stands, and is gone on from.

load lib

setup() { new_workdir; }
teardown() { clean; }

# KILLS and SEED for more, or the same again.
@test "runner, criu or everything killed at random instants: the newest generation restores, every line once" {
	put kill.py <"$ROOT/test/cluster/programs/kill_at_random.py"
	put count.sh <<<$'#!/bin/bash\nfor ((i = 1; ; i++)); do\n\techo $i\n\tsleep 0.02\n\t[ ! -e stop ] || exit 0\ndone'
	echo "SEED=$SEED"
	run cluster run n1 "$WORK/kill.py" "$WORK" "${KILLS:-200}" "$SEED"
	echo "$output"
	[ "$status" -eq 0 ]
}
