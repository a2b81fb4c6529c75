#!/usr/bin/env bats
# Users are strangers: nobody gains by another's checkpoints, and no user stops root's
# tools. Each test is an attack that is run for real.

# bats file_tags=on:forky
load lib

setup() {
	new_workdir
	root rm -rf /shared/checkpoint/alice
	OPEN=$(bob mktemp -d /shared/strangers.XXXXXX)
	bob chmod 755 "$OPEN"
}
teardown() {
	clean
	root rm -rf /shared/checkpoint/alice /shared/checkpoint/bob "$OPEN"
}

# program NAME [FLAG...]: compiled by bob into a directory that all can read
program() {
	bob sh -c 'cat >"$1/$2.c"' _ "$OPEN" "$1" <"$ROOT/test/cluster/programs/$1.c"
	bob gcc -O1 -o "$OPEN/$1" "$OPEN/$1.c" "${@:2}"
}

# forge USER FILE: standard input becomes a manifest with the digest that it should have
forge() { cluster run -u "$1" ctl sh -c '"$1/forge" >"$2"' _ "$OPEN" "$2"; }

# saved_job [SBATCH-OPTION...]: alice's, that runs, and has a checkpoint: JOB
saved_job() {
	ticking
	JOB=$(submit --checkpoint --output=out "$@" job.sh)
	wait_lines out 2
	checkpoint "$JOB"
}

# ---- C1: whose directory it is ----

@test "root's purge removes nothing behind a directory that a stranger has made in a user's place" {
	alice mkdir -p "$WORK/runs/100" "$WORK/runs/100.1"
	alice touch "$WORK/runs/100/precious" "$WORK/runs/100.1/precious"
	alice touch -d 2001-01-01 "$WORK/runs/100" "$WORK/runs/100.1"
	bob mkdir -m 755 /shared/checkpoint/alice
	bob ln -s "$WORK/runs" /shared/checkpoint/alice/testbed
	run root scheckpoint purge --all --older=0
	echo "$output"
	[[ $output == *"/shared/checkpoint/alice belongs to user bob"* ]]
	alice ls "$WORK/runs/100/precious" "$WORK/runs/100.1/precious"
}

@test "a user restarts nothing that a stranger has planted" {
	program touch_as -shared -fPIC
	bob sh -c 'cd && printf "#!/bin/sh\nsleep 1000\n" >job.sh'
	JOB=$(bob sh -c 'cd && exec sbatch --parsable --checkpoint --output=/dev/null job.sh')
	wait_running "$JOB"
	folder=/shared/checkpoint/bob/testbed/$JOB
	until_true 60 "the script runs" bob test -e "$folder/options"
	bob scheckpoint create "$JOB"
	bob scancel "$JOB"
	wait_over "$JOB"
	bob mkdir -p -m 755 /shared/checkpoint/alice/testbed
	bob cp -r "$folder" /shared/checkpoint/alice/testbed/900
	bob sh -c 'printf "%s\0" PATH=/usr/bin:/bin "LD_PRELOAD=$1/touch_as" "TOUCH=$2/owned" >/shared/checkpoint/alice/testbed/900/environment' _ "$OPEN" "$WORK"
	bob sh -c 'printf "%s\0" --output=/dev/null -- >/shared/checkpoint/alice/testbed/900/options'
	bob chmod -R a+rX /shared/checkpoint/alice
	run alice scheckpoint restart 900
	echo "$output"
	[ "$status" -ne 0 ]
	refute alice test -e "$WORK/owned"
}

@test "a user restarts nothing out of another user's own store" {
	program touch_as -shared -fPIC
	bob sh -c 'cd && printf "#!/bin/sh\nsleep 1000\n" >job.sh'
	JOB=$(bob sh -c 'cd && exec sbatch --parsable --checkpoint --output=/dev/null job.sh')
	wait_running "$JOB"
	folder=/shared/checkpoint/bob/testbed/$JOB
	until_true 60 "the script runs" bob test -e "$folder/options"
	bob scheckpoint create "$JOB"
	bob scancel "$JOB"
	wait_over "$JOB"
	bob mv "$folder" /shared/checkpoint/bob/testbed/900
	bob sh -c 'printf "%s\0" PATH=/usr/bin:/bin "LD_PRELOAD=$1/touch_as" "TOUCH=$2/owned" >/shared/checkpoint/bob/testbed/900/environment' _ "$OPEN" "$WORK"
	bob sh -c 'printf "%s\0" --output=/dev/null -- >/shared/checkpoint/bob/testbed/900/options'
	bob chmod -R a+rX /shared/checkpoint/bob
	run alice scheckpoint restart -u bob 900
	echo "$output"
	[ "$status" -ne 0 ]
	refute alice test -e "$WORK/owned"
}

@test "a job whose directory a stranger has made runs unprotected, and says whose it is and what to do" {
	bob mkdir -m 755 /shared/checkpoint/alice
	put job.sh <<<$'#!/bin/sh\necho ran'
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_over "$JOB"
	get out
	[ "$(count_in out '^ran$')" -eq 1 ]
	[ "$(count_in out 'runs unprotected: .*/shared/checkpoint/alice belongs to user bob.*administrator')" -eq 1 ]
}

@test "root's tools say which directory a stranger has made in a user's place" {
	bob mkdir -m 755 /shared/checkpoint/alice
	for verb in "list --all" "doctor"; do
		run root scheckpoint $verb
		echo "$output"
		[[ $output == *"/shared/checkpoint/alice belongs to user bob"* ]]
	done
}

@test "no checkpoint is kept below a directory that a stranger could exchange" {
	bob mkdir "$OPEN/free"
	bob chmod 777 "$OPEN/free"
	alice mkdir "$OPEN/free/mine"
	alice chmod 755 "$WORK"
	alice mkdir "$WORK/free"
	alice chmod 777 "$WORK/free"
	put job.sh <<<$'#!/bin/sh\necho ran; sleep 2'
	while read -r dir why; do
		JOB=$(submit --checkpoint --checkpoint-dir="$dir" --output=out job.sh </dev/null)
		wait_over "$JOB"
		get out
		[ "$(count_in out "runs unprotected: .*$why")" -eq 1 ]
		[ -z "$(root find "$OPEN/free" "$WORK/free" -name "$JOB")" ]
		alice rm "$WORK/out"
	done <<-END
		$OPEN/free/mine belongs to user bob
		$OPEN/free/%u belongs to user bob
		$WORK/free/%u can be written by other users
		$WORK/free can be written by other users
	END
}

@test "no checkpoint is kept behind a stranger's link" {
	alice mkdir -p -m 700 "$WORK/elsewhere"
	bob ln -s "$WORK/elsewhere" "$OPEN/link"
	put job.sh <<<$'#!/bin/sh\necho ran; sleep 2'
	JOB=$(submit --checkpoint --checkpoint-dir="$OPEN/link/%u" --output=out job.sh)
	wait_over "$JOB"
	get out
	[ "$(count_in out 'runs unprotected: .*belongs to user bob')" -eq 1 ]
}

# saved_in DIR: a job of alice's is saved there, goes on from there, and root's tools see it
saved_in() {
	DIR=$1
	ticking
	JOB=$(submit --checkpoint --checkpoint-dir="$1" --output=out job.sh)
	wait_lines out 2
	alice scheckpoint create -D "$1" "$JOB"
	preempt "$JOB"
	until_true 60 "it continues" eval '[[ $(alice scheckpoint show -D "$DIR" "$JOB") == *Event=restart* ]]'
	[[ $(root scheckpoint list -u alice -D "$1" "$JOB") == *"$JOB"* ]]
	run root scheckpoint doctor -u alice -D "$1"
	[[ $output == *"user alice can keep checkpoints in "* ]]
	let_end
	wait_over "$JOB"
	is_exact out
	alice rm "$WORK/out" "$WORK/over"
}

@test "the layouts that are recommended are accepted: an administrator's directory for each user, a sticky one, the user's own" {
	root mkdir -m 755 /shared/checkpoint/made
	root mkdir -m 1777 /shared/checkpoint/sticky
	root install -d -o alice -g alice -m 700 /shared/checkpoint/made/alice
	root ln -s /shared/checkpoint/made /shared/checkpoint/linked
	saved_in "/shared/checkpoint/made/%u"
	saved_in "/shared/checkpoint/linked/%u"
	saved_in "/shared/checkpoint/sticky/%u"
	saved_in "/shared/home/%u/scratch"
	root rm -rf /shared/checkpoint/made /shared/checkpoint/sticky /shared/checkpoint/linked /shared/home/alice/scratch
}

# ---- C2: what root does as the user ----

# gone_job: a job of alice's that Slurm has forgotten, as all know; JOB and FOLDER
gone_job() {
	ticking
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 2
	FOLDER=$(store "$JOB")
	until_true 60 "the request is kept" alice test -e "$FOLDER/options"
	checkpoint "$JOB"
	alice scancel "$JOB"
	wait_over "$JOB"
	alice mv "$FOLDER" "$(store 900)"
	FOLDER=$(store 900)
}

# of_job NUMBER: the record of FOLDER says that it is that job's
of_job() {
	alice sed "/^end /d; s/^attr job .*/attr job $1/" "$FOLDER/job" >"$BATS_TEST_TMPDIR/record"
	forge alice "$FOLDER/job" <"$BATS_TEST_TMPDIR/record"
}

@test "root's restart gives the user's code no terminal of root's, and no environment" {
	program forge -lxxhash
	gone_job
	of_job 900
	alice gcc -shared -fPIC -o "$WORK/spy.so" -xc - <<-END
		#include <fcntl.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/ioctl.h>
		#include <unistd.h>
		__attribute__((constructor)) static void spy(void)
		{
			FILE *f = fopen("$WORK/spied", "a");
			fprintf(f, "loaded tty %d ctty %d\\n", isatty(0) || isatty(1) || isatty(2), open("/dev/tty", O_RDWR) >= 0);
			fclose(f);
		}
	END
	alice sh -c 'printf "%s\0" PATH=/usr/bin:/bin "LD_PRELOAD=$1/spy.so" >"$2/environment"' _ "$WORK" "$FOLDER"
	alice sh -c 'printf "%s\0" --output=/dev/null --hold -- >"$1/options"' _ "$FOLDER"
	cluster run ctl python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' scheckpoint restart -u alice 900 </dev/null | tee "$BATS_TEST_TMPDIR/said"
	grep "continues as job" "$BATS_TEST_TMPDIR/said"
	refute alice test -e "$WORK/spied"
}

@test "root's restart has a limit of time, and what sbatch prints steers no terminal" {
	program forge -lxxhash
	gone_job
	of_job 900
	alice sh -c 'printf "%s\0" --output=/dev/null "--partition=$(printf "\033[2Jnone")" -- >"$1/options"' _ "$FOLDER"
	run root scheckpoint restart -u alice 900
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"nvalid partition"* && $output != *$'\033'* ]]
}

@test "root's restart of a bare number is of whom slurmctld says, and of nobody it does not know" {
	program forge -lxxhash
	gone_job
	of_job 900
	run root scheckpoint restart 900
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"job 900 is not known to Slurm any more"*"--user"* ]]
}

@test "root's restart releases no job that a forged record makes an element of an array" {
	program forge -lxxhash
	saved_job
	alice scheckpoint vacate "$JOB"
	wait_held "$JOB"
	root scontrol hold "$JOB"
	FOLDER=$(store "$JOB")
	{ alice sed '/^end /d; /^attr array-/d' "$FOLDER/job"; printf 'attr array-job 901\nattr array-task 1\n'; } >"$BATS_TEST_TMPDIR/record"
	forge alice "$FOLDER/job" <"$BATS_TEST_TMPDIR/record"
	run root scheckpoint restart -u alice 901_1
	echo "$output"
	[ "$status" -eq 1 ]
	is_held "$JOB"
}

# ---- one user's files stop root's tools for nobody ----

# bobs_folder NUMBER: a folder of bob's that has a sound record; FOLDER
bobs_folder() {
	FOLDER=/shared/checkpoint/bob/testbed/$1
	bob mkdir -p -m 700 "$FOLDER"
	printf 'slurm-checkpoint manifest 1\nattr job %s\nattr cluster testbed\nattr user bob\nattr node n1\nattr end 1\n' "$1" |
		forge bob "$FOLDER/job"
}

# All verbs of root's that go through all users' jobs, within their time and memory, and
# what they print of JOB.
honest_lines() {
	local verb
	for verb in list show error verify metrics report; do
		echo "# $verb"
		run cluster run ctl sh -c 'ulimit -v 1000000; exec timeout 60 scheckpoint "$@"' _ "$verb" --all
		((status <= 1)) || { echo "$output" | tail -n 5; return 1; }
		[[ $output == *alice* || $output == *"$JOB"* ]] || { echo "$output" | tail -n 5; return 1; }
	done
	run cluster run ctl sh -c 'ulimit -v 1000000; exec timeout 60 scheckpoint purge --all --older=10-0'
	((status <= 1))
}

@test "root's tools: a record of 80,000 attributes, in a hundred folders" {
	program forge -lxxhash
	saved_job
	bobs_folder 900
	{ echo "slurm-checkpoint manifest 1"; seq -f 'attr a%.0f x' 80000; } | forge bob "$FOLDER/job"
	bob mkdir "$FOLDER/1"
	bob ln "$FOLDER/job" "$FOLDER/1/manifest"
	bob sh -c 'cd "$1"/.. && for i in $(seq 901 1000); do mkdir $i $i/1 && ln 900/job $i/job && ln 900/job $i/1/manifest; done' _ "$FOLDER"
	honest_lines
}

@test "root's tools: events that are a fifo, a device's link, a directory, closed or another's" {
	program forge -lxxhash
	saved_job
	for kind in "mkfifo events" "ln -s /dev/zero events" "mkdir events" "touch events; chmod 0 events" "ln -s /proc/self/mem events" \
		"mkfifo options environment move saved job.tmp move.tmp criu-dump.log"; do
		bobs_folder $((900 + ++n))
		bob sh -c 'cd "$1" && eval "$2"' _ "$FOLDER" "$kind"
	done
	honest_lines
}

@test "root's tools: events of 30 MB, in a hundred folders" {
	program forge -lxxhash
	saved_job
	bobs_folder 900
	bob sh -c 'yes "{\"time\":1,\"event\":\"start\",\"node\":\"n1\"}" | head -c 30000000 >"$1/events"' _ "$FOLDER"
	bob sh -c 'cd "$1"/.. && for i in $(seq 901 1000); do mkdir $i && cp 900/job $i/job && ln 900/events $i/events; done' _ "$FOLDER"
	honest_lines
}

@test "root's tools: a directory of a cluster that is a link with a long name" {
	saved_job
	bob mkdir -p -m 700 /shared/checkpoint/bob
	bob rm -rf /shared/checkpoint/bob/testbed
	bob ln -s "$(printf 'x%.0s' {1..250})/$(printf 'y%.0s' {1..250})" /shared/checkpoint/bob/testbed
	honest_lines
	bob rm /shared/checkpoint/bob/testbed
	bob ln -s "$(printf 'x%.0s' {1..300})" /shared/checkpoint/bob/testbed
	honest_lines
}

@test "root's verify: a sparse file of 8 TB comes to an end" {
	program forge -lxxhash
	saved_job
	bobs_folder 900
	bob mkdir "$FOLDER/1"
	bob truncate -s 8T "$FOLDER/1/pages-1.img" || bob truncate -s 15T "$FOLDER/1/pages-1.img"
	size=$(bob stat -c %s "$FOLDER/1/pages-1.img")
	printf 'slurm-checkpoint manifest 1\nfile %s 0123456789abcdef0123456789abcdef pages-1.img\n' "$size" | forge bob "$FOLDER/1/manifest"
	run root timeout 60 scheckpoint verify --all
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"job $JOB: generation 1: whole"* ]]
	[[ $output == *"job 900: generation 1: pages-1.img: is not read by root"* ]]
}

@test "root's purge removes a tree that is 1,500 directories deep" {
	program forge -lxxhash
	bobs_folder 900
	bob python3 -c '
import os, sys
os.chdir(sys.argv[1])
for i in range(1500):
    os.mkdir("a-directory-that-has-a-name")
    os.chdir("a-directory-that-has-a-name")
' "$FOLDER"
	run root timeout 60 scheckpoint purge --all --older=0
	echo "$output"
	[ "$status" -eq 0 ]
	refute bob test -e "$FOLDER"
}

@test "root's purge removes a folder that has 3,000 directories with numbers" {
	program forge -lxxhash
	bobs_folder 900
	bob sh -c 'cd "$1" && seq 3000 | xargs mkdir' _ "$FOLDER"
	run root timeout 60 scheckpoint purge --all --older=0
	echo "$output"
	[ "$status" -eq 0 ]
	refute bob test -e "$FOLDER"
}

@test "root's list --nodelist: a record in whose node's place there is a list of 65,000 is on none" {
	program forge -lxxhash
	saved_job --nodelist=n1
	bobs_folder 900
	printf 'slurm-checkpoint manifest 1\nattr job 900\nattr cluster testbed\nattr user bob\nattr node n[1-65000]\nattr end 1\n' |
		forge bob "$FOLDER/job"
	run root timeout 60 scheckpoint list --all --nodelist=n1
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(wc -l <<<"$output")" -eq 2 ]
	[[ $output == *"$JOB"* ]]
}

@test "root's purge asks its own slurmctld about no other cluster's jobs" {
	saved_job
	alice cp -r /shared/checkpoint/alice/testbed /shared/checkpoint/alice/other
	run root scheckpoint purge -M other --all --older=0
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"knows nothing of the jobs of cluster other"* ]]
	alice test -e "/shared/checkpoint/alice/other/$JOB/job"
}

@test "what a user writes steers no terminal through --json" {
	program forge -lxxhash
	bobs_folder 900
	bob mkdir "$FOLDER/1"
	printf 'slurm-checkpoint manifest 1\nattr node a%%7F\xc2\x9b31mb\nattr reason \xc2\x9b2J\n' | forge bob "$FOLDER/1/manifest"
	run root scheckpoint show --json -u bob 900
	[ "$status" -eq 0 ]
	refute grep -qP '\x7f|\xc2\x9b' <<<"$output"
	grep -qF 'a???31mb"' <<<"$output"
}

# ---- and not smigrate either ----

# on_n1 COMMAND: alice's and bob's jobs are saved and run on n1: JOB and BOBS
on_n1() {
	ticking
	bob sh -c 'cd && printf "#!/bin/sh\nsleep infinity\n" >job.sh'
	BOBS=$(bob sh -c 'cd && exec sbatch --parsable --checkpoint --cpus-per-task=1 --nodelist=n1 --output=/dev/null job.sh')
	JOB=$(submit --checkpoint --nodelist=n1 --output=out job.sh)
	wait_running "$JOB"
	wait_running "$BOBS"
	THEIRS=/shared/checkpoint/bob/testbed/$BOBS
	wait_event "$JOB" start
	until_true 60 "bob's job has started" bob test -e "$THEIRS/options"
}

@test "smigrate: a hostlist of sixty million nodes is sent to nobody" {
	program forge -lxxhash
	on_n1
	{
		bob sed '/^end /d' "$THEIRS/job"
		printf 'attr kept-restart 0\nattr kept-nodelist ='
		yes 'm[1-60000]' | head -n 1000 | paste -sd,
	} >"$BATS_TEST_TMPDIR/record"
	forge bob "$THEIRS/job" <"$BATS_TEST_TMPDIR/record"
	before=$(cluster run ctl sh -c 'wc -c </var/log/slurm/slurmctld.log')
	run cluster run ctl sh -c 'ulimit -v 1000000; exec timeout 60 smigrate --test-only --drain-node=n1'
	echo "$output"
	[ "$status" -ne 124 ]
	[[ $output == *"$JOB"* ]]
	after=$(cluster run ctl sh -c 'wc -c </var/log/slurm/slurmctld.log')
	((after - before < 1000000))
}

@test "root's restart sends no hostlist out of a record" {
	program forge -lxxhash
	saved_job
	record=/shared/checkpoint/alice/testbed/$JOB/job
	alice scancel "$JOB"
	wait_over "$JOB"
	{
		alice sed '/^end /d' "$record"
		printf 'attr kept-restart 0\nattr kept-exclude ='
		yes 'm[1-60000]' | head -n 20 | paste -sd,
	} >"$BATS_TEST_TMPDIR/record"
	forge alice "$record" <"$BATS_TEST_TMPDIR/record"
	before=$(cluster run ctl sh -c 'wc -c </var/log/slurm/slurmctld.log')
	run root timeout 60 scheckpoint restart -u alice --nodelist=n2 "$JOB"
	echo "$output"
	[ "$status" -eq 0 ]
	after=$(cluster run ctl sh -c 'wc -c </var/log/slurm/slurmctld.log')
	((after - before < 1000000))
}

@test "smigrate: that a job has moved is what slurmctld says, and not its user" {
	local forger
	on_n1
	cluster run n1 pkill -STOP -u bob -x runner
	bob sh -c 'for i in $(seq 60); do
		echo "{\"time\":$(date +%s),\"event\":\"restart\",\"restart\":1,\"node\":\"n9\",\"generation\":1}" >>"$1/events"
		sleep 0.5
	done' _ "$THEIRS" &
	forger=$!
	run root timeout 60 smigrate --relax --timeout=20s "$BOBS"
	echo "$output"
	cluster run n1 pkill -KILL -u bob -x runner
	wait "$forger"
	[ "$status" -ne 0 ]
	[[ $output != *n9* && $output != *"continues on"* ]]
}

@test "smigrate: a job whose runner its user has stopped keeps no priority of the operator's" {
	local before
	on_n1
	before=$(job_field "$BOBS" Priority)
	cluster run n1 pkill -STOP -u bob -x runner
	run root timeout 60 smigrate --relax --priority=top --timeout=5s "$BOBS"
	echo "$output"
	[ "$(job_field "$BOBS" Priority)" -le "$before" ]
	[ "$(job_state "$BOBS")" == RUNNING ]
	cluster run n1 pkill -KILL -u bob -x runner
	[ "$status" -ne 0 ]
}

# It says again and again that 9 EB were written, which --rate has the others wait for.
@test "smigrate --rate: what a job says of its size delays nobody else's for long" {
	local forger began
	on_n1
	root sed -i.kept '$a DumpTimeout=5' /etc/slurm/checkpoint.conf
	cluster run n1 pkill -STOP -u bob -x runner
	bob sh -c 'while [ -e "$1/events" ] && [ ! -e "$2/forged" ]; do
		echo "{\"time\":$(date +%s),\"event\":\"checkpoint\",\"restart\":0,\"node\":\"n1\",\"generation\":1,\"engine\":\"criu\",\"reason\":\"move\",\"seconds\":1,\"bytes\":9000000000000000000}" >>"$1/events"
		sleep 0.1
	done' _ "$THEIRS" "$OPEN" &
	forger=$!
	began=$SECONDS
	run root timeout 120 smigrate --drain-node=n1 --relax -j 1 --rate=1000 --timeout=60s
	echo "$output"
	bob touch "$OPEN/forged"
	root mv /etc/slurm/checkpoint.conf.kept /etc/slurm/checkpoint.conf
	root scontrol update NodeName=n1 State=RESUME
	cluster run n1 pkill -KILL -u bob -x runner
	wait "$forger"
	echo "after $((SECONDS - began)) s"
	[ "$(restarts "$JOB")" -eq 1 ]
}

@test "root's doctor --all-nodes writes nothing behind a link of a stranger's" {
	root rm -rf /shared/checkpoint/root
	bob ln -s /etc /shared/checkpoint/root
	run root scheckpoint doctor --all-nodes --nodelist=n1
	echo "$output"
	bob rm /shared/checkpoint/root
	[ "$status" -ne 0 ]
	[[ $output == *"/shared/checkpoint/root"* && $output != *NODE* ]]
}

@test "smigrate: a fifo in the place of the move, and a job that never answers, keep nobody else's job on a node" {
	on_n1
	root sed -i.kept '$a DumpTimeout=5' /etc/slurm/checkpoint.conf
	bob mkfifo "$THEIRS/move.tmp" "$THEIRS/move"
	cluster run n1 pkill -STOP -u bob -x runner
	run root timeout 120 smigrate --drain-node=n1 --relax -j 1 --timeout=40s
	echo "$output"
	root mv /etc/slurm/checkpoint.conf.kept /etc/slurm/checkpoint.conf
	root scontrol update NodeName=n1 State=RESUME
	cluster run n1 pkill -KILL -u bob -x runner
	[ "$status" -eq 3 ]
	[ "$(restarts "$JOB")" -eq 1 ]
}

@test "a request to a job whose events become a fifo hangs for nobody" {
	on_n1
	cluster run n1 pkill -STOP -u bob -x runner
	root sh -c 'timeout 60 scheckpoint create --all --timeout=20s >/tmp/created 2>&1; echo "status $?" >>/tmp/created' &
	until_true 60 "alice's job is saved" has_generation "$JOB"
	bob sh -c 'mv "$1/events" "$1/events.old"; mkfifo "$1/events"' _ "$THEIRS"
	wait $!
	root cat /tmp/created
	root grep -q "status 1" /tmp/created
	root grep -q "job $JOB: generation 1" /tmp/created
	cluster run n1 pkill -KILL -u bob -x runner
}

# ---- what a job writes where others write ----

@test "no output is cut through a directory that a stranger has exchanged" {
	bob mkdir "$OPEN/common"
	bob chmod 777 "$OPEN/common"
	alice sh -c 'yes precious | head -c 588895 >"$1/log"' _ "$WORK"
	put job.sh <<-END
		#!/bin/bash
		exec 3>>$OPEN/common/log
		while [ ! -e over ]; do echo \$((++i)) | tee -a /dev/fd/3; sleep 0.1; done
	END
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	alice scheckpoint vacate "$JOB"
	wait_held "$JOB"
	bob mv "$OPEN/common" "$OPEN/away"
	for trick in link directory; do
		if [ "$trick" = link ]; then
			bob ln -s "$WORK" "$OPEN/common"
		else
			bob rm "$OPEN/common"
			bob mkdir -m 777 "$OPEN/common"
			bob chmod 777 "$OPEN/common"
			alice sh -c 'mv "$1/log" "$2/common/log"' _ "$WORK" "$OPEN"
		fi
		alice scheckpoint restart "$JOB"
		until_true 60 "it is held again" has_event "$JOB" held $((++held))
		wait_held "$JOB"
		[ "$(alice sh -c 'cat "$1/log" "$2/common/log" 2>/dev/null | wc -c' _ "$WORK" "$OPEN")" -ge 588895 ]
	done
	bob mv "$OPEN/common" "$OPEN/forged"
	bob mv "$OPEN/away" "$OPEN/common"
	alice scheckpoint restart "$JOB"
	wait_event "$JOB" restart
	let_end
	wait_over "$JOB"
	diff <(alice cat "$OPEN/common/log") <(get out)
}

# ---- what a job uses in a directory where every node's users make files ----

# saved_to_move SCRIPT-LINE...: alice's job ran on n1, is saved, and bob is on n2 before it: JOB
saved_to_move() {
	printf '%s\n' '#!/bin/bash' 'umask 0' 'exec >lines' "$@" | put job.sh
	cluster run n1 sh -c 'rm -f /tmp/strangers.*'
	cluster run n2 sh -c 'rm -f /tmp/strangers.*'
	JOB=$(submit --checkpoint --nodelist=n1 --output=said job.sh)
	wait_lines lines 5
	alice scheckpoint vacate "$JOB"
	wait_held "$JOB"
}

# planted MODE: standard input becomes bob's file where alice's was on n1
planted() {
	cluster run -u bob n2 sh -c 'cat >/tmp/strangers.file; chmod "$1" /tmp/strangers.file' _ "$1"
}

# refuses_it: the job does not go on from bob's file; from its own it does, and is exact
refuses_it() {
	alice scheckpoint restart --nodelist=n2 "$JOB"
	until_true 60 "it says whose file it is" eval '(($(count_in said "/tmp/strangers.file .* belongs to user bob")))'
	cluster run -u bob n2 cat /tmp/strangers.file | cmp - "$BATS_TEST_TMPDIR/planted"
	wait_held "$JOB"
	cluster run n2 rm /tmp/strangers.file
	alice scheckpoint restart --nodelist=n2 "$JOB"
	wait_event "$JOB" restart
	let_end
	wait_over "$JOB"
	is_exact lines
	refute cluster run n2 test -e /tmp/strangers.owned
}

@test "a script that is read from /tmp is not read on from a stranger's file on another node" {
	{
		echo 'while [ ! -e over ]; do echo $((++i)); sleep 0.1; done'
		for ((i = 0; i < 2000; i++)); do echo "#xxxxxxxxxxxxxxxxxxxxxxxxx #"; done
		echo 'echo end'
	} | put steps
	saved_to_move 'cp steps /tmp/strangers.file' 'exec bash /tmp/strangers.file'
	get steps | sed -E 's|^#x{25}|touch /tmp/strangers.owned|' >"$BATS_TEST_TMPDIR/planted"
	planted 666 <"$BATS_TEST_TMPDIR/planted"
	refuses_it
}

@test "a program that is mapped from /tmp is not a stranger's of the same size and build on another node" {
	put steps.c <<-'END'
		#include <stdio.h>
		#include <unistd.h>
		static const char pad[8192] __attribute__((used)) = "x";
		static const char last[8192] __attribute__((aligned(4096))) = "end\n";
		int main(void)
		{
			for (int i = 1; access("over", F_OK) < 0; i++, usleep(100000))
				dprintf(1, "%d\n", i);
			return write(1, last, 4) != 4;
		}
	END
	alice gcc -O1 -Wl,--build-id -o "$WORK/steps" "$WORK/steps.c"
	saved_to_move 'cp steps /tmp/strangers.file' 'exec /tmp/strangers.file'
	get steps | sed 's/end\n*$/bad/; s/\x00end\x0a/\x00bad\x0a/' >"$BATS_TEST_TMPDIR/planted"
	planted 755 <"$BATS_TEST_TMPDIR/planted"
	refuses_it
}

@test "the kept copy of a file in /tmp is not written into a stranger's on another node" {
	saved_to_move 'exec 5<>/tmp/strangers.file' 'while [ ! -e over ]; do echo secret $((++i)) >&5; echo $i; sleep 0.1; done' 'echo end'
	echo "bob's" >"$BATS_TEST_TMPDIR/planted"
	planted 666 <"$BATS_TEST_TMPDIR/planted"
	refuses_it
}

@test "variables that the site leaves out are not kept with the checkpoints" {
	root sed -i.kept '$a EnvironmentLeaveOut=*_TOKEN,AWS_*' /etc/slurm/checkpoint.conf
	ticking
	JOB=$(alice sh -c 'cd "$1" && MY_TOKEN=secret1 AWS_KEY=secret2 TOKENS=kept exec sbatch --parsable --checkpoint --output=out job.sh' _ "$WORK")
	wait_lines out 2
	until_true 60 "the environment is kept" alice test -e "$(store "$JOB")/environment"
	root mv /etc/slurm/checkpoint.conf.kept /etc/slurm/checkpoint.conf
	[ "$(alice grep -caz secret "$(store "$JOB")/environment")" -eq 0 ]
	[ "$(alice grep -caz ^TOKENS=kept "$(store "$JOB")/environment")" -eq 1 ]
}

# ---- by chance ----

# DAMAGED is how many there are; DAMAGED=1000 SEED=7 bats -f random has more.
@test "root's tools: folders that were damaged at random hide no honest user's, and stop nothing" {
	program forge -lxxhash
	bob sh -c 'cat >"$1/damage.py"' _ "$OPEN" <"$ROOT/test/cluster/programs/damage.py"
	saved_job
	bob sh -c 'cd && printf "#!/bin/sh\nsleep infinity\n" >job.sh'
	BOBS=$(bob sh -c 'cd && exec sbatch --parsable --checkpoint --output=/dev/null job.sh')
	THEIRS=/shared/checkpoint/bob/testbed/$BOBS
	until_true 60 "bob's job has started" bob test -e "$THEIRS/options"
	bob scheckpoint create "$BOBS"
	bob scancel "$BOBS"
	wait_over "$BOBS"
	bob cp -r "$THEIRS" /shared/checkpoint/bob/testbed/90000
	echo "# seed $SEED"
	bob python3 "$OPEN/damage.py" /shared/checkpoint/bob/testbed/90000 "${DAMAGED:-200}" "$SEED" "$OPEN/forge"
	honest_lines
	root timeout 60 scheckpoint list --all | grep -E "^alice +$JOB "
	root timeout 60 scheckpoint verify --all | grep "job $JOB: generation 1: whole"
	run root timeout 60 scheckpoint purge --all --older=0
	[ "$status" -le 1 ]
	alice test -e "$(store "$JOB")/1/manifest"
}
