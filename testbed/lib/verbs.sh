# shellcheck shell=bash
# The verbs of testbed/cluster, but run.

cluster_is_up() {
	[[ -e $RUN/cluster ]]
}

# What `up` chose, for the verbs after it: SUITE NODES CGROUP ROOT LOWER BREAKPOINTS
cluster_load() {
	cluster_is_up || die "there is no cluster: testbed/cluster up"
	# shellcheck source=/dev/null  # cluster_save's
	. "$RUN/cluster"
}

cluster_save() {
	printf '%s=%q\n' SUITE "$SUITE" NODES "$NODES" CGROUP "$CGROUP" ROOT "$ROOT" LOWER "$LOWER" \
		BREAKPOINTS "$BREAKPOINTS" >"$RUN/cluster"
}

# Sets SUITE, NODES, ROOT, SANITIZE, BARE, BREAKPOINTS, STORE_SIZE, and REST to what follows the options.
parse_options() {
	SUITE=trixie NODES=4 ROOT=plain SANITIZE='' BARE='' BREAKPOINTS=yes STORE_SIZE=''
	while (($#)); do
		case $1 in
		--suite)
			SUITE=${2-}
			shift
			;;
		--suite=*) SUITE=${1#*=} ;;
		--nodes)
			NODES=${2-}
			shift
			;;
		--nodes=*) NODES=${1#*=} ;;
		--root)
			ROOT=${2-}
			shift
			;;
		--root=*) ROOT=${1#*=} ;;
		--store-size)
			STORE_SIZE=${2-}
			shift
			;;
		--store-size=*) STORE_SIZE=${1#*=} ;;
		--sanitize) SANITIZE=-asan ;;
		--bare) BARE=yes ;;
		--no-breakpoints) BREAKPOINTS='' ;;
		-*) die "there is no option $1" ;;
		*) break ;;
		esac
		shift || break
	done
	REST=("$@")
	case $SUITE in
	trixie | forky | bookworm) ;;
	*) die "--suite is trixie, forky or bookworm, not '$SUITE'" ;;
	esac
	[[ $NODES =~ ^[1-9][0-9]?$ ]] || die "--nodes is a number from 1 to 99, not '$NODES'"
	[[ $ROOT == @(plain|overlay) ]] || die "--root is plain or overlay, not '$ROOT'"
	[[ $STORE_SIZE =~ ^([1-9][0-9]*[MG])?$ ]] || die "--store-size is a size as 3G, not '$STORE_SIZE'"
}

no_more_arguments() {
	(($# == 0)) || die "what is '$1'?"
}

# prepare [PACKAGE...]
prepare() {
	need ip=iproute2 unshare=util-linux nsenter=util-linux findmnt=util-linux flock=util-linux pgrep=procps
	mkdir -p "$TESTBED/$SUITE"
	tree_build "$SUITE" "$@"
	build_helpers "$SUITE"
}

verb_build() {
	parse_options "$@"
	no_more_arguments "${REST[@]}"
	lock "$SUITE"
	prepare
	build_project "$SUITE" "$SANITIZE"
}

verb_install() {
	parse_options "$@"
	((${#REST[@]})) || die "install: which packages?"
	lock "$SUITE"
	prepare "${REST[@]}"
}

verb_chroot() {
	parse_options "$@"
	((${#REST[@]})) || die "chroot: which command?"
	lock "$SUITE"
	prepare
	exec {LOCK}>&-
	in_tree "$SUITE" "$TESTBED/$SUITE/build$SANITIZE" "${REST[@]}"
}

shared_create() {
	local home
	mkdir -p "$RUN/shared"/{home,checkpoint}
	[[ -z $STORE_SIZE ]] || mount -t tmpfs -o "size=$STORE_SIZE" tmpfs "$RUN/shared/checkpoint"
	chmod 1777 "$RUN/shared" "$RUN/shared/checkpoint"
	chmod 755 "$RUN/shared/home"
	for home in alice:2000 bob:2001; do
		install -d --mode=700 --owner="${home#*:}" --group="${home#*:}" "$RUN/shared/home/${home%:*}"
	done
}

# Also what an `up` or a `down` that was killed has left.
store_unmount() {
	! mountpoint --quiet "$RUN/shared/checkpoint" || umount "$RUN/shared/checkpoint"
}

# /usr of all hosts with a plain root: the tree's, by hard links, with the project in it.
usr_create() {
	cp -al "${LOWER##*:}/usr" "$RUN/usr"
	[[ $LOWER != *:* ]] || cp -al --remove-destination "${LOWER%%:*}/usr/." "$RUN/usr"
}

munge_key_create() {
	[[ -s $TESTBED/munge.key ]] && return 0
	(umask 077 && head -c 1024 /dev/urandom >"$TESTBED/munge.key.tmp")
	mv "$TESTBED/munge.key.tmp" "$TESTBED/munge.key"
}

nodes_are_idle() {
	local host
	for host in $(hosts); do
		! host_failed "$host" || return 2
	done
	# shellcheck disable=SC2153  # NODES is cluster_load's or parse_options'
	[[ $(host_run ctl root sinfo --noheader --partition=low --format='%T %D' 2>/dev/null) == "idle $NODES" ]]
}

verb_up() {
	local host
	# shellcheck disable=SC2086  # words
	parse_options ${TESTBED_UP-} "$@"
	no_more_arguments "${REST[@]}"
	lock cluster
	bring_down
	lock "$SUITE"
	prepare
	LOWER=$TESTBED/$SUITE/root
	if [[ -z $BARE ]]; then
		build_project "$SUITE" "$SANITIZE"
		LOWER=$TESTBED/$SUITE/install$SANITIZE:$LOWER
	fi

	store_unmount
	rm -rf --one-file-system "$RUN"
	mkdir -p "$RUN/hosts" "$RUN/log"
	CGROUP=$(cgroup_version "$(tree_release "$SUITE")")
	cluster_save
	cp -r "$TESTBED/$SUITE/bin" "$RUN/bin"
	[[ $ROOT != plain ]] || usr_create
	munge_key_create
	shared_create
	config_write "$SUITE" "$NODES"
	# shellcheck disable=SC2046  # a word for each host
	network_up $(hosts)
	cgroup_up
	for host in $(hosts); do
		host_boot "$host"
	done
	if ! wait_for 180 nodes_are_idle; then
		for host in $(hosts); do
			say "$host: $(tail -n 1 "$RUN/log/$host/boot.log" 2>&1)"
		done
		host_run ctl root sinfo >&2 || true
		die "the cluster does not come up: see the logs of its hosts in $RUN/log"
	fi
	say "$SUITE, Slurm $(tree_release "$SUITE"), $NODES nodes idle"
}

verb_kill() {
	(($# == 1)) || die "kill: which host?"
	lock cluster
	cluster_load
	host_check "$1"
	host_kill "$1"
}

verb_boot() {
	(($# == 1)) || die "boot: which host?"
	lock cluster
	cluster_load
	host_check "$1"
	[[ -z $(host_pid "$1") ]] || die "$1 is up"
	node_report_lost "$1"
	host_boot "$1"
	host_wait "$1"
}

verb_logs() {
	(($# == 1)) || die "logs: which host?"
	local log
	for log in "$RUN/log/$1"/*.log; do
		[[ -e $log ]] || die "no logs of '$1' in $RUN/log"
		echo "==> $log <=="
		cat "$log"
	done
}

verb_status() {
	local host pid
	no_more_arguments "$@"
	cluster_load
	echo "suite $SUITE, Slurm $(tree_release "$SUITE"), $ROOT roots, cgroup $CGROUP, directory $RUN"
	for host in $(hosts); do
		pid=$(host_pid "$host")
		if [[ -n $pid ]]; then
			echo "$host up, pid $pid"
		else
			echo "$host down"
		fi
	done
	[[ -z $(host_pid ctl) ]] || host_run ctl root sinfo --Node --long
}

bring_down() {
	local host SUITE NODES CGROUP ROOT LOWER BREAKPOINTS # not those that `up` was asked for
	cluster_is_up || return 0
	# shellcheck source=/dev/null  # cluster_save's
	. "$RUN/cluster"
	for host in $(hosts); do
		host_kill "$host"
	done
	network_remove switch
	cgroup_down
	store_unmount
	rm -rf --one-file-system "${RUN:?}"/{hosts,usr,net,bin,etc,etc.before,shared,hosts.txt}
	rm -rf "$TESTBED"/*/install.old.*
	rm -f "$RUN/cluster"
}

verb_down() {
	no_more_arguments "$@"
	lock cluster
	bring_down
}
