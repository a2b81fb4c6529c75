#!/usr/bin/env bats
# Files that a job writes, and that others write, move or change, too: what is not the
# job's own stays, and what goes wrong with them never ends a job.

# bats file_tags=on:forky
load lib

setup() {
	new_workdir
	LOST=
}

teardown() { clean; }

# fail_node NODE: its power fails, and slurmctld knows at once
fail_node() {
	lose "$1"
	root scontrol update "NodeName=$1" State=DOWN Reason="power failed"
}
# fail_node_of JOB: after which it goes on elsewhere
fail_node_of() {
	local before
	before=$(restarts "$1")
	fail_node "$(job_node "$1")"
	wait_restarted "$1" "$before"
	wait_event "$1" restart $((before + 1))
}
# goes_back JOB: it is saved early, its node dies after line 59, and it ends elsewhere
goes_back() {
	wait_lines out 12
	alice scheckpoint create "$1"
	wait_lines out 59
	fail_node_of "$1"
	let_end
	wait_over "$1"
}
in_work() { alice sh -c 'cd "$1" && shift && eval "$@"' _ "$WORK" "$@"; }
lines_of() { get "$1" | grep -c "^$2 " || true; }
has_lines_of() { [[ $(lines_of "$1" "$2") -ge $3 ]]; }
# counted FILE WORD COUNT: the lines "WORD 1" to "WORD COUNT", each once and in their order
counted() { diff <(seq -f "$2 %g" "$3") <(get "$1" | grep "^$2 "); }

# an element of an array writes 30 lines, of which the last ones wait for the file "over"
element() {
	put job.sh <<-'END'
		#!/bin/bash
		for i in $(seq 30); do
			[ $i -lt 20 ] || until [ -e over ]; do sleep 0.1; done
			echo "$SLURM_ARRAY_TASK_ID. $i"
			sleep 0.05
		done
	END
}
all_counted() { for i in 1 2 3; do counted "$1" "$i." 30; done; }

# ---- files that several jobs append to ----

@test "an array with one output: what the others wrote stays when an element leaves and returns" {
	local jobs job first
	element
	jobs=$(submit --checkpoint --array=1-3 --open-mode=append --output=all.txt job.sh)
	until_true 60 "element 1 writes" has_lines_of all.txt 1. 2
	first=${jobs}_1
	job=$(job_field "$first" JobId)
	alice scheckpoint vacate "$first"
	wait_held "$first"
	for i in 2 3; do until_true 60 "element $i writes" has_lines_of all.txt "$i." 19; done
	alice scheckpoint restart "$first"
	wait_event "$job" restart
	let_end
	for i in 1 2 3; do wait_over "${jobs}_$i"; done
	all_counted all.txt
}

@test "three jobs append to one file that they opened: nothing of it is lost when one returns, or its node dies" {
	local job others='' i
	put job.sh <<-'END'
		#!/bin/bash
		exec 5>>results.csv
		for i in $(seq 200); do
			[ $i -lt 100 ] || [ "$1" != 1 ] || until [ -e over ]; do sleep 0.1; done
			echo "$1. $i" >&5
			sleep 0.05
		done
	END
	job=$(submit --checkpoint --exclude=n2 --output=%j job.sh 1)
	for i in 2 3; do others+=" $(submit --nodelist=n2 --output=%j job.sh "$i")"; done
	for i in 1 2 3; do until_true 60 "job $i writes" has_lines_of results.csv "$i." 3; done
	leave_and_return "$job"
	wait_event "$job" restart
	alice scheckpoint create "$job"
	until_true 60 "it writes on" has_lines_of results.csv 1. 99
	fail_node_of "$job"
	let_end
	for i in $job $others; do wait_over "$i"; done
	for i in 2 3; do counted results.csv "$i." 200; done
	# Its own lines after the checkpoint may be there twice, and it says so.
	diff <(seq 200) <(get results.csv | sed -n 's/^1\. //p' | sort -nu)
	alice scheckpoint show "$job" | grep -q "results.csv .* are kept, since another job may have written them"
}

@test "a file that only the job appends to is exact after a node's death" {
	local job lines
	put job.sh <<<$'#!/bin/bash\nexec 5>>log\nwhile [ ! -e over ]; do echo $((++i)) >&5; sleep 0.1; done'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines log 5
	alice scheckpoint create "$job"
	wait_lines log 20
	fail_node_of "$job"
	lines=$(get log | wc -l)
	wait_lines log $((lines + 5))
	let_end
	wait_over "$job"
	diff <(seq "$(get log | wc -l)") <(get log)
}

@test "outputs of the same name in other directories are no reason to keep lines twice" {
	local job other dir
	ticking
	for dir in one two; do alice mkdir "$WORK/$dir"; done
	job=$(alice sh -c 'cd "$1/one" && exec sbatch --parsable --checkpoint --exclude=n4 --open-mode=append --output=out ../job.sh' _ "$WORK")
	other=$(alice sh -c 'cd "$1/two" && exec sbatch --parsable --nodelist=n4 --open-mode=append --output=out ../job.sh' _ "$WORK")
	wait_lines one/out 5
	wait_lines two/out 5
	alice scheckpoint create "$job"
	wait_lines one/out $(($(get one/out | wc -l) + 5))
	fail_node_of "$job"
	wait_lines one/out $(($(get one/out | wc -l) + 5))
	alice touch "$WORK/one/over" "$WORK/two/over"
	wait_over "$job"
	wait_over "$other"
	is_exact one/out
}

@test "a job of another output in the same directory is no reason to keep lines twice, also when slurmctld has forgotten it" {
	local job other
	ticking
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	alice scheckpoint create "$job"
	other=$(submit --output=other-%j --wrap 'echo other')
	wait_over "$other"
	forget_job "$other"
	alice scontrol requeue "$job"
	wait_event "$job" restart
	let_end
	wait_over "$job"
	get out | grep "are kept" || true
	refute grep -q "are kept" <(get out)
	diff <(seq "$(($(get out | grep -vc slurm) - 1))"; echo end) <(get out | grep -v slurm)
}

@test "a log that was rotated before the node died is as undisturbed" {
	local job
	put job.py <<-'END'
		#!/usr/bin/env python3
		import logging, logging.handlers, os, time
		h = logging.handlers.RotatingFileHandler("app.log", maxBytes=300, backupCount=9)
		log = logging.getLogger("x")
		log.addHandler(h)
		log.setLevel(logging.INFO)
		for i in range(1, 81):
		    while i >= 60 and not os.path.exists("over"):
		        time.sleep(0.1)
		    log.info("line %d", i)
		    print(i, flush=True)
		    time.sleep(0.1)
	END
	job=$(submit --checkpoint --output=out job.py)
	goes_back "$job"
	diff <(seq 80) <(get out)
	diff <(seq -f 'line %g' 80) <(in_work 'cat $(ls app.log* | sort -t. -k3 -nr)')
}

@test "files that the job itself has written anew, or removed, before the node died are as undisturbed" {
	local job
	put job.py <<-'END'
		#!/usr/bin/env python3
		import os, time
		state, part = open("state", "w"), open("part", "w")
		print("of the first part", file=part, flush=True)
		for i in range(1, 61):
		    state.seek(0)
		    state.truncate()
		    state.write("%d left%s\n" % (60 - i, "." * (60 - i)))
		    state.flush()
		    print(i, flush=True)
		    if i == 30:
		        os.rename("part", "whole")
		    if i == 40:
		        part.close()
		        os.remove("whole")
		    while i == 59 and not os.path.exists("over"):
		        time.sleep(0.1)
		    time.sleep(0.1)
		print(sorted(os.listdir()), flush=True)
	END
	job=$(submit --checkpoint --output=out job.py)
	goes_back "$job"
	diff <(seq 60; echo "['job.py', 'out', 'over', 'state']") <(get out)
	[ "$(get state)" = "0 left" ]
}

# bats test_tags=on:forky
@test "without the directory in which it wrote a job is held after its node's death, with what to do" {
	local job before
	put job.sh <<-'END'
		#!/bin/bash
		mkdir work
		exec 5>work/part
		for ((i = 1; i < 60; i++)); do
			echo $i
			echo $i >&5
			[ $i != 40 ] || mv work done
			sleep 0.1
		done
		until [ -e over ]; do sleep 0.1; done
		echo end
	END
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 12
	alice scheckpoint create "$job"
	wait_lines out 45
	before=$(restarts "$job")
	fail_node "$(job_node "$job")"
	wait_restarted "$job" "$before"
	wait_event "$job" held
	wait_held "$job"
	alice scheckpoint show "$job" | grep "Event=held" | grep -q "/work/part is not there, nor is its directory"
	in_work "mv done work"
	alice scheckpoint restart "$job"
	wait_event "$job" restart
	let_end
	wait_over "$job"
	diff <(seq 59; echo end) <(get out)
	diff <(seq 59) <(get done/part)
}

# ---- files that are rewritten in place ----

@test "an SQLite database that was open when the node died is whole" {
	local job
	put job.py <<-'END'
		#!/usr/bin/env python3
		import os, sqlite3, time
		db = sqlite3.connect("data.db")
		db.execute("create table t (i integer primary key, text text)")
		for i in range(1, 61):
		    while i >= 50 and not os.path.exists("over"):
		        time.sleep(0.1)
		    db.execute("insert into t values (?, ?)", (i, "x" * 3000))
		    db.commit()
		    print(i, flush=True)
		    time.sleep(0.1)
		print(db.execute("pragma integrity_check").fetchone()[0])
	END
	job=$(submit --checkpoint --output=out job.py)
	wait_lines out 10
	alice scheckpoint create "$job"
	wait_lines out 49
	fail_node_of "$job"
	let_end
	wait_over "$job"
	diff <(seq 60; echo ok) <(get out)
	[ "$(in_work "python3 -c 'import sqlite3; print(sqlite3.connect(\"data.db\").execute(\"select count(*), min(i), max(i) from t\").fetchone())'")" = "(60, 1, 60)" ]
}

@test "a file that is rewritten and too large to be copied unasked: the first checkpoint says what to do" {
	local job
	put job.py <<-'END'
		#!/usr/bin/env python3
		import os, time
		f = open("large", "w+b")
		f.truncate(3 << 30)
		i = 0
		while not os.path.exists("over"):
		    i += 1
		    os.pwrite(f.fileno(), b"%d" % i, 4096)
		    print(i, flush=True)
		    time.sleep(0.1)
		print("end")
	END
	job=$(submit --checkpoint --output=out job.py)
	wait_lines out 5
	run alice scheckpoint create "$job"
	[[ $output == *"/large (3.00G) is written elsewhere than at its end"*"--checkpoint-files=copy"* ]]
	# As it leaves nobody writes to it any more.
	leave_and_return "$job"
	wait_event "$job" restart
	let_end
	wait_over "$job"
	diff <(seq "$(($(get out | wc -l) - 2))"; echo end) <(get out | grep -v "no checkpoint was taken")
}

# ---- while it waits ----

# waits_with COMMAND MENDING WHAT: a job whose log met COMMAND is held with a sentence that
# says WHAT, and goes on after MENDING
waits_with() {
	put job.sh <<<$'#!/bin/bash\nexec 5>>log\nwhile [ ! -e over ]; do echo $((++i)); echo $i >&5; sleep 0.1; done\necho end'
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines log 5
	alice scheckpoint vacate "$JOB"
	wait_held "$JOB"
	in_work "$1"
	alice scheckpoint restart "$JOB"
	wait_event "$JOB" held
	wait_held "$JOB"
	alice scheckpoint show "$JOB" | grep "Event=held" | grep -q "$3"
	in_work "$2"
	alice scheckpoint restart "$JOB"
	wait_event "$JOB" restart
	let_end
	wait_over "$JOB"
	[ "$(job_state "$JOB")" = COMPLETED ]
	is_exact out
	diff <(get out | sed '$d') <(get log)
}

@test "an output that was made read-only while the job waits: it is held with what to do" {
	waits_with "chmod a-w log" "chmod u+w log" "chmod u+w .*/log"
}

@test "the same, renamed" {
	waits_with "mv log old" "mv old log" "log was renamed, and is .*/old now"
}

@test "the same, removed" {
	waits_with "ln log kept; mkdir away; mv kept away; rm log" "mv away/kept log" "truncate -s"
}

@test "the same, replaced by a shorter one" {
	waits_with "mv log old; echo 1 >log" "mv old log" "another file than the job was writing, which is .*/old now"
}

@test "the same, cut short" {
	waits_with "cp log full; echo 1 >log" "cat full >log" "checkpoint-files=copy"
}

@test "what a user appends to the output while the job waits stays, and no line of the job is there twice" {
	local job
	ticking
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	leave_and_return "$job" sh -c "echo a note >>'$WORK/out'"
	wait_event "$job" restart
	preempt "$job"
	wait_event "$job" restart 2
	let_end
	wait_over "$job"
	[ "$(count_in out '^a note$')" -eq 1 ]
	# (So do lines of Slurm's before the note.)
	get out | grep -vE '^[0-9]+$' >&2 || true
	diff <(seq "$(($(get out | grep -cE '^[0-9]+$')))"; echo end) <(get out | grep -E '^([0-9]+|end)$')
}

@test "an output whose mode its user changes while the job waits is no other file" {
	local job
	put job.sh <<<$'#!/bin/bash\nexec 5>>log 6>pos\nwhile [ ! -e over ]; do echo $((++i)); echo $i >&5; echo $i >&6; sleep 0.1; done\necho end'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	leave_and_return "$job" chmod go= "$WORK/log" "$WORK/pos"
	wait_event "$job" restart
	let_end
	wait_over "$job"
	is_exact out
	diff <(get out | sed '$d') <(get log)
	diff <(get out | sed '$d') <(get pos)
}

# ---- while it runs ----

@test "the output is replaced by an editor that keeps a backup while the job runs: it is saved, and goes on" {
	local job
	put job.sh <<<$'#!/bin/bash\nexec 5>>log\nwhile [ ! -e over ]; do echo $((++i)); echo $i >&5; sleep 0.1; done\necho end'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines log 5
	in_work 'ln log log~; sed s/3/three/ log >new; mv new log'
	alice scheckpoint create "$job"
	leave_and_return "$job"
	wait_event "$job" restart
	let_end
	wait_over "$job"
	is_exact out
	# It writes to the file that it has open, as it would have.
	diff <(get out | sed '$d') <(get log~)
	get log | grep -qx three
}

@test "the job's output is removed while it runs: it is saved, and goes on" {
	local job
	put job.sh <<<$'#!/bin/bash\nexec 5>>log\nwhile [ ! -e over ]; do echo $((++i)) >&5; echo $i; sleep 0.1; done\ncat /proc/self/fd/5 >again'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines log 5
	in_work 'rm log'
	alice scheckpoint create "$job"
	leave_and_return "$job"
	wait_event "$job" restart
	let_end
	wait_over "$job"
	diff <(get out) <(get again)
}

@test "a file that is called x (deleted) is exact after a node's death" {
	local job lines
	put job.sh <<<$'#!/bin/bash\nexec 5>"x (deleted)"\nwhile [ ! -e over ]; do echo $((++i)) >&5; sleep 0.1; done'
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines "x (deleted)" 5
	alice scheckpoint create "$job"
	wait_lines "x (deleted)" 20
	fail_node_of "$job"
	lines=$(get "x (deleted)" | wc -l)
	wait_lines "x (deleted)" $((lines + 3))
	let_end
	wait_over "$job"
	diff <(seq "$(get "x (deleted)" | wc -l)") <(get "x (deleted)")
}

@test "a job says nothing of bytes after a checkpoint when it starts for the first time" {
	local writer jobs
	put writer.sh <<<$'#!/bin/bash\nwhile [ ! -e over ]; do echo $((++i)); done'
	put job.sh <<<$'#!/bin/bash\necho one'
	writer=$(submit --no-checkpoint --open-mode=append --nodelist=n1 --cpus-per-task=1 --output=app.out writer.sh)
	wait_lines app.out 100
	for _ in 1 2 3; do
		jobs+=" $(submit --checkpoint --open-mode=append --nodelist=n1 --cpus-per-task=1 --output=app.out job.sh)"
	done
	for job in $jobs; do
		wait_over "$job"
	done
	let_end
	wait_over "$writer"
	[ "$(count_in app.out '^one$')" -eq 3 ]
	[ "$(count_in app.out 'slurm-checkpoint')" -eq 0 ]
	diff <(get app.out | grep -v one) <(seq "$(($(get app.out | wc -l) - 3))")
}

# ---- what only one node has ----

@test "a log in a directory of the job's own in /tmp goes with it" {
	local job blocker
	put job.sh <<-'END'
		#!/bin/bash
		mkdir -p /tmp/$USER.$SLURM_JOB_ID/logs
		exec 5>>/tmp/$USER.$SLURM_JOB_ID/logs/log
		while [ ! -e over ]; do echo $((++i)) | tee -a /dev/fd/5; sleep 0.1; done
		cp /tmp/$USER.$SLURM_JOB_ID/logs/log .
		rm -r /tmp/$USER.$SLURM_JOB_ID
	END
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	blocker=$(occupy "$job")
	wait_event "$job" restart
	let_end
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	diff <(get out) <(get log)
	bob scancel "$blocker"
}

@test "program, input, working directory and a file mapped as by a JVM in /tmp go with the job" {
	local job blocker
	put job.py <<-'END'
		#!/usr/bin/env python3
		import mmap, os, shutil, sys, time
		home = os.getcwd()
		dir = "/tmp/hsperfdata_x." + os.environ["SLURM_JOB_ID"]
		os.mkdir(dir)
		with open(dir + "/perf", "w+b") as f:
		    f.truncate(32768)
		    m = mmap.mmap(f.fileno(), 32768)
		with open(dir + "/in", "w") as f:
		    f.write("".join("%d\n" % i for i in range(100000)))
		input = open(dir + "/in")
		os.mkdir(dir + "/work")
		os.chdir(dir + "/work")
		shutil.copy("/bin/sleep", dir + "/sleep")
		i = 0
		while not os.path.exists(home + "/over"):
		    m[i % 32768] = i % 256
		    if int(input.readline()) != i:
		        print("wrong line")
		    print(i, flush=True)
		    i += 1
		    os.spawnl(os.P_WAIT, dir + "/sleep", "sleep", "0.1")
		good = all(m[k] == k % 256 for k in range(i)) and os.getcwd() == dir + "/work"
		print("good" if good else "bad")
		shutil.rmtree(dir)
	END
	job=$(submit --checkpoint --output=out job.py)
	wait_lines out 5
	blocker=$(occupy "$job")
	wait_event "$job" restart
	let_end
	wait_over "$job"
	[ "$(job_state "$job")" = COMPLETED ]
	diff <(seq 0 $(($(get out | wc -l) - 2)); echo good) <(get out)
	bob scancel "$blocker"
}
