#!/bin/bash
#SBATCH --checkpoint=30m --checkpoint-signal=USR1 --checkpoint-exit-code=85
# On SIGTERM mdrun writes its checkpoint at the next step at which it can, and ends with 0.
# Continuing it looks for the checkpoint, and puts its own files back to it.
stop() {
	asked=yes
	[ -z "$pid" ] || kill -TERM "$pid"
}
trap stop USR1
gmx -quiet mdrun -deffnm md -cpi md.cpt -ntmpi 1 -ntomp 1 -reprod &
pid=$!
[ -z "$asked" ] || kill -TERM "$pid"
while wait "$pid"; status=$?; ((status > 128)) && kill -0 "$pid" 2>/dev/null; do :; done
[ -z "$asked" ] || exit 85
exit "$status"
