#!/usr/bin/env bats
# Programs of Debian's that save themselves, as their users run them: whole runs that are
# preempted, compared with undisturbed ones.

load lib
load gromacs

setup() { new_workdir; }
teardown() { clean; }

need() { cluster run n1 sh -c 'command -v "$1"' _ "$2" >/dev/null || skip "no $1"; }

# run_both SCRIPT: in "ref" undisturbed; in "job" preempted four times at random moments
# of the first half, by what the undisturbed run took
run_both() {
	local ref job took pause
	echo "SEED=$SEED"
	ref=$(alice sh -c 'cd "$1" && exec sbatch --parsable --mem=1500 --output=out "$2"' _ "$WORK/ref" "../$1")
	wait_over "$ref" 300
	wait_accounted "$ref" "COMPLETED|0:0"
	took=$(root sacct -X -n -P -j "$ref" -o elapsedraw)
	job=$(alice sh -c 'cd "$1" && exec sbatch --parsable --mem=1500 --output=out --checkpoint \
		--checkpoint-signal=USR1 --checkpoint-exit-code=85 "$2"' _ "$WORK/job" "../$1")
	for _ in {1..4}; do
		wait_running "$job"
		pause=$((RANDOM % (took * 1000 / 8 + 1)))
		sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
		preempt "$job"
	done
	wait_over "$job" 300
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(restarts "$job")" -eq 4 ]
}

@test "LAMMPS, stopped by a file and going on from its restart file, computes the same" {
	need LAMMPS lmp
	alice mkdir "$WORK/ref" "$WORK/job"
	put lammps.sh <"$ROOT/doc/examples/app/lammps.sh"
	put melt.in <"$ROOT/doc/examples/app/melt.in"
	alice cp "$WORK/melt.in" "$WORK/ref"
	alice cp "$WORK/melt.in" "$WORK/job"
	run_both lammps.sh
	alice cmp "$WORK/ref/final.dump" "$WORK/job/final.dump"
	# LAMMPS puts an empty title before what it appends, and prints the step again at which
	# it goes on, if it is one at which it prints.
	diff <(get ref/thermo.txt | grep . | uniq) <(get job/thermo.txt | grep . | uniq)
	[ "$(get job/thermo.txt | grep . | uniq | wc -l)" -eq 61 ]
}

@test "GROMACS, stopped by SIGTERM and going on from its checkpoint, computes the same" {
	need GROMACS gmx
	alice mkdir "$WORK/ref" "$WORK/job"
	put gromacs.sh <"$ROOT/doc/examples/app/gromacs.sh"
	gromacs_prepare
	alice cp "$WORK/md.tpr" "$WORK/ref"
	alice cp "$WORK/md.tpr" "$WORK/job"
	run_both gromacs.sh
	gromacs_computed ref
	gromacs_computed job
	alice cmp "$WORK/ref/trr.txt" "$WORK/job/trr.txt"
	alice cmp "$WORK/ref/energy.txt" "$WORK/job/energy.txt"
	[ "$(get ref/energy.txt | wc -l)" -gt 10 ]
}
