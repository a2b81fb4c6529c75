#!/bin/bash
# Counts to $1, and on SIGUSR1 saves how far it is in the file $2 and ends with 85.
# PACE=0: without pausing between its steps.
asked=
trap 'asked=1' USR1
i=0
[ -n "$SLURM_CHECKPOINT_RESTART" ] && i=$(cat "$2")
while ((i < $1)); do
	((i++))
	echo "line $i"
	((i % 50)) || echo "$i of $1" >&2
	if [ -n "$asked" ]; then
		echo "$i" >"$2.new"
		mv "$2.new" "$2"
		exit 85
	fi
	[ "$PACE" = 0 ] || sleep 0.05
done
echo "total $i"
