# shellcheck shell=bash
# GROMACS in the tests: some water to compute, and what was computed of it.

# gromacs_prepare: md.tpr in the test's directory
gromacs_prepare() {
	put md.mdp <"$ROOT/doc/examples/app/md.mdp"
	cluster run -u alice n1 sh -c 'cd "$1" && {
		printf "#include \"oplsaa.ff/forcefield.itp\"\n#include \"oplsaa.ff/spce.itp\"\n[ system ]\nwater\n[ molecules ]\n" >topol.top
		gmx -quiet solvate -cs spc216 -box 2.2 2.2 2.2 -o water.gro -p topol.top
		gmx -quiet grompp -f md.mdp -c water.gro -p topol.top -o md.tpr -maxwarn 2; } >prepare.log 2>&1' _ "$WORK"
}

# gromacs_computed DIRECTORY: its trr.txt and energy.txt, without the date and the machine
# that are in the files of GROMACS as well
gromacs_computed() {
	cluster run -u alice n1 sh -c 'cd "$1" && gmx -quiet dump -f md.trr 2>/dev/null | grep -v "^md.trr" >trr.txt &&
		printf "%s\n" 1 2 3 4 5 6 7 8 0 | gmx -quiet energy -dp -f md.edr -o energy.xvg >/dev/null 2>&1 &&
		grep -v "^[#@]" energy.xvg >energy.txt' _ "$WORK/$1"
}
