#!/bin/bash
# self.sh N STATE [FILE]: counts to N, and when FILE is there ends; on SIGUSR1 saves in
# STATE how far it is and ends with 85. PACE=0: without pausing between its steps.
asked=
trap 'asked=1' USR1
save() {
	echo "$i" >"$1.new"
	mv "$1.new" "$1"
	exit 85
}
i=0
[ -z "$SLURM_CHECKPOINT_RESTART" ] || i=$(cat "$2")
while ((i < $1)); do
	echo "line $((++i))"
	((i % 50)) || echo "$i of $1" >&2
	[ -z "$asked" ] || save "$2"
	[ "$PACE" = 0 ] || sleep 0.05
done
while [ -n "$3" ] && [ ! -e "$3" ]; do
	[ -z "$asked" ] || save "$2"
	sleep 0.1
done
echo "total $i"
