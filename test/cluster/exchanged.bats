#!/usr/bin/env bats
# What a job has open, or works in, where a stranger can put something else in its place
# while the job waits: it is held, and continues when that is as it was.

# bats file_tags=on:forky
load lib

setup() {
	new_workdir
	CONF=$(root cat /etc/slurm/checkpoint.conf)
	OPEN=$(bob mktemp -d /shared/strangers.XXXXXX)
	bob chmod 755 "$OPEN"
	bob mkdir "$OPEN/common"
	bob chmod 777 "$OPEN/common"
	put next.sh <<<$'#!/bin/sh\ntrue'
}
teardown() {
	clean
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
	root rm -rf "$OPEN"
	for node in n1 n2; do cluster run $node rm -rf /local /tmp/strangers.dir; done
}

# saved SCRIPT-LINE...: alice's job, which runs next.sh before each line, was saved on n1: JOB
saved() {
	printf '%s\n' '#!/bin/bash' "cd $WORK" 'exec >lines' "$@" \
		"while [ ! -e $WORK/over ]; do \$NEXT; echo \$((++i)); sleep 0.1; done" 'echo end' | put job.sh
	JOB=$(submit --checkpoint --nodelist=n1 --output="$WORK/said" job.sh)
	wait_lines lines 5
	alice scheckpoint vacate "$JOB"
	wait_held "$JOB"
}

# planted HOST DIRECTORY: bob's, with a next.sh of his
planted() {
	cluster run -u bob "$1" sh -c 'mkdir -m 755 "$1" && printf "#!/bin/sh\ntouch %s/owned\n" "$2" >"$1/next.sh" && chmod 755 "$1/next.sh"' _ "$2" "$WORK"
}

says_more() { (($(count_in said "$1") > $2)); }
# refuses_it TEXT [OPTION...]: restarted so the job is held, and says that
refuses_it() {
	local before
	before=$(count_in said "$1")
	alice scheckpoint restart "${@:2}" "$JOB"
	until_true 60 "it says: $1" says_more "$1" "$before"
	wait_held "$JOB"
	refute alice test -e "$WORK/owned"
}

continues_exact() { # OPTION...
	alice scheckpoint restart "$@" "$JOB"
	wait_event "$JOB" restart
	let_end
	wait_over "$JOB"
	is_exact lines
	refute alice test -e "$WORK/owned"
}

@test "a job does not continue in a stranger's directory that has its directory's name on another node" {
	for node in n1 n2; do
		cluster run $node rm -rf /local
		cluster run $node mkdir -m 1777 /local
	done
	saved 'mkdir /local/ajob' 'cp next.sh /local/ajob' 'cd /local/ajob' 'NEXT=./next.sh'
	planted n2 /local/ajob
	refuses_it '/local/ajob belongs to user bob' --nodelist=n2
	cluster run n2 rm -rf /local/ajob
	cluster run -u alice n2 sh -c 'umask 022; mkdir /local/ajob; cp "$1/next.sh" /local/ajob' _ "$WORK"
	continues_exact --nodelist=n2
}

@test "nor from one that it has open" {
	saved 'mkdir /tmp/strangers.dir' 'cp next.sh /tmp/strangers.dir' 'exec 7</tmp/strangers.dir' 'NEXT=/proc/$$/fd/7/next.sh'
	planted n2 /tmp/strangers.dir
	refuses_it '/tmp/strangers.dir belongs to user bob' --nodelist=n2
	continues_exact --nodelist=n1
}

@test "nor in one that a stranger has exchanged on the same node, or behind a link" {
	saved "mkdir $OPEN/common/sub" "cp next.sh $OPEN/common/sub" "cd $OPEN/common/sub" 'NEXT=./next.sh'
	bob mv "$OPEN/common/sub" "$OPEN/common/away"
	planted ctl "$OPEN/common/sub"
	refuses_it "$OPEN/common/sub belongs to user bob"
	bob rm -r "$OPEN/common/sub"
	alice mkdir "$WORK/target"
	alice sh -c 'printf "#!/bin/sh\ntouch %s/owned\n" "$1" >"$1/target/next.sh"; chmod 755 "$1/target/next.sh"' _ "$WORK"
	bob ln -s "$WORK/target" "$OPEN/common/sub"
	refuses_it "$OPEN/common/sub is reached by a link of another user"
	bob rm "$OPEN/common/sub"
	bob mv "$OPEN/common/away" "$OPEN/common/sub"
	continues_exact
}

@test "a script is not read on from a stranger's file on the same node" {
	{
		echo 'while [ ! -e over ]; do echo $((++i)); sleep 0.1; done'
		for ((i = 0; i < 2000; i++)); do echo "#xxxxxxxxxxxxxxxxxxxxxxxxx #"; done
		echo 'echo end'
	} | put steps
	saved "cp steps $OPEN/common/steps" "chmod 644 $OPEN/common/steps" "exec bash $OPEN/common/steps"
	bob mv "$OPEN/common/steps" "$OPEN/common/away"
	get steps | sed -E "s|^#x{25}|touch owned ; #xxxxxxxxxxxx|" | bob sh -c 'cat >"$1"; chmod 644 "$1"; truncate -s "$(stat -c %s "$2")" "$1"' _ "$OPEN/common/steps" "$OPEN/common/away"
	refuses_it "$OPEN/common/steps belongs to user bob"
	bob mv "$OPEN/common/away" "$OPEN/common/steps"
	continues_exact
}

@test "what a stranger exchanges while criu opens it is seen before the job runs" {
	alice mkdir "$WORK/target"
	put target/log <<<precious
	saved "exec 3>>$OPEN/common/log" 'NEXT="eval echo \$i >&3"'
	bob mkdir -m 777 "$OPEN/sync"
	bob chmod 777 "$OPEN/sync"
	put criu <<-END
		#!/bin/bash
		if [ "\$1" = restore ] && [ ! -e $OPEN/sync/exchanged ]; then
			touch $OPEN/sync/restores
			until [ -e $OPEN/sync/exchanged ]; do sleep 0.01; done
		fi
		exec /usr/sbin/criu "\$@"
	END
	root tee -a /etc/slurm/checkpoint.conf <<<"CriuPath=$WORK/criu" >/dev/null
	alice scheckpoint restart "$JOB"
	bob timeout 60 sh -c 'cd "$1" && until [ -e sync/restores ]; do sleep 0.01; done
		mv common away && ln -s "$2/target" common && touch sync/exchanged' _ "$OPEN" "$WORK"
	until_true 60 "it is held" has_event "$JOB" held 1
	wait_held "$JOB"
	get said | grep "$OPEN/common/log was exchanged while the job was restored"
	[ "$(get target/log)" = precious ]
	bob rm "$OPEN/common"
	bob mv "$OPEN/away" "$OPEN/common"
	continues_exact
}

@test "a job in a colleague's directory, with colleagues' files, continues" {
	bob mkdir -m 755 "$OPEN/project"
	bob cp /usr/bin/sleep "$OPEN/project/sleep"
	bob sh -c 'echo data >"$1/project/data"; chmod 644 "$1/project/data"' _ "$OPEN"
	saved "cd $OPEN/project" 'exec 4<data' './sleep 1000 &' 'disown' 'NEXT='
	continues_exact --nodelist=n2
}

@test "a job whose files of every kind are where others can write continues, if nobody has touched them" {
	put hold.py <<-END
		import mmap, os, time
		os.chdir("$OPEN/common")
		with open("mapped", "w+b") as f:
		    f.write(b"x" * 8192)
		    f.flush()
		    mapped = mmap.mmap(f.fileno(), 8192)
		private = mmap.mmap(os.open("sleep", os.O_RDONLY), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ)
		os.mkfifo("fifo")
		fifo = os.open("fifo", os.O_RDWR)
		os.mkdir("sub")
		directory = os.open("sub", os.O_RDONLY)
		gone = open("gone", "w+")
		gone.write("gone")
		os.remove("gone")
		odd = open("odd (deleted)", "w+")
		odd.write("odd")
		odd.flush()
		moved = open("before", "w+")
		moved.write("moved")
		moved.flush()
		os.rename("before", "after")
		memory = mmap.mmap(-1, 4096)
		anonymous = os.memfd_create("anonymous")
		i = 0
		while not os.path.exists("$WORK/over"):
		    i += 1
		    print(i, flush=True)
		    time.sleep(0.1)
		for f in gone, odd, moved:
		    f.seek(0)
		ok = [gone.read(), odd.read(), moved.read()] == ["gone", "odd", "moved"] and mapped[:1] == b"x"
		print("end" if ok else "wrong", flush=True)
	END
	saved "cd $OPEN/common" 'cp /usr/bin/sleep .' './sleep 1000 &' 'disown' "exec python3 $WORK/hold.py"
	# (On n2 it would be another disk, for all that its file system tells.)
	continues_exact --nodelist=n1
}
