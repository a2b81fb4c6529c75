#!/bin/bash
# subshells.sh STEPS: four processes of one script, each of which reads a file of its own
# and writes another; then what they wrote, and how they ended.
#
# PACE=SECONDS  pause between the steps (0.05)
steps=$1
pace=${PACE:-0.05}

for name in a b c d; do
	seq "$steps" >"$name.in"
	(
		exec 5<"$name.in" 6>"$name.out"
		while read -r line <&5; do
			echo "$name $line" >&6
			sleep "$pace"
		done
		exit "$(printf %d "'$name")"
	) &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid"
	echo "ended with $?"
done
cat ./?.out
