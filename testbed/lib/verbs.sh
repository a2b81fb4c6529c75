# shellcheck shell=bash
# The verbs of testbed/cluster, but run.

cluster_is_up() {
	[[ -e $RUN/cluster ]]
}

# What `up` chose, for the verbs after it
cluster_load() {
	cluster_is_up || die "there is no cluster: testbed/cluster up"
	# shellcheck source=/dev/null  # cluster_save's
	. "$RUN/cluster"
}

cluster_save() {
	local name
	for name in SUITE NODES VM SHARED CGROUP ROOT LOWER BREAKPOINTS; do
		printf '%s=%q\n' "$name" "${!name}"
	done >"$RUN/cluster"
}

# Sets SUITE, NODES, ROOT, SANITIZE, BARE, BREAKPOINTS, STORE_SIZE, and REST to what follows the options.
parse_options() {
	SUITE=trixie NODES=4 ROOT=plain SANITIZE='' BARE='' BREAKPOINTS=yes STORE_SIZE=''
	VM=0 VM_KERNEL=6.12 VM_CPU=max VM_ROOT_FS=ext4 VM_INIT=plain SHARED=''
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
		--vm | --kernel | --cpu | --root-fs | --init | --shared)
			parse_machine_option "$1" "${2-}"
			shift
			;;
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
	[[ $NODES =~ ^(0|[1-9][0-9]?)$ ]] || die "--nodes is a number from 0 to 99, not '$NODES'"
	[[ $VM =~ ^[0-3]$ ]] || die "--vm is a number from 0 to 3, not '$VM'"
	NODES=$((NODES + VM)) # the machines are the last of them
	((NODES > 0)) || die "there are no nodes"
	[[ $ROOT == @(plain|overlay) ]] || die "--root is plain or overlay, not '$ROOT'"
	[[ $STORE_SIZE =~ ^([1-9][0-9]*[MG])?$ ]] || die "--store-size is a size as 3G, not '$STORE_SIZE'"
}

# shellcheck disable=SC2034  # vm_check_options' and vm_prepare's
parse_machine_option() { # OPTION VALUE
	case $1 in
	--vm) VM=$2 ;;
	--kernel) VM_KERNEL=$2 ;;
	--cpu) VM_CPU=$2 ;;
	--root-fs) VM_ROOT_FS=$2 ;;
	--init) VM_INIT=$2 ;;
	--shared) SHARED=$2 ;;
	esac
	[[ -n $2 ]] || die "$1: which?"
	[[ -z $SHARED || $SHARED == nfs ]] || die "--shared is nfs, not '$SHARED'"
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

	vm_check_options
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
	vm_prepare
	# shellcheck disable=SC2046  # a word for each host
	network_up $(hosts)
	cgroup_up
	share_up
	for host in $(hosts); do
		host_boot "$host"
	done
	if ! wait_for "$((VM > 0 ? 600 : 180))" nodes_are_idle; then
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
	# shellcheck disable=SC2034  # loaded with the others
	local host SUITE NODES VM=0 SHARED='' CGROUP ROOT LOWER BREAKPOINTS # not those that `up` was asked for
	cluster_is_up || return 0
	# shellcheck source=/dev/null  # cluster_save's
	. "$RUN/cluster"
	for host in $(hosts); do
		host_kill "$host"
	done
	share_down
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
