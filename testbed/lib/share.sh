# shellcheck shell=bash
# /shared of machines. Other hosts have RUN/shared by a bind mount; machines mount that by
# NFS from a server of this cluster's own, a process in the tree of machines: so record
# locks and user ids are the same on both kinds of host, and nothing is cached, as nothing is
# between hosts. (The 9p file system of qemu would be less to start, but it answers that a
# lock is held without taking it.) With `--shared nfs` it is another: that of the machine
# `nfs`, whose kernel serves it, with a client's usual caches; only machines see it.

share_source() { # HOST
	case $SHARED-$1 in
	*-nfs) ;;
	nfs-*) echo "$(network_address nfs):/" ;;
	*) echo "$(network_address share):/" ;;
	esac
}

share_options() {
	case $SHARED in
	nfs) echo vers=4.2,proto=tcp,hard,retry=10 ;;
	*) echo vers=4.2,proto=tcp,hard,retry=10,actimeo=0,lookupcache=none ;;
	esac
}

share_up() {
	local dir=$RUN/share
	((VM > 0)) && [[ $SHARED != nfs ]] || return 0
	mkdir -p "$dir" "$RUN/log"
	network_in switch ip addr add "$(network_address share)/24" dev switch
	detached nsenter --net="$RUN/net/switch" bash "$HERE/vm/share.sh" "$TESTBED/$SUITE/root" "$TESTBED/$SUITE/machine" \
		"$RUN/shared" "$HERE/vm/ganesha.conf" >"$RUN/log/share.log" 2>&1 &
	echo "$! $(process_start $!)" >"$dir/pid"
	wait_for 60 share_answers || die "the server of /shared does not come up: see $RUN/log/share.log"
}

share_answers() {
	[[ -n $(process_in "$RUN/share/pid") ]] || return 2
	# shellcheck disable=SC2016  # the inner shell's
	network_in switch bash -c ': <"/dev/tcp/$1/2049"' _ "$(network_address share)" 2>/dev/null
}

share_down() {
	local pid
	pid=$(process_in "$RUN/share/pid")
	[[ -z $pid ]] || kill -KILL "$pid"
	rm -rf "$RUN/share"
}
