# shellcheck shell=bash
# Hosts: what is below RUN/hosts/NAME is root (its local disk; or, with --root overlay,
# where the overlay of upper and work is mounted, in the host's own mount namespace), pid
# (its process 1; none while it is down) and parent (the process that made the
# namespaces and waits for process 1).

hosts() {
	local n
	echo ctl
	for ((n = 1; n <= NODES - VM; n++)); do
		echo "n$n"
	done
	vm_hosts
}

host_check() { # HOST
	[[ -d $RUN/hosts/$1 && -n $1 ]] || die "there is no host '$1': there are $(hosts | paste -sd ' ')"
}

# process_in FILE: the pid in it, or nothing when that process is gone. The file
# has its start time too: the number may belong to another by now.
process_in() {
	local pid start
	{ read -r pid start <"$1"; } 2>/dev/null || return 0
	[[ $(process_start "$pid") != "$start" ]] || echo "$pid"
}

process_start() { # PID: in clock ticks since the machine's boot
	local stat
	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
	read -ra stat <<<"${stat##*) }"
	echo "${stat[19]}"
}

host_pid() { # HOST: or nothing while it is down
	process_in "$RUN/hosts/$1/pid"
}

host_run() { # HOST USER COMMAND...
	local pid
	pid=$(host_pid "$1")
	[[ -n $pid ]] || return 125
	if host_is_machine "$1"; then
		vm_run "$@"
		return
	fi
	"$RUN/bin/hostctl" run "$pid" "${@:2}"
}

host_boot() { # HOST
	local dir=$RUN/hosts/$1
	if host_is_machine "$1"; then
		vm_boot "$1"
		return
	fi
	mkdir -p "$dir"/{upper,work,root} "$RUN/log/$1"
	network_plug "$1"
	cgroup_create "$1"
	# forked by a shell: unshare --fork of Debian 12 complains at each host's end
	detached nsenter --net="$RUN/net/$1" unshare --uts --ipc --mount --propagation private --pid \
		sh -c '"$@" & wait' sh env HOST="$1" DIR="$dir" ROOT="$ROOT" LOWER="$LOWER" RUN="$RUN" TESTBED="$TESTBED" HERE="$HERE" \
		CGROUP="$CGROUP" CGROUPS="$(cgroup_list "$1")" BREAKPOINTS="$BREAKPOINTS" \
		bash "$HERE/host/boot.sh" >>"$RUN/log/$1/boot.log" 2>&1 &
	echo "$! $(process_start $!)" >"$dir/parent"
}

# The power fails.
host_kill() { # HOST
	local dir=$RUN/hosts/$1 pid
	if host_is_machine "$1"; then
		vm_kill "$1"
		return
	fi
	network_unplug "$1"
	pid=$(host_pid "$1")
	# a host that is just starting may have no pid yet
	[[ -n $pid ]] || pid=$(pgrep --parent "$(process_in "$dir/parent")" 2>/dev/null) || true
	[[ -z $pid ]] || "$RUN/bin/hostctl" poweroff "$pid" || die "cannot kill $1"
	rm -f "$dir/pid" "$dir/parent"
	network_remove "$1"
	cgroup_remove "$1"
}

# Whether the host will never come up: it or one of its services has ended.
host_failed() { # HOST
	local pid
	if host_is_machine "$1"; then
		vm_failed "$1"
		return
	fi
	pid=$(host_pid "$1")
	if [[ -n $pid ]]; then
		[[ -e /proc/$pid/root/run/testbed.failed ]]
	else
		[[ -z $(process_in "$RUN/hosts/$1/parent") ]]
	fi
}

# Whether slurmd is up and slurmctld counts on it.
node_in_service() { # NODE
	local state
	! host_failed "$1" || return 2
	host_run "$1" root scontrol show slurmd >/dev/null 2>&1 || return 1
	[[ -n $(host_pid ctl) ]] || return 0
	state=$(host_run "$1" root scontrol --oneliner show node "$1" 2>/dev/null) || return 1
	! grep -qE 'State=[^ ]*(DOWN|UNKNOWN|NOT_RESPONDING)' <<<"$state"
}

# Whether slurmctld is up and has heard of the nodes that are.
ctl_in_service() {
	local node
	! host_failed ctl || return 2
	host_run ctl root scontrol ping 2>/dev/null | grep -q 'is UP' || return 1
	for node in $(host_run ctl root sinfo --noheader --states=unknown --format=%n); do
		[[ -z $(host_pid "$node") ]] || return 1
	done
}

# A node that is back before SlurmdTimeout would keep its lost jobs for minutes:
# slurmctld looks for those only then, and for young ones not even at a
# registration. So it is told, as it would be by a site's monitoring.
node_report_lost() { # HOST
	[[ $1 != ctl && $1 != nfs && -n $(host_pid ctl) ]] || return 0
	host_run ctl root scontrol update "NodeName=$1" State=DOWN Reason="power failure" ||
		say "slurmctld cannot be told that $1 was lost"
}

host_wait() { # HOST
	local log=$RUN/log/$1 check=(node_in_service "$1") seconds=180
	! host_is_machine "$1" || seconds=600
	[[ $1 != ctl ]] || check=(ctl_in_service)
	[[ $1 != nfs ]] || check=(nfs_in_service)
	wait_for "$seconds" "${check[@]}" && return 0
	tail -n 3 "$log"/*.log >&2 || true
	die "$1 does not come up: see $log"
}
