#!/bin/bash
# What an srun does inside a batch job, as text that is the same at every run, so
# that two sruns can be compared: run this with each, then diff.
#
#   srun_cases.sh submit [FILE]   submits the batch jobs (one of each shape below), waits,
#                                 writes what they said to FILE (default: stdout)
#   srun_cases.sh list            the names of the cases
#
# SRUN         the srun under test, by default the one in PATH; an absolute path
# ONLY         shell pattern: only the cases of these names
# SHAPES       which jobs, by default all: one cpt plain tpn two
# SBATCH_ARGS  more options for sbatch, such as those that make the job a protected one
# SHARED       a directory that all nodes see, by default the one this is started in
#
# Per case: its name, the commands, stdout (1>), stderr (2>, sorted, for srun and slurmstepd write it
# concurrently), exit status (=). Names of hosts, of the user, numbers of jobs and steps, times,
# process numbers and directories are replaced.
# Wants nodes of two CPUs with 2 GB, and task/affinity or task/cgroup for the cpu-bind cases.
set -u
shopt -s nullglob
export LC_ALL=C
SRUN=${SRUN:-$(command -v srun)}
ONLY=${ONLY:-*}
SELF=$(realpath -- "$0")

shape_args() {
	case $1 in
	one) echo -N1 -n2 ;;
	cpt) echo -N1 -n1 -c2 ;;
	plain) echo -N1 --exclusive ;;
	tpn) echo -N1 --ntasks-per-node=2 ;;
	two) echo -N2 -n4 ;;
	esac
}

#---------------------------------------------------------------- one case

# t [-s] [-u] NAME <commands. -s: sort stdout. -u: a line of stderr only once.
t() {
	local sort=cat uniq=cat name rc commands left
	while [[ $1 == -? ]]; do
		case $1 in
		-s) sort=sort ;;
		-u) uniq=uniq ;;
		esac
		shift
	done
	name=$SHAPE-$1
	commands=$(cat)
	# shellcheck disable=SC2053
	[[ $name == $ONLY ]] || return 0
	if [[ ${LIST-} ]]; then
		echo "$name"
		return
	fi
	mkdir -p "$W/$name"
	cd "$W/$name" || exit 1
	{ timeout -k 5 "${LIMIT-45}" bash -c "$commands" </dev/null >"$W/$name.out" 2>"$W/$name.err"; } 2>/dev/null
	rc=$?
	cd "$W" || exit 1
	left=$(steps_left)
	printf '\n=== %s\n' "$name"
	sed 's/^/$ /' <<<"$commands"
	normal "$name" <"$W/$name.out" | $sort | sed 's/^/1> /'
	normal "$name" <"$W/$name.err" | sort | $uniq | sed 's/^/2> /'
	printf '= %s\n' "$rc"
	[[ -z $left ]] || printf '! %s\n' "$left"
}

# Ends the steps that a case has left behind, so that they do not hold the CPUs.
steps_left() {
	local i steps
	for ((i = 0; i < 20; i++)); do
		steps=$(squeue -h -s -j "$SLURM_JOB_ID" -o %i 2>/dev/null | grep -vE 'batch|extern')
		[[ $steps ]] || return 0
		sleep 0.25
	done
	echo "left behind: $(wc -w <<<"$steps") step"
	# shellcheck disable=SC2086
	scancel $steps
	for ((i = 0; i < 40; i++)); do
		squeue -h -s -j "$SLURM_JOB_ID" -o %i 2>/dev/null | grep -vE 'batch|extern' | grep -q . || return 0
		sleep 0.25
	done
}

normal() {
	local sed=() i=0 host list
	list=$(sed 's/[].[]/\\&/g' <<<"$SLURM_JOB_NODELIST")
	sed+=(-e 's/slurmstepd-[[:alnum:]_.-]+:/slurmstepd:/')
	[[ $HOSTS != *[[:space:]]* ]] || sed+=(-e "s/$list/NODELIST/g")
	for host in $HOSTS; do
		i=$((i + 1))
		sed+=(-e "s/(^|[^-[:alnum:]_])$host\\b/\\1NODE$i/g")
	done
	# NUL bytes end lines; a last line without newline gets one
	# Whether a step had to wait depends on the load; the last words of slurmstepd when a step is
	# killed do not always arrive.
	tr '\0' '\n' | sed -E \
		-e '/^srun: error: _attempt_accept: .*Bad file descriptor$/d' -e '/^srun: Step created for StepId=/d' -e '/step creation (temporarily disabled|still disabled)/d' \
		"${sed[@]}" -e "s#$W/$1#DIR#g" -e "s#$W#TOP#g" -e "s#$HOMEDIR#HOME#g" \
		-e "s#\\b([Jj]ob |[Jj]ob step |JobId=|StepId=|STEP |SLURM_JOB_?ID=|/job_?)$SLURM_JOB_ID\\b#\\1JOBID#g" \
		-e "s#$SRUN#SRUN#g" -e "s#^${SRUN##*/}: #srun: #" \
		-e "s#\\b$USER_\\b#USER#g" \
		-e 's/\bJOBID\.[0-9]+/JOBID.STEP/g' \
		-e 's/StepId=[0-9]+\.[0-9]+/StepId=JOBID.STEP/g' \
		-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?/TIME/g' \
		-e 's/^([0-9]+: )?\[TIME\] error:/\1slurmstepd: error:/' \
		-e 's/^(srun: jobid *:? )[0-9]+/\1JOBID/' \
		-e '/error: \*\*\* STEP JOBID\.STEP ON NODE[0-9]+ CANCELLED AT TIME( DUE to SIGNAL Killed)? \*\*\*$/d' \
		-e 's/Waiting up to [0-9]+ seconds/Waiting up to N seconds/' \
		-e 's/\[[0-9]+\]: mask/[PID]: mask/' -e 's/\bpid [0-9]+/pid PID/g' -e 's/(pipe|socket):\[[0-9]+\]/\1:[N]/' \
		-e 's/(slurm(-wlm)?) [0-9]+\.[0-9]+\.[0-9]+.*/\1 VERSION/' \
		-e '$a\'
}

#---------------------------------------------------------------- helpers of the commands

helpers() {
	mkdir -p "$W/bin"
	# waits until N tasks have said up
	cat >"$W/bin/ready" <<-'E'
		#!/bin/bash
		shopt -s nullglob
		for ((i = 0; i < 300; i++)); do
			up=(up.*)
			((${#up[@]} >= $1)) && exit
			sleep 0.1
		done
		echo "not ready"
	E
	# waits for the start of a second: 26.05 takes a second SIGINT for "within 1 sec" only if it
	# comes in the same second of the clock
	cat >"$W/bin/tick" <<-'E'
		#!/bin/bash
		while [[ $(date +%1N) != 0 ]]; do sleep 0.02; done
	E
	# says how many of the intervals "begin end" of files iv.* were open at once
	cat >"$W/bin/overlap" <<-'E'
		#!/bin/bash
		cat iv.* | awk '{ print $1, 1; print $2, -1 }' | sort -n -k1,1 -k2,2 |
			awk '{ n += $2; if (n > m) m = n } END { print "at once: " m + 0 }'
	E
	# an interval of $1 seconds
	cat >"$W/bin/interval" <<-'E'
		#!/bin/bash
		b=$(date +%s.%N); sleep "$1"; echo "$b $(date +%s.%N)" >"iv.${2-$SLURM_STEP_ID.$SLURM_PROCID}"
	E
	# the job's variables of a task, without what is volatile
	cat >"$W/bin/vars" <<-'E'
		#!/bin/bash
		env | grep -E '^(SLURM|SRUN|SBATCH|PMI|GPU|CUDA|TMPDIR|ROCR|OMPI|PWD=)' | sort | sed -E \
			-e 's/^(SLURM_(TASK_PID|SRUN_COMM_PORT|STEP_LAUNCHER_PORT|LAUNCH_NODE_IPADDR|STEPID|STEP_ID|JOB_START_TIME|JOB_END_TIME|JOB_SLUID|SLUID|SUBMIT_HOST|SUBMIT_DIR|CLUSTER_NAME|JOB_UID|JOB_GID|JOB_GROUP|JOB_PARTITION|CONF|SRUN_COMM_HOST|PMIXP_[A-Z_]*|PMIX_[A-Z_]*|MPI_TYPE|OOM_KILL_STEP|JOB_ACCOUNT|JOB_QOS|PRIO_PROCESS))=.+/\1=.../' |
			grep -vE '^(SLURM_SPANK|SLURM_PMIX|PMIX|SRUN=|SLURM_RESTART_COUNT=)'
	E
	chmod +x "$W"/bin/*
	PATH=$W/bin:$PATH
}

#---------------------------------------------------------------- cases: a job of one node and two tasks

shape_one() {
	# how many tasks, and of what
	t -s inherit-ntasks <<'E'
$SRUN sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS'
E
	t ntasks-unset <<'E'
env -u SLURM_NTASKS -u SLURM_NPROCS $SRUN sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS'
E
	t env-ntasks-1 <<'E'
SLURM_NTASKS=1 $SRUN sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS'
SLURM_NPROCS=1 $SRUN sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS' | sort
env -u SLURM_NTASKS SLURM_NPROCS=1 $SRUN sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS'
E
	t n1 <<'E'
$SRUN -n1 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, cpus ${SLURM_CPUS_PER_TASK-unset}, $(nproc)'
E
	t n1-exact <<'E'
$SRUN -n1 --exact sh -c 'echo cpus $SLURM_CPUS_ON_NODE, $(nproc)'
$SRUN -n1 --exclusive sh -c 'echo cpus $SLURM_CPUS_ON_NODE, $(nproc)'
$SRUN -n1 --overlap sh -c 'echo cpus $SLURM_CPUS_ON_NODE, $(nproc)'
SLURM_EXACT=1 $SRUN -n1 sh -c 'echo cpus $SLURM_CPUS_ON_NODE, $(nproc)'
E
	t n1-c2 <<'E'
$SRUN -n1 -c2 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, cpus ${SLURM_CPUS_PER_TASK-unset}, $(nproc)'
$SRUN -n1 -c1 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, cpus ${SLURM_CPUS_PER_TASK-unset}, $(nproc)'
E
	t c1-only <<'E'
$SRUN -c1 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, cpus ${SLURM_CPUS_PER_TASK-unset}, $(nproc)' | sort
E
	t c2-only <<'E'
$SRUN -c2 true
E
	t env-cpus-per-task <<'E'
echo SLURM; SLURM_CPUS_PER_TASK=2 $SRUN -n1 sh -c 'echo ${SLURM_CPUS_PER_TASK-unset} ${SRUN_CPUS_PER_TASK-unset} $(nproc)'
echo SRUN; SRUN_CPUS_PER_TASK=2 $SRUN -n1 sh -c 'echo ${SLURM_CPUS_PER_TASK-unset} ${SRUN_CPUS_PER_TASK-unset} $(nproc)'
echo both; SLURM_CPUS_PER_TASK=1 SRUN_CPUS_PER_TASK=2 $SRUN -n1 --exact sh -c 'echo ${SLURM_CPUS_PER_TASK-unset} ${SRUN_CPUS_PER_TASK-unset} $(nproc)'
E
	t too-many-tasks <<'E'
$SRUN -n3 true
E
	t overcommit <<'E'
$SRUN -n3 -O sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS' | sort
SLURM_OVERCOMMIT=1 $SRUN -n3 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS' | sort
E
	t too-many-nodes <<'E'
$SRUN -N2 true
E
	t env-nnodes-2 <<'E'
SLURM_NNODES=2 $SRUN true
SLURM_JOB_NUM_NODES=2 $SRUN true
E
	t nodelist-own <<'E'
$SRUN -w $SLURMD_NODENAME -n1 sh -c 'echo $SLURMD_NODENAME $SLURM_STEP_NODELIST'
E
	t nodelist-outside <<'E'
$SRUN -w no-such-node -n1 true
E
	t exclude-own <<'E'
$SRUN -x $SLURMD_NODENAME -n1 true
E
	t ntasks-per-node <<'E'
$SRUN --ntasks-per-node=1 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, ${SLURM_NTASKS_PER_NODE-unset}' | sort
$SRUN --ntasks-per-node=2 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, ${SLURM_NTASKS_PER_NODE-unset}' | sort
$SRUN -n1 --ntasks-per-node=2 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, ${SLURM_NTASKS_PER_NODE-unset}' | sort
E
	t ntasks-per-node-3 <<'E'
$SRUN --ntasks-per-node=3 true
E
	t env-ntasks-per-node-3 <<'E'
SLURM_NTASKS_PER_NODE=3 $SRUN sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS' | sort
env -u SLURM_NTASKS -u SLURM_NPROCS SLURM_NTASKS_PER_NODE=2 $SRUN sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS' | sort
E
	t mem-too-large <<'E'
timeout 5 $SRUN -n1 --mem=9000 true
E
	t mem-per-cpu-too-large <<'E'
timeout 5 $SRUN -n1 --mem-per-cpu=9000 true
E
	t mem-ok <<'E'
$SRUN -n1 --mem=100 sh -c 'echo ${SLURM_MEM_PER_NODE-unset} ${SLURM_MEM_PER_CPU-unset}'
$SRUN -n1 --mem=0 sh -c 'echo ${SLURM_MEM_PER_NODE-unset} ${SLURM_MEM_PER_CPU-unset}'
$SRUN -n1 --mem-per-cpu=100 sh -c 'echo ${SLURM_MEM_PER_NODE-unset} ${SLURM_MEM_PER_CPU-unset}'
$SRUN -n1 sh -c 'echo ${SLURM_MEM_PER_NODE-unset} ${SLURM_MEM_PER_CPU-unset}'
E
	t mem-both <<'E'
$SRUN -n1 --mem=100 --mem-per-cpu=100 sh -c 'echo ${SLURM_MEM_PER_NODE-unset} ${SLURM_MEM_PER_CPU-unset}'
E
	t accepted-and-ignored <<'E'
$SRUN -n1 -p nosuch -A nosuch --qos nosuch --hold --begin=now+1hour --dependency=afterok:1 --nice=5 --comment=x --reservation=nosuch --mail-user=x --wckey=y echo ran
E
	t constraint <<'E'
$SRUN -n1 -C nosuch echo ran
E

	# several at once
	t -u at-once-exact <<'E'
for i in 1 2 3 4; do $SRUN -n1 --exact --mem-per-cpu=100 interval 2 & done; wait; overlap
E
	t -u at-once-exclusive <<'E'
for i in 1 2 3 4; do $SRUN -n1 --exclusive --mem-per-cpu=100 interval 2 & done; wait; overlap
E
	t -u at-once-plain <<'E'
for i in 1 2 3; do $SRUN -n1 interval 1 & done; wait; overlap
E
	t -u at-once-overlap <<'E'
for i in 1 2 3 4; do $SRUN -n1 --overlap interval 3 & done; wait; overlap
E
	t -u at-once-memory <<'E'
for i in 1 2; do $SRUN -n1 --exact interval 2 & done; wait; overlap
for i in 1 2; do $SRUN -n1 --exact --mem=1600 interval 1 a$i & done; wait; rm -f iv.[0-9]*; overlap
E
	t -u wait-for-cpus <<'E'
$SRUN -n2 --exact sh -c 'touch up.$SLURM_PROCID; sleep 2; touch first-done' & ready 2
$SRUN -n1 --exact sh -c 'test -e first-done && echo began after the first'
wait
E
	t immediate <<'E'
$SRUN -n2 --exact sh -c 'touch up.$SLURM_PROCID; sleep 4' & ready 2
$SRUN -n1 --exact --immediate=1 true; echo status $?
wait
E
	t -u cancel-while-waiting <<'E'
$SRUN -n2 --exact sh -c 'touch up.$SLURM_PROCID; sleep 6' & ready 2
env --default-signal $SRUN -n1 --exact true & p=$!; sleep 2; kill -INT $p; wait $p; echo status $?
env --default-signal $SRUN -n1 --exact true & p=$!; sleep 2; kill -TERM $p; wait $p; echo status $?
wait
E
	t -u nested <<'E'
$SRUN -n1 timeout 3 $SRUN -n1 true
E
	t nested-overlap <<'E'
$SRUN -n2 $SRUN --overlap -n1 sh -c 'echo inner $SLURM_PROCID of $SLURM_NTASKS'
E
	t nested-outer-overlap <<'E'
$SRUN -n1 --overlap sh -c '$SRUN -n2 sh -c "echo inner \$SLURM_PROCID of \$SLURM_NTASKS" | sort'
E
	t background <<'E'
$SRUN -n1 --overlap sh -c 'exit 3' & a=$!; $SRUN -n1 --overlap sh -c 'exit 4' & b=$!
wait $a; echo $?; wait $b; echo $?
E
	t step-ids <<'E'
for i in 1 2 3 4 5; do $SRUN -n1 sh -c 'echo $SLURM_STEP_ID'; done | awk 'NR > 1 { print $1 - last } { last = $1 }'
$SRUN -n2 sh -c 'echo $SLURM_STEP_ID $SLURM_STEPID' | sort -u | awk '{ print NR, $1 == $2 }'
E
	LIMIT=200 t two-hundred <<'E'
for ((i = 0; i < 200; i++)); do $SRUN -n1 sh -c 'echo $SLURM_STEP_ID' || echo failed; done |
	awk 'NR > 1 && $1 != last + 1 { odd++ } { last = $1 } END { print NR " steps, out of order: " odd + 0 }'
E
	t failed-takes-a-number <<'E'
a=$($SRUN -n1 sh -c 'echo $SLURM_STEP_ID'); $SRUN -n9 true 2>/dev/null; $SRUN -n1 /nosuch 2>/dev/null; b=$($SRUN -n1 sh -c 'echo $SLURM_STEP_ID')
echo $((b - a))
E

	# what a task sees
	t vars-n1 <<'E'
$SRUN -n1 vars
E
	t vars-task1 <<'E'
$SRUN sh -c '[ $SLURM_PROCID = 1 ] || exit 0; vars'
E
	t vars-options <<'E'
env >before; $SRUN -n2 -c1 --exact --mem=100 -J name -K1 -W9 -m cyclic --cpu-bind=none --chdir=/tmp --ntasks-per-node=2 --open-mode=append -O \
	--threads-per-core=1 --hint=nomultithread --mpi=none --overlap -t 5 sh -c '[ $SLURM_PROCID = 1 ] || exit 0; vars'
E
	t -s vars-passed <<'E'
A='two words' B=$'two\nlines' $SRUN -n1 sh -c 'echo "$A"; echo "$B"'
E
	t export-none <<'E'
A=1 $SRUN -n1 --export=NONE sh -c 'echo A ${A-unset} HOME ${HOME-unset} PATH ${PATH:+set} SLURM_JOB_ID ${SLURM_JOB_ID:+set} ${SLURM_PROCID-unset} USER ${USER-unset} ${SLURM_SUBMIT_DIR:+submit dir}'
A=1 $SRUN -n1 --export=NONE /bin/sh -c 'echo A ${A-unset} HOME ${HOME-unset} PATH ${PATH:+set} SLURM_JOB_ID ${SLURM_JOB_ID:+set} ${SLURM_PROCID-unset} USER ${USER-unset} ${SLURM_SUBMIT_DIR:+submit dir}'
A=1 $SRUN -n1 --export=NIL /bin/sh -c 'echo A ${A-unset} HOME ${HOME-unset} PATH ${PATH:+set} SLURM_JOB_ID ${SLURM_JOB_ID:+set} ${SLURM_PROCID-unset}'
E
	t export-some <<'E'
A=1 B=2 $SRUN -n1 --export=A sh -c 'echo A ${A-unset} B ${B-unset} HOME ${HOME:+set}'
A=1 B=2 $SRUN -n1 --export=A,C=3 sh -c 'echo A ${A-unset} B ${B-unset} C ${C-unset}'
A=1 B=2 $SRUN -n1 --export=ALL,C=3,A=9 sh -c 'echo A ${A-unset} B ${B-unset} C ${C-unset}'
A=1 B=2 $SRUN -n1 --export=ALL sh -c 'echo A ${A-unset} B ${B-unset} C ${C-unset}'
A=1 B=2 $SRUN -n1 --export=C='x y',D="'p,q'" sh -c 'echo A ${A-unset} B ${B-unset} C ${C-unset} D ${D-unset}'
A=1 B=2 $SRUN -n1 --export=nosuch /bin/sh -c 'echo A ${A-unset} B ${B-unset} PATH ${PATH:+set} HOME ${HOME:+set} ${SLURM_JOB_ID:+job}'
A=1 B=2 $SRUN -n1 --export=C='x y',D="'p,q'" /bin/sh -c 'echo A ${A-unset} B ${B-unset} C ${C-unset} D ${D-unset}'
E
	t export-env <<'E'
A=1 SLURM_EXPORT_ENV=NONE $SRUN -n1 sh -c 'echo A ${A-unset} SLURM_EXPORT_ENV ${SLURM_EXPORT_ENV-unset} SRUN_EXPORT_ENV ${SRUN_EXPORT_ENV-unset}'
A=1 SRUN_EXPORT_ENV=NONE $SRUN -n1 sh -c 'echo A ${A-unset} SLURM_EXPORT_ENV ${SLURM_EXPORT_ENV-unset} SRUN_EXPORT_ENV ${SRUN_EXPORT_ENV-unset}'
A=1 SLURM_EXPORT_ENV=NONE $SRUN -n1 /bin/sh -c 'echo A ${A-unset} SLURM_EXPORT_ENV ${SLURM_EXPORT_ENV-unset} SRUN_EXPORT_ENV ${SRUN_EXPORT_ENV-unset}'
A=1 SLURM_EXPORT_ENV=NONE $SRUN -n1 --export=ALL sh -c 'echo A ${A-unset} SLURM_EXPORT_ENV ${SLURM_EXPORT_ENV-unset}'
E
	t preserve-env <<'E'
SLURM_NTASKS=7 SLURM_NNODES=1 $SRUN -n1 -E sh -c 'echo $SLURM_NTASKS $SLURM_NNODES $SLURM_STEP_NUM_TASKS'
SLURM_NTASKS=7 SLURM_NNODES=1 $SRUN -n1 sh -c 'echo $SLURM_NTASKS $SLURM_NNODES $SLURM_STEP_NUM_TASKS'
E
	t process <<'E'
umask 027; $SRUN -n1 sh -c 'umask; pwd; id -u; id -Gn; nice'
$SRUN -n1 awk '{ print "leader of group:", $1 == $5, "of session:", $1 == $6, "tty:", $7 }' /proc/self/stat
$SRUN -n1 bash -c 'ls /proc/self/fd | wc -l; for i in 0 1 2; do readlink /proc/self/fd/$i | cut -d: -f1; done'
$SRUN -n1 grep -E '^Sig(Blk|Ign)' /proc/self/status
E
	t job-name <<'E'
$SRUN -n1 -J other sh -c 'echo ${SLURM_JOB_NAME-unset}'
SLURM_JOB_NAME=third $SRUN -n1 sh -c 'echo ${SLURM_JOB_NAME-unset}'
E
	t limits <<'E'
ulimit -S -n 500; ulimit -S -c 0; $SRUN -n1 bash -c 'ulimit -S -n; ulimit -S -c'
$SRUN -n1 --propagate=CORE bash -c '[ $(ulimit -S -n) = 500 ]; echo $?'
$SRUN -n1 --propagate=NONE bash -c '[ $(ulimit -S -n) = 500 ]; echo $?'
$SRUN -n1 --propagate=NOFILE bash -c 'ulimit -S -n'
SLURM_PROPAGATE=NONE $SRUN -n1 bash -c '[ $(ulimit -S -n) = 500 ]; echo $?'
$SRUN -n1 bash -c 'echo ${SLURM_RLIMIT_NOFILE-unset}'
E
	t limits-bad <<'E'
$SRUN -n1 --propagate=NOSUCH true
E
	t chdir <<'E'
mkdir sub; $SRUN -n1 --chdir=sub pwd; $SRUN -n1 -D $PWD/sub pwd; SLURM_REMOTE_CWD=/usr $SRUN -n1 pwd; SLURM_WORKING_DIR=/var $SRUN -n1 pwd
E
	t -u chdir-missing <<'E'
$SRUN -n1 --chdir=/no/such/dir pwd
E
	t path-lookup <<'E'
printf '#!/bin/sh\necho local\n' >prog; chmod +x prog
$SRUN -n1 ./prog; $SRUN -n1 prog; PATH=$PWD:$PATH $SRUN -n1 prog; PATH=$PWD:$PATH $SRUN -n1 --export=PATH=/bin prog
E

	# labels, stdout, stderr
	t label-1 <<'E'
$SRUN -n1 -l echo out; $SRUN -n1 --label sh -c 'echo err >&2'
SLURM_LABELIO=1 $SRUN -n1 echo out
E
	t -s label-12 <<'E'
$SRUN -n12 -O -l sh -c 'echo out; echo err >&2'
E
	t label-lines <<'E'
$SRUN -n1 -l printf 'one\n\ntwo\nno newline'
$SRUN -n1 printf 'no newline'
E
	t -s label-2-lines <<'E'
$SRUN -n2 -l seq 3
E
	t output-file <<'E'
$SRUN -o out sh -c 'echo out; echo err >&2'; sort out
$SRUN -o out1 -e err1 -n1 sh -c 'echo out; echo err >&2'; cat out1 err1
$SRUN -e err2 -n1 sh -c 'echo out; echo err >&2'; cat err2
$SRUN -o none -n1 sh -c 'echo out; echo err >&2'; $SRUN -e none -n1 sh -c 'echo out; echo err >&2'; ls
SLURM_STDOUTMODE=o3 SLURM_STDERRMODE=e3 $SRUN -n1 sh -c 'echo out; echo err >&2'; cat o3 e3
SRUN_OUTPUT=o4 SRUN_ERROR=e4 $SRUN -n1 sh -c 'echo out; echo err >&2'; ls [oe]4
E
	t output-patterns <<'E'
for p in j J s t N n u x A a % 3t 4n 12j 6s 12u j-%t %t z; do
	mkdir d; cd d; $SRUN -n1 -J nm -o "p%$p-" sh -c 'echo $SLURM_STEP_ID'
	for f in *; do
		s=$(cat "$f")
		case $p in
		j | A | j-%t) g=${f/$SLURM_JOB_ID/JOBID} ;;
		J) g=${f/$SLURM_JOB_ID.$s/JOBID.STEP} ;;
		s) g=${f/$s/STEP} ;;
		12j | 6s) g="${#f} characters" ;;
		N) g=${f/$SLURMD_NODENAME/NODE} ;;
		u | 12u) g=${f/$(id -un)/USER} ;;
		*) g=$f ;;
		esac
		echo "%$p: $g"
	done; cd ..; rm -r d
done
E
	t output-per-task <<'E'
$SRUN -n2 -o 'o.%t' -e 'e.%t' sh -c 'echo out $SLURM_PROCID; echo err $SLURM_PROCID >&2'; grep . o.* e.*
$SRUN -n2 -l -o 'l.%t' sh -c 'echo out $SLURM_PROCID'; grep . l.*
$SRUN -n12 -O -o 'm.%2t' sh -c 'echo $SLURM_PROCID'; grep . m.*
E
	t output-task-id <<'E'
$SRUN -n2 -o 1 sh -c 'echo out $SLURM_PROCID'; ls; $SRUN -n2 -e 0 sh -c 'echo err $SLURM_PROCID >&2'; $SRUN -n2 -o 7 sh -c 'echo out $SLURM_PROCID'; echo $?; ls
E
	t open-mode <<'E'
echo old >f; $SRUN -n1 -o f echo new; cat f
echo old >f; $SRUN -n1 -o f --open-mode=append echo new; cat f
echo old >f; $SRUN -n1 -o f --open-mode=truncate echo new; cat f
echo old >f; SLURM_OPEN_MODE=a $SRUN -n1 -o f echo new; cat f
echo old >f; $SRUN -n2 -o 'f%t' --open-mode=append echo new; $SRUN -n2 -o 'f%t' --open-mode=append echo new; grep . f0 f1
$SRUN -n1 --open-mode=x true
E
	t output-missing-dir <<'E'
$SRUN -n1 -o no/such/dir/f echo out; echo $?; $SRUN -n1 -o 'no/such/dir/%t' echo out
E
	t output-same-file <<'E'
$SRUN -n1 -o f -e f sh -c 'echo out; echo err >&2'; sort f
E
	t output-large <<'E'
$SRUN -n1 head -c 20000000 /dev/zero | wc -c; $SRUN -n1 sh -c 'head -c 3000000 /dev/zero | tr "\0" x' | wc
$SRUN -n2 -o 's.%t' seq 100000; cat s.* | sort -n | uniq -c | awk '{ n++; if ($1 != 2) bad++ } END { print n, bad + 0 }'
head -c 300000 /dev/urandom >f; $SRUN -n1 cat f | cmp - f && echo binary ok
E
	t output-closed-pipe <<'E'
timeout 20 $SRUN -n1 seq 1 200000 2>/dev/null | head -n1
E
	t buffered-line <<'E'
$SRUN -n1 sh -c 'printf part; sleep 4; echo' | { IFS= read -r -N4 -t 2.5 x && echo "early: $x" || echo late; cat >/dev/null; }
$SRUN -n1 -u sh -c 'printf part; sleep 4; echo' | { IFS= read -r -N4 -t 2.5 x && echo "early: $x" || echo late; cat >/dev/null; }
SLURM_UNBUFFEREDIO=1 $SRUN -n1 sh -c 'printf part; sleep 4; echo' | { IFS= read -r -N4 -t 2.5 x && echo "early: $x" || echo late; cat >/dev/null; }
E
	t unbuffered-label <<'E'
$SRUN -n1 -u -l sh -c 'printf a; sleep 1; echo b; echo c'
E

	# stdin
	t -s stdin-all <<'E'
printf 'a\nb\n' | $SRUN -n2 -l cat
E
	t stdin-eof <<'E'
: | $SRUN -n2 sh -c 'cat; echo eof'
E
	t stdin-large <<'E'
seq 300000 | $SRUN -n2 md5sum | sort | uniq -c | awk '{ print $1, $2 }'; seq 300000 | md5sum | cut -d' ' -f1
E
	t -s stdin-file <<'E'
printf 'a\nb\n' >in; $SRUN -n2 -l -i in cat
E
	t stdin-none <<'E'
echo a | $SRUN -n1 -i none cat; echo $?; echo a | SLURM_STDINMODE=none $SRUN -n1 cat; echo a | $SRUN -n1 -i none readlink /proc/self/fd/0; echo a | $SRUN -n1 sh -c 'readlink /proc/self/fd/0 | cut -d: -f1'
E
	t -s stdin-task-id <<'E'
echo a | $SRUN -n2 -l -i 1 sh -c 'cat; echo eof'
E
	t stdin-loop <<'E'
printf '1\n2\n3\n' | while read -r x; do $SRUN -n1 echo step $x; done
printf '1\n2\n3\n' | while read -r x; do $SRUN -n1 -i none echo step $x; done
E
	t stdin-ignored <<'E'
yes | timeout 20 $SRUN -n1 true; echo ${PIPESTATUS[1]}
E
	t stdin-interactive <<'E'
mkfifo p q; $SRUN -n1 -u cat <p >q & exec 3>p 4<q; echo one >&3; read -r -t 10 x <&4; echo "got $x"; echo two >&3; read -r -t 10 x <&4; echo "got $x"; exec 3>&-; wait $!; echo $?
E

	# how it ends
	t exit-status <<'E'
for i in 0 1 2 77 126 127 128 255 256; do $SRUN -n1 sh -c "exit $i"; echo $?; done
E
	t exit-highest <<'E'
$SRUN -n2 sh -c 'exit $((5 - SLURM_PROCID * 2))'; echo $?; $SRUN -n2 sh -c 'exit $((3 + SLURM_PROCID * 2))'
E
	t exit-same <<'E'
$SRUN -n2 sh -c 'exit 3'
E
	t exit-12 <<'E'
$SRUN -n12 -O sh -c 'case $SLURM_PROCID in 1|2|3|7|9|10) exit 4; esac'
E
	t signal-kill <<'E'
$SRUN -n1 sh -c 'kill -KILL $$'
E
	t signal-term <<'E'
$SRUN -n1 sh -c 'kill -TERM $$'
E
	t signal-segv <<'E'
ulimit -c 0; $SRUN -n1 sh -c 'kill -SEGV $$'
E
	t signal-usr1 <<'E'
$SRUN -n1 sh -c 'kill -USR1 $$'; echo $?; $SRUN -n1 sh -c 'kill -40 $$'
E
	t signal-and-status <<'E'
$SRUN -n2 -K0 sh -c '[ $SLURM_PROCID = 0 ] && exit 200; kill -KILL $$'
E
	t signal-both <<'E'
$SRUN -n2 sh -c 'sleep 1; kill -KILL $$'
E
	t bad-exit-default <<'E'
$SRUN -n2 sh -c '[ $SLURM_PROCID = 1 ] && exit 3; sleep 2; echo done'
E
	t bad-exit-signal-default <<'E'
$SRUN -n2 sh -c '[ $SLURM_PROCID = 1 ] && kill -KILL $$; sleep 2; echo done'
E
	t bad-exit-1 <<'E'
$SRUN -n2 -K sh -c '[ $SLURM_PROCID = 1 ] && exit 3; exec sleep 30'
E
	t bad-exit-1-signal <<'E'
$SRUN -n2 --kill-on-bad-exit=1 sh -c '[ $SLURM_PROCID = 1 ] && kill -KILL $$; exec sleep 30'
E
	t bad-exit-0 <<'E'
$SRUN -n2 --kill-on-bad-exit=0 sh -c '[ $SLURM_PROCID = 1 ] && exit 3; sleep 2; echo done'
E
	t bad-exit-env <<'E'
SLURM_KILL_BAD_EXIT=1 $SRUN -n2 sh -c '[ $SLURM_PROCID = 1 ] && exit 3; exec sleep 30'
E
	t wait <<'E'
$SRUN -n2 -W2 sh -c '[ $SLURM_PROCID = 0 ] && exit 0; exec sleep 30'; echo $?; $SRUN -n2 --wait=0 sh -c '[ $SLURM_PROCID = 0 ] && exit 0; sleep 2; echo done'
E
	t wait-env <<'E'
SLURM_WAIT=2 $SRUN -n2 sh -c '[ $SLURM_PROCID = 0 ] && exit 0; exec sleep 30'
E
	t exit-error-env <<'E'
SLURM_EXIT_ERROR=66 $SRUN -n9 true; echo $?; SLURM_EXIT_ERROR=66 $SRUN --nosuch true; echo $?; SLURM_EXIT_ERROR=66 $SRUN -n1 /nosuch
E
	t orphans <<'E'
$SRUN -n1 sh -c 'sleep 987 & echo started'; sleep 1; pgrep -f '^sleep 987' | wc -l
E
	t orphan-holds-stdout <<'E'
timeout 20 $SRUN -n1 sh -c '(sleep 3; echo late) & echo started'; echo $?
E

	# what cannot be run
	t not-found <<'E'
$SRUN -n2 no-such-program
E
	t not-found-path <<'E'
$SRUN -n1 /no/such/program; echo $?; $SRUN -n1 ./no-such-program
E
	t not-executable <<'E'
echo 'echo ran' >prog; $SRUN -n1 ./prog; echo $?; chmod +x prog; $SRUN -n1 ./prog; echo $?; : >empty; chmod +x empty; $SRUN -n1 ./empty
E
	t directory <<'E'
mkdir dir; $SRUN -n1 ./dir; echo $?; $SRUN -n1 /tmp
E
	t bad-interpreter <<'E'
printf '#!/no/such/shell\n' >prog; chmod +x prog; $SRUN -n1 ./prog
E

	# signals to srun
	t int-once <<'E'
env --default-signal $SRUN -n1 sh -c 'touch up.0; sleep 4; echo done' & p=$!; ready 1; kill -INT $p; wait $p
E
	t int-twice <<'E'
env --default-signal $SRUN -n1 sh -c 'touch up.0; exec sleep 30' & p=$!; ready 1; tick; kill -INT $p; sleep 0.3; kill -INT $p; wait $p
E
	t int-twice-trapped <<'E'
env --default-signal $SRUN -n1 bash -c 'trap "echo caught; exit 5" INT; touch up.0; for i in {1..300}; do sleep 0.1; done' & p=$!; ready 1; sleep 0.3; tick; kill -INT $p; sleep 0.3; kill -INT $p; wait $p
E
	t int-slowly <<'E'
env --default-signal $SRUN -n1 sh -c 'touch up.0; sleep 6; echo done' & p=$!; ready 1; kill -INT $p; sleep 2; kill -INT $p; wait $p
E
	t int-2-tasks <<'E'
env --default-signal $SRUN -n2 sh -c 'touch up.$SLURM_PROCID; sleep 4' & p=$!; ready 2; kill -INT $p; wait $p
E
	t quit-on-interrupt <<'E'
env --default-signal $SRUN -n1 --quit-on-interrupt sh -c 'touch up.0; exec sleep 30' & p=$!; ready 1; kill -INT $p; wait $p
E
	t disable-status <<'E'
env --default-signal $SRUN -n1 -X bash -c 'trap "echo caught; exit 5" INT; touch up.0; for i in {1..300}; do sleep 0.1; done' & p=$!; ready 1; sleep 0.3; kill -INT $p; wait $p
E
	t term <<'E'
env --default-signal $SRUN -n1 sh -c 'touch up.0; exec sleep 30' & p=$!; ready 1; sleep 0.3; kill -TERM $p; wait $p
E
	t term-trapped <<'E'
env --default-signal $SRUN -n1 bash -c 'trap "echo caught; exit 5" TERM; touch up.0; for i in {1..300}; do sleep 0.1; done' & p=$!; ready 1; sleep 0.3; kill -TERM $p; wait $p
E
	t quit <<'E'
env --default-signal $SRUN -n1 sh -c 'touch up.0; exec sleep 30' & p=$!; ready 1; sleep 0.3; kill -QUIT $p; wait $p
E
	t hup <<'E'
env --default-signal $SRUN -n1 sh -c 'touch up.0; exec sleep 5' & p=$!; ready 1; sleep 0.3; kill -HUP $p; wait $p
E
	for s in USR1 USR2 CONT ALRM; do
		t forward-$s <<E
env --default-signal \$SRUN -n2 bash -c 'trap "touch got.\$SLURM_PROCID" $s; touch up.\$SLURM_PROCID; for i in {1..40}; do sleep 0.1; done' & p=\$!; ready 2; sleep 0.5; kill -$s \$p; wait \$p; echo \$?; ls got.* 2>/dev/null
E
	done
	t forward-default <<'E'
env --default-signal $SRUN -n2 sh -c 'touch up.$SLURM_PROCID; exec sleep 30' & p=$!; ready 2; sleep 0.3; kill -USR1 $p; wait $p
E
	t scancel-step <<'E'
$SRUN -n1 sh -c 'echo $SLURM_STEP_ID >id; touch up.0; exec sleep 30' & p=$!; ready 1; sleep 0.3; scancel $SLURM_JOB_ID.$(cat id); wait $p
E
	t scancel-step-signal <<'E'
$SRUN -n2 bash -c 'echo $SLURM_STEP_ID >id; trap "echo caught; exit 0" USR1; touch up.$SLURM_PROCID; for i in {1..300}; do sleep 0.1; done' & p=$!; ready 2; sleep 0.3; scancel -s USR1 $SLURM_JOB_ID.$(cat id); wait $p
E

	# several programs
	t -s multi-prog <<'E'
printf '%s\n' '# comment' '0 echo zero %t %o' '1 sh -c "echo one %t %o \"$@\"" x y' >conf; $SRUN -n2 -l --multi-prog conf
E
	t -s multi-prog-ranges <<'E'
printf '%s\n' '0-1,4 echo a %t %o' '' '2-3 echo b %t %o' '5 \' ' echo c' '* echo d %t %o' >conf; $SRUN -n8 -O -l --multi-prog conf
E
	t multi-prog-status <<'E'
printf '%s\n' "0 sh -c 'exit 3'" "1 sh -c 'exit 2'" >conf; $SRUN -n2 --multi-prog conf
E
	t multi-prog-missing-task <<'E'
printf '%s\n' '0 echo a' >conf; $SRUN -n2 --multi-prog conf
E
	t multi-prog-more-tasks <<'E'
printf '%s\n' '0-5 echo a' >conf; $SRUN -n2 --multi-prog conf
E
	t multi-prog-twice <<'E'
printf '%s\n' '0 echo a' '0-1 echo b' >conf; $SRUN -n2 --multi-prog conf
E
	t multi-prog-bad <<'E'
printf '%s\n' 'x echo a' >conf; $SRUN -n1 --multi-prog conf; echo $?; printf '%s\n' '0' >conf; $SRUN -n1 --multi-prog conf; echo $?; : >conf;  $SRUN -n1 --multi-prog conf
E
	t multi-prog-no-file <<'E'
$SRUN -n1 --multi-prog no-such-file; echo $?; $SRUN -n1 --multi-prog
E
	t multi-prog-not-found <<'E'
printf '%s\n' '0 no-such-program' '1 echo ok' >conf; $SRUN -n2 --multi-prog conf
E
	t multi-prog-arguments <<'E'
printf '%s\n' '* echo x' >conf; $SRUN -n1 --multi-prog conf more arguments
E
	t multi-prog-env <<'E'
printf '%s\n' '* echo x' >conf; SLURM_MULTI_PROG=1 $SRUN -n1 conf
E

	# binding
	for b in none cores threads sockets ldoms rank map_cpu:0,1 map_cpu:1 mask_cpu:0x1,0x2 mask_cpu:3 rank_ldom map_ldom:0 no yes; do
		t -s "cpu-bind-$b" <<E
\$SRUN -n2 -l --cpu-bind=verbose,$b nproc
E
	done
	t cpu-bind-default <<'E'
$SRUN -n2 --cpu-bind=verbose nproc; $SRUN -n1 --cpu-bind=verbose nproc; $SRUN -n1 --exact --cpu-bind=verbose nproc; SLURM_CPU_BIND=verbose,none $SRUN -n1 nproc; $SRUN -n1 --cpu-bind=q,none nproc
E
	t cpu-bind-help <<'E'
$SRUN --cpu-bind=help true
E
	t cpu-bind-bad <<'E'
$SRUN -n1 --cpu-bind=nosuch true; echo $?; $SRUN -n1 --cpu-bind=map_cpu:7 true; echo $?; $SRUN -n1 --cpu-bind=map_cpu: true
E
	t mem-bind <<'E'
$SRUN -n1 --mem-bind=verbose,local true; echo $?; $SRUN -n1 --mem-bind=nosuch true
E
	t hint <<'E'
for h in nomultithread multithread compute_bound memory_bound; do $SRUN -n1 --hint=$h sh -c 'echo $SLURM_HINT ${SLURM_THREADS_PER_CORE-unset}'; done; $SRUN -n1 --hint=nosuch true
E
	t threads-per-core <<'E'
$SRUN -n1 --threads-per-core=1 sh -c 'echo ${SLURM_THREADS_PER_CORE-unset}'; $SRUN -n1 --threads-per-core=2 true; echo $?; $SRUN -n1 --ntasks-per-core=1 echo ok; $SRUN -n1 -B 1:1:1 echo ok
E
	t distribution <<'E'
for d in block cyclic plane=2 block:cyclic block:block:fcyclic '*' arbitrary; do echo "$d"; $SRUN -n2 -m "$d" sh -c 'echo $SLURM_PROCID $SLURM_DISTRIBUTION ${SLURM_DIST_PLANESIZE-unset}' | sort; done
SLURM_DISTRIBUTION=cyclic $SRUN -n1 sh -c 'echo $SLURM_DISTRIBUTION'
E
	t distribution-bad <<'E'
$SRUN -n1 -m nosuch true; echo $?; $SRUN -n1 -m plane true
E

	# other resources
	t gres <<'E'
$SRUN -n1 --gres=gpu:1 true; echo $?; $SRUN -n1 --gres=none echo ok; $SRUN -n1 --gres=nosuch:1 true
E
	t gpus <<'E'
for o in --gpus=1 --gpus-per-task=1 --gpus-per-node=1 --gpus-per-socket=1 -G0 --gpu-bind=none; do echo "$o"; $SRUN -n1 $o true; echo $?; done
E
	t mpi-list <<'E'
$SRUN --mpi=list | grep -vE 'pmix_v|cray'
E
	t mpi <<'E'
$SRUN -n1 --mpi=none sh -c 'echo ${PMI_RANK-unset}'; $SRUN -n2 --mpi=pmi2 sh -c 'echo $PMI_RANK $PMI_SIZE' | sort; SLURM_MPI_TYPE=pmi2 $SRUN -n1 sh -c 'echo $PMI_RANK $PMI_SIZE'
$SRUN -n1 --mpi=nosuch true
E
	t time <<'E'
$SRUN -n1 -t 5 echo ok; $SRUN -n1 -t 1-0 echo ok; $SRUN -n1 -t 0 echo ok; $SRUN -n1 -t 100000 echo ok; $SRUN -n1 -t INFINITE echo ok; $SRUN -n1 -t bogus echo ok
E

	# programs that srun runs
	t prolog-epilog <<'E'
for p in prolog epilog task-prolog task-epilog; do printf '#!/bin/sh\necho %s ran in $(basename $PWD)\n' $p >$p; chmod +x $p; done
$SRUN -n1 --prolog=$PWD/prolog --epilog=$PWD/epilog --task-prolog=$PWD/task-prolog --task-epilog=$PWD/task-epilog echo task
SLURM_PROLOG=$PWD/prolog SLURM_EPILOG=$PWD/epilog SLURM_TASK_PROLOG=$PWD/task-prolog SLURM_TASK_EPILOG=$PWD/task-epilog $SRUN -n1 echo task
E
	t task-prolog <<'E'
printf '#!/bin/sh\necho export A=from prolog\necho unset B\necho print printed\necho print A=$SLURM_PROCID\necho ignored\n' >tp; chmod +x tp
B=1 $SRUN -n1 --task-prolog=$PWD/tp sh -c 'echo A $A B ${B-unset}'
E
	t prolog-fails <<'E'
printf '#!/bin/sh\nexit 3\n' >p; chmod +x p; $SRUN -n1 --task-prolog=$PWD/p echo task; echo $?; $SRUN -n1 --task-epilog=$PWD/p echo task; echo $?; $SRUN -n1 --epilog=$PWD/p echo task
E
	t prolog-missing <<'E'
$SRUN -n1 --prolog=/no/such echo task; echo $?; $SRUN -n1 --task-prolog=/no/such echo task
E
	t bcast <<'E'
printf '#!/bin/sh\necho from $0\n' >prog; chmod +x prog; $SRUN -n1 --bcast=$W/$$.bc ./prog | sed 's/[0-9]*\.bc/BC/'; ls $W/$$.bc 2>/dev/null | wc -l; rm -f $W/$$.bc
E

	# the command line itself
	t version <<'E'
$SRUN --version; $SRUN -V
E
	t help <<'E'
$SRUN --help >h; echo $? $(grep -c . h | awk '{ print ($1 > 100) }'); head -n1 h; $SRUN --usage | head -n1; $SRUN -h | cmp - h
E
	t no-command <<'E'
$SRUN -n1
E
	for a in '--nosuch' '-Y' '-n x' '-n 0' '-n -1' '-n' '-c 0' '-c x' '-N x' '-N 0' '-N 2-1' '--mem=x' '--label=x' '--ntasks-per-node=x' '--ntasks-per-node=0' \
		'--kill-on-bad-exit=x' '--wait=x' '--overlap=x' '--no' '--exclusive=nosuch' '--unbuffered=1' '--signal=nosuch' '--cpus-per-gpu=x' '--mem-per-cpu=x' '--chdir=' '--het-group=x' '--bcast=relative' '--open-mode=' '--export=' '-J'; do
		t "bad $a" <<E
\$SRUN $a true
E
	done
	t spelling <<'E'
$SRUN --ntas=1 echo a; $SRUN --ntasks 1 echo b; $SRUN -n 1 echo c; $SRUN -ln1 echo d; $SRUN -n1 -- echo e; $SRUN -n1 echo -n1 --nosuch; $SRUN -n2 -n1 echo f; $SRUN -n 1k true; $SRUN -n 01 echo g
E
	t exclusive-words <<'E'
for w in user mcs topo; do $SRUN -n1 --exclusive=$w echo $w; done
E
	t het-group <<'E'
$SRUN --het-group=0 -n1 echo ok; echo $?; $SRUN --het-group=1 -n1 true; echo $?; $SRUN --het-group=0,1 -n1 true; echo $?; $SRUN -n1 echo a : -n1 echo b
E
	t jobid <<'E'
$SRUN --jobid=$SLURM_JOB_ID -n1 echo ok
env -u SLURM_JOB_ID -u SLURM_JOBID $SRUN --jobid=$SLURM_JOB_ID -n1 echo ok
env -i PATH="$PATH" $SRUN --overlap --jobid=$SLURM_JOB_ID sh -c 'echo $SLURM_PROCID of $SLURM_NTASKS'
E
	t jobid-bad <<'E'
$SRUN --jobid=99999999 -n1 true; echo $?; $SRUN --jobid=x -n1 true
E
	t quiet <<'E'
$SRUN -Q -n1 sh -c 'exit 3'; echo $?; $SRUN -Q -n9 true; echo $?; $SRUN -Q -n1 /nosuch
E
	t verbose <<'E'
$SRUN -v -n1 true 2>v; echo $?; grep -E '^srun: (defined options|-------|ntasks|verbose|end of|jobid)' v
SLURM_DEBUG=1 $SRUN -n1 true 2>v; echo $?; grep -cE '^srun: (defined options|-------|ntasks|verbose|end of|jobid)' v
E
	t ignored-options <<'E'
$SRUN -n1 -k --mincpus=1 --tmp=1 --contiguous -s --use-min-nodes --spread-job --no-requeue --requeue -Z echo ran; echo $?
$SRUN -n1 -T 4 --slurmd-debug=3 --msg-timeout=9 --debugger-test=x echo ran; echo $?
$SRUN -n1 --acctg-freq=30 --cpu-freq=high --profile=none --network=x --priority=3 --deadline=now+1day --licenses=x --reboot --power=x --delay-boot=1 --compress --resv-ports=0 echo ran
E
	t pty <<'E'
$SRUN -n1 --pty sh -c 'echo out; test -t 1; echo tty $?' | tr -d '\r'
E
	# the last: Slurm's srun leaves a step behind, which holds the CPUs until the job ends
	t stdin-missing <<'E'
$SRUN -n1 -i no-such-file cat
E
}

#---------------------------------------------------------------- cases: jobs of other shapes

shape_cpt() { # -n1 -c2
	t vars <<'E'
$SRUN vars
E
	t inherit <<'E'
echo job ${SLURM_NTASKS-unset} ${SLURM_CPUS_PER_TASK-unset} ${SRUN_CPUS_PER_TASK-unset}
$SRUN sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, cpus ${SLURM_CPUS_PER_TASK-unset}, $(nproc)'
E
	t n2 <<'E'
$SRUN -n2 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, cpus ${SLURM_CPUS_PER_TASK-unset}, $(nproc)' | sort; echo ${PIPESTATUS[0]}
E
	t n2-c1 <<'E'
$SRUN -n2 -c1 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, cpus ${SLURM_CPUS_PER_TASK-unset}, $(nproc)' | sort; echo ${PIPESTATUS[0]}
E
	t exact <<'E'
$SRUN --exact sh -c 'echo cpus $SLURM_CPUS_ON_NODE $(nproc)'; $SRUN --exact -c1 sh -c 'echo cpus $SLURM_CPUS_ON_NODE $(nproc)'
E
	t unset <<'E'
env -u SLURM_CPUS_PER_TASK $SRUN -n2 sh -c 'echo task $SLURM_PROCID of $SLURM_NTASKS, cpus ${SLURM_CPUS_PER_TASK-unset}, $(nproc)' | sort; echo ${PIPESTATUS[0]}
E
	t srun-variable <<'E'
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK; $SRUN sh -c 'echo cpus ${SLURM_CPUS_PER_TASK-unset} $(nproc)'; $SRUN -n2 true
E
	t cpus-3 <<'E'
timeout 5 $SRUN -c3 true
E
	t -s bind <<'E'
$SRUN -l --cpu-bind=verbose nproc; $SRUN -l -n2 -c1 --cpu-bind=verbose nproc
E
	t -u at-once <<'E'
for i in 1 2; do $SRUN interval 1 & done; wait; overlap
rm iv.*; for i in 1 2; do $SRUN -n1 -c1 --exact --mem-per-cpu=100 interval 3 & done; wait; overlap
E
	LIMIT=120 t time-limit <<'E'
b=$SECONDS; $SRUN -n1 -t 1 bash -c 'trap "echo caught TERM" TERM; for i in {1..1200}; do sleep 0.1; done'; rc=$?; d=$((SECONDS - b)); ((d >= 55 && d < 100)) && echo about a minute || echo $d; echo $rc
E
}

shape_plain() { # --exclusive, no number of tasks
	t -s vars <<'E'
env | grep -E '^SLURM_(N|CPUS|TASKS|JOB_CPUS|MEM)' ; $SRUN vars
E
	t -s tasks <<'E'
$SRUN sh -c 'echo plain $SLURM_PROCID of $SLURM_NTASKS'
$SRUN -n2 sh -c 'echo two $SLURM_PROCID of $SLURM_NTASKS'
$SRUN --ntasks-per-node=2 sh -c 'echo per node 2 $SLURM_PROCID of $SLURM_NTASKS'
$SRUN -c1 sh -c 'echo c1 $SLURM_PROCID of $SLURM_NTASKS $(nproc)'
$SRUN -c2 sh -c 'echo c2 $SLURM_PROCID of $SLURM_NTASKS $(nproc)'
$SRUN --exact sh -c 'echo exact $SLURM_PROCID of $SLURM_NTASKS $(nproc)'
$SRUN --exact -c2 sh -c 'echo exact c2 $SLURM_PROCID of $SLURM_NTASKS $(nproc)'
E
	t n3 <<'E'
$SRUN -n3 true
E
}

shape_tpn() { # --ntasks-per-node=2
	t -s tasks <<'E'
env | grep -E '^SLURM_(N|TASKS)'
$SRUN sh -c 'echo plain $SLURM_PROCID of $SLURM_NTASKS'
$SRUN -n1 sh -c 'echo one $SLURM_PROCID of $SLURM_NTASKS'
$SRUN --ntasks-per-node=1 sh -c 'echo per node 1 $SLURM_PROCID of $SLURM_NTASKS'
E
	t n3-overcommit <<'E'
$SRUN -n3 -O sh -c 'echo $SLURM_PROCID of $SLURM_NTASKS' | sort
E
	t vars <<'E'
$SRUN -n1 vars
E
}

shape_two() { # -N2 -n4
	t vars-task0 <<'E'
$SRUN sh -c '[ $SLURM_PROCID = 0 ] || exit 0; vars'
E
	t vars-task3 <<'E'
$SRUN sh -c '[ $SLURM_PROCID = 3 ] || exit 0; vars'
E
	t -s layout <<'E'
for o in '' '-m block' '-m cyclic' '-m plane=1' '-m plane=2' '-n3' '-n3 -m cyclic' '-n2' '-n2 -N1' '-N2 -n2' '--ntasks-per-node=1' '-N1' '-r1 -N1 -n2' '-r1 -n2' '-c2 -n2' '-n5 -O' '-N1-2 -n2'; do
	$SRUN $o sh -c "echo \"$o:\" \$SLURM_PROCID of \$SLURM_NTASKS on \$SLURMD_NODENAME local \$SLURM_LOCALID node \$SLURM_NODEID \$SLURM_STEP_TASKS_PER_NODE gtids \$SLURM_GTIDS"; done
E
	t -s nodelist <<'E'
a=$(scontrol show hostnames | head -n1) b=$(scontrol show hostnames | tail -n1)
for o in "-w $a -n1" "-w $b -n1" "-w $b -n2" "-w $b,$a -n2" "-x $a -n1" "-w $b -N1 -n2" "-m arbitrary -w $b,$b,$a -n3"; do
	$SRUN $o sh -c "echo \"$o:\" \$SLURM_PROCID on \$SLURMD_NODENAME list \$SLURM_STEP_NODELIST"; done
printf '%s\n' $b $a $b >hosts; SLURM_HOSTFILE=hosts $SRUN -n3 -m arbitrary sh -c 'echo hostfile $SLURM_PROCID on $SLURMD_NODENAME'
E
	t too-many <<'E'
$SRUN -n5 true; echo $?; $SRUN -N3 true; echo $?; $SRUN -r2 -n1 true; echo $?; $SRUN -N1 -n3 true
E
	t -s label <<'E'
$SRUN -l -m cyclic sh -c 'echo $SLURMD_NODENAME'
E
	t files <<'E'
$SRUN -o 'f%n-%t' sh -c 'echo $SLURM_PROCID $SLURMD_NODENAME'; grep . f*
$SRUN -o 'g%N' sh -c 'echo $SLURMD_NODENAME'; grep -h . g* | sort | uniq -c | awk '{ print $1, $2 }'; ls g* | wc -l
$SRUN -l -o 'h%n' sh -c 'echo $SLURMD_NODENAME'; cat h* | sort
E
	t -s stdin <<'E'
echo a | $SRUN -l cat; echo b | $SRUN -l -i 3 cat
E
	t status <<'E'
$SRUN sh -c 'exit 3'; echo $?; $SRUN sh -c 'exit $SLURM_PROCID'; echo $?; $SRUN sh -c '[ $SLURM_NODEID = 1 ] && exit 7; exit 0'
E
	t bad-exit <<'E'
$SRUN -K sh -c '[ $SLURM_PROCID = 3 ] && exit 3; exec sleep 30'
E
	t not-found <<'E'
$SRUN no-such-program
E
	t -u at-once <<'E'
for i in 1 2; do $SRUN -N1 -n2 --exact interval 3 & done; wait; overlap
rm iv.*; for i in 1 2 3 4 5 6; do $SRUN -N1 -n1 --exact --mem-per-cpu=100 interval 3 & done; wait; overlap
E
	t int-twice <<'E'
env --default-signal $SRUN sh -c 'touch up.$SLURM_PROCID; exec sleep 30' & p=$!; ready 4; sleep 0.3; tick; kill -INT $p; sleep 0.3; kill -INT $p; wait $p
E
	t int-once <<'E'
env --default-signal $SRUN sh -c 'touch up.$SLURM_PROCID; sleep 4' & p=$!; ready 4; sleep 0.3; kill -INT $p; wait $p
E
	t multi-prog <<'E'
printf '%s\n' '0-1 echo a %t %o' '2-3 echo b %t %o' >conf; $SRUN -l --multi-prog conf | sort
E
}

#---------------------------------------------------------------- the job

run_job() { # SHAPE
	SHAPE=$1
	W=$(mktemp -d "$SHARED/conf.XXXXXX") || exit 1
	HOSTS=$(scontrol show hostnames "$SLURM_JOB_NODELIST")
	USER_=$(id -un)
	HOMEDIR=$(realpath ~)
	export SRUN W
	helpers
	# what the user's own environment could change
	local v
	for v in $(compgen -e); do
		case $v in
		SRUN | SRUN_CONF*) ;;
		SRUN_* | SBATCH_*) unset "$v" ;;
		esac
	done
	unset SLURM_CONF SLURM_EXPORT_ENV
	"shape_$SHAPE"
	cd /
	rm -rf "$W"
}

submit() { # SHAPE...: prints what the jobs said, in this order
	local shape ids=() dir args
	SHARED=${SHARED:-$PWD}
	dir=$(mktemp -d "$SHARED/sub.XXXXXX") || exit 1
	export SRUN ONLY SHARED
	for shape; do
		read -ra args <<<"$(shape_args "$shape")"
		# shellcheck disable=SC2086
		ids+=("$(cd "$dir" && sbatch --parsable -J conformance "${args[@]}" --mem-per-cpu=800 -t 60 \
			-o "$dir/$shape.out" -e "$dir/$shape.err" --export=ALL ${SBATCH_ARGS-} "$SELF" "$JOBWORD" "$shape")")
	done
	while squeue -h -t PD,R,CG -o %i -j "$(IFS=,; echo "${ids[*]}")" 2>/dev/null | grep -q .; do sleep 2; done
	sleep 1
	for shape; do
		cat "$dir/$shape.out"
		sed 's/^/! /' "$dir/$shape.err"
	done
	rm -rf "$dir"
}

SHAPES=${SHAPES:-one cpt plain tpn two}
case ${1-} in
submit)
	JOBWORD=job
	# shellcheck disable=SC2086
	if [[ ${2-} ]]; then submit $SHAPES >"$2"; else submit $SHAPES; fi
	;;
job) run_job "$2" ;;
list)
	LIST=1
	for SHAPE in $SHAPES; do "shape_$SHAPE"; done
	;;
*)
	sed -n '2,/^set -u/{/^#/p}' "$SELF"
	exit 2
	;;
esac
