#!/bin/bash
#SBATCH --checkpoint=30m --checkpoint-signal=USR1 --checkpoint-exit-code=85
# LAMMPS takes no signals, but can look for a file (melt.in): then it writes its restart
# file and ends with 85, and so does this script.
trap 'touch stop' USR1
rm -f stop
lmp -in melt.in -log none -var restarted "${SLURM_CHECKPOINT_RESTART:-0}" &
# A wait that the signal interrupts has to be done again.
while wait $!; status=$?; ((status > 128)) && kill -0 $! 2>/dev/null; do :; done
exit $status
