#!/usr/bin/env bats
# Programs of Debian's as their users run them, who know nothing of checkpoints: whole runs
# that are preempted, compared with undisturbed ones. Programs and engines that are not
# there are skipped: what the trees have says testbed/lib/tree.sh, and others are brought by
# `testbed/cluster install`.

load lib
load gromacs

ALL="numpy multiprocessing R Octave make LAMMPS GROMACS"
REAL=$ROOT/test/cluster/programs/real
ROUNDS=5

has() { cluster run n1 sh -c 'command -v "$1" >/dev/null || test -e "$1"' _ "$1"; }

is_there() { # PROGRAM
	case $1 in
	multiprocessing) has python3 ;;
	numpy) cluster run n1 python3 -c 'import numpy' 2>/dev/null ;;
	R) has Rscript ;;
	Octave) has octave-cli ;;
	make) has libtoolize && has /usr/share/libtool/configure.ac ;;
	LAMMPS) has lmp ;;
	GROMACS) has gmx ;;
	esac
}

# The script of a program, in the directory of its run.
script() { # PROGRAM
	echo '#!/bin/bash'
	case $1 in
	numpy) echo "exec ../../qr.py ${STEPS:-2500}" ;;
	multiprocessing) echo "exec ../../pool.py ${STEPS:-2500}" ;;
	R) echo "exec Rscript ../../walk.R ${STEPS:-5000}" ;;
	Octave) echo "exec octave-cli --no-gui ../../walk.m ${STEPS:-3000}" ;;
	make) echo "exec ../../build.sh 3" ;;
	LAMMPS)
		# OpenMPI would listen to the network, and CRIU 4.1 does not save sockets.
		[[ $SUITE == forky ]] || echo "export OMPI_MCA_btl=self"
		echo "exec lmp -in ../../melt.in -log none -screen none -var restarted 0"
		;;
	GROMACS) echo "exec gmx -quiet mdrun -s ../../md.tpr -deffnm md -ntmpi 1 -ntomp 1 -reprod" ;;
	esac
}

# begin RUN [SBATCH-OPTION...]: all programs, each in $WORK/RUN/PROGRAM; their jobs' ids
begin() {
	local run=$1 program
	for program in $PROGRAMS; do
		alice mkdir -p "$WORK/$run/$program"
		script "$program" | put "$run/$program/job.sh"
		alice sh -c 'cd "$1" && shift && exec sbatch --parsable --mem=800 --output=out "$@" job.sh' _ \
			"$WORK/$run/$program" "${@:2}"
	done
}

# Whether each has ended well its own test sees.
await_all() { # JOB...
	local job
	for job; do wait_over "$job" 600 || true; done
}

# Those run that are not over, nor held: which the job's own test sees.
all_run() {
	local states
	states=$(root squeue -h -u alice -o "%T %r") || return 1
	! grep -v held <<<"$states" | grep -qE "PENDING|COMPLETING|CONFIGURING|REQUEUE"
}

# All nodes are taken for an instant, again and again, at random moments.
disturb() { # JOB...
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		until_true 120 "all run" all_run
		sleep "$((RANDOM % 2)).$((RANDOM % 1000))"
		bob sbatch -Q --wait --partition=high --nodes=4 --exclusive --output=/dev/null --wrap=true
	done
}

setup_file() {
	local engine program jobs
	echo "# SEED=$SEED" >&3
	new_workdir
	PROGRAMS=
	for program in $ALL; do
		if is_there "$program"; then PROGRAMS+=" $program"; fi
	done
	ENGINES=
	if has criu; then ENGINES+=" criu"; fi
	if has "${DMTCP:-/nowhere}/bin/dmtcp_launch"; then
		root sh -c 'cp /etc/slurm/checkpoint.conf /etc/slurm/checkpoint.conf.before
			echo "DmtcpPath=$1" >>/etc/slurm/checkpoint.conf' _ "$DMTCP"
		ENGINES+=" dmtcp"
	fi
	export WORK PROGRAMS ENGINES
	[[ -n $PROGRAMS && -n $ENGINES ]] || return 0
	for program in qr.py pool.py walk.R walk.m build.sh; do put "$program" <"$REAL/$program"; done
	put melt.in <"$ROOT/doc/examples/app/melt.in"
	if [[ $PROGRAMS == *GROMACS* ]]; then gromacs_prepare; fi
	mapfile -t jobs < <(begin undisturbed)
	await_all "${jobs[@]}"
	for engine in $ENGINES; do
		mapfile -t jobs < <(begin "$engine" --checkpoint --checkpoint-engine="$engine")
		export "JOBS_$engine=${jobs[*]}"
		disturb "${jobs[@]}"
		await_all "${jobs[@]}"
	done
}

teardown_file() {
	clean
	root sh -c 'cd /etc/slurm && [ ! -e checkpoint.conf.before ] || mv checkpoint.conf.before checkpoint.conf'
}

job_of() { # ENGINE PROGRAM
	local variable=JOBS_$1 jobs program job
	read -ra jobs <<<"${!variable}"
	for program in $PROGRAMS; do
		job=${jobs[0]} jobs=("${jobs[@]:1}")
		[[ $program != "$2" ]] || echo "$job"
	done
}

need() { # ENGINE PROGRAM
	[[ " $ENGINES " == *" $1 "* ]] || skip "no $1"
	[[ " $PROGRAMS " == *" $2 "* ]] || skip "no $2"
}

# is_same ENGINE PROGRAM FILE...: it went on again and again, and has made the same files
is_same() {
	local job file
	job=$(job_of "$1" "$2")
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(alice grep -c '"event":"restart"' "$(store "$job")/events")" -ge 2 ]
	for file in "${@:3}"; do
		[ "$(get "undisturbed/$2/$file" | wc -c)" -gt 0 ]
		alice cmp "$WORK/undisturbed/$2/$file" "$WORK/$1/$2/$file"
	done
}

@test "criu: python3 with multiprocessing" {
	need criu multiprocessing
	is_same criu multiprocessing out pool.log
}

@test "criu: python3 with numpy" {
	need criu numpy
	is_same criu numpy out trace.txt result.npy
}

@test "criu: R" {
	need criu R
	is_same criu R out values.csv result.csv
}

@test "criu: Octave" {
	need criu Octave
	is_same criu Octave out values.csv result.csv
}

@test "criu: a build with make -j2" {
	need criu make
	is_same criu make out
}

@test "criu: LAMMPS" {
	need criu LAMMPS
	is_same criu LAMMPS thermo.txt final.dump
}

@test "criu: GROMACS" {
	need criu GROMACS
	gromacs_computed undisturbed/GROMACS
	gromacs_computed criu/GROMACS
	is_same criu GROMACS trr.txt energy.txt
}

@test "dmtcp: python3 with multiprocessing" {
	need dmtcp multiprocessing
	is_same dmtcp multiprocessing out pool.log
}

@test "dmtcp: python3 with numpy" {
	need dmtcp numpy
	is_same dmtcp numpy out trace.txt result.npy
}

@test "dmtcp: R" {
	need dmtcp R
	is_same dmtcp R out values.csv result.csv
}

@test "dmtcp: Octave" {
	need dmtcp Octave
	is_same dmtcp Octave out values.csv result.csv
}

@test "dmtcp: a build with make -j2" {
	need dmtcp make
	is_same dmtcp make out
}

@test "dmtcp: LAMMPS" {
	need dmtcp LAMMPS
	is_same dmtcp LAMMPS thermo.txt final.dump
}

@test "dmtcp: GROMACS" {
	need dmtcp GROMACS
	gromacs_computed undisturbed/GROMACS
	gromacs_computed dmtcp/GROMACS
	is_same dmtcp GROMACS trr.txt energy.txt
}
