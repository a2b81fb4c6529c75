#!/usr/bin/env bats
# Programs of Debian's that save themselves, as their users run them: whole runs that are
# preempted, compared with undisturbed ones.

load lib

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
	put md.mdp <"$ROOT/doc/examples/app/md.mdp"
	cluster run -u alice n1 sh -c 'cd "$1" && {
		printf "#include \"oplsaa.ff/forcefield.itp\"\n#include \"oplsaa.ff/spce.itp\"\n[ system ]\nwater\n[ molecules ]\n" >topol.top
		gmx -quiet solvate -cs spc216 -box 2.2 2.2 2.2 -o water.gro -p topol.top
		gmx -quiet grompp -f md.mdp -c water.gro -p topol.top -o md.tpr -maxwarn 2
		cp md.tpr ref && cp md.tpr job; } >prepare.log 2>&1' _ "$WORK"
	run_both gromacs.sh
	cluster run -u alice n1 sh -c 'cd "$1" && for d in ref job; do
		gmx -quiet dump -f $d/md.trr >$d/trr.txt 2>/dev/null || exit
		printf "%s\n" 1 2 3 4 5 6 7 8 0 | gmx -quiet energy -dp -f $d/md.edr -o $d/energy.xvg >/dev/null 2>&1 || exit
		grep -v "^[#@]" $d/energy.xvg >$d/energy.txt; done' _ "$WORK"
	diff <(get ref/trr.txt | grep -v "^ref/\|^job/") <(get job/trr.txt | grep -v "^ref/\|^job/")
	diff <(get ref/energy.txt) <(get job/energy.txt)
	[ "$(get ref/energy.txt | wc -l)" -gt 10 ]
}
