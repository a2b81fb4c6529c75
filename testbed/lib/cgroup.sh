# shellcheck shell=bash
# A cgroup for each host, which the host sees as the root of its own tree.
#   v1    cgroup v1, as Slurm before 22.05 knew it
#   v2    the unified hierarchy, with the controllers that Slurm needs
#   none  neither is usable here: Slurm follows processes by their parents

CGROUP_V1=(freezer cpuset memory cpuacct cpu devices pids)
CGROUP_V2=(cpuset cpu memory pids)
CGROUP_ROOT=/sys/fs/cgroup

# Unlike other testbeds' on this machine.
cgroup_prefix() {
	local sum
	sum=$(printf %s "$TESTBED" | cksum)
	echo "slurm-testbed-${sum%% *}"
}

# The mount points of v1 hierarchies, those with several controllers once.
cgroup_v1_mounts() {
	local controller
	for controller in "${CGROUP_V1[@]}"; do
		findmnt --noheadings --first-only --types cgroup --options "$controller" --output TARGET || true
	done | sort -u
}

cgroup_version() {
	local controller controllers
	[[ -w $CGROUP_ROOT ]] || { echo none; return; }
	if [[ $(findmnt --noheadings --output FSTYPE --mountpoint "$CGROUP_ROOT") == cgroup2 ]]; then
		controllers=" $(cat "$CGROUP_ROOT/cgroup.controllers") "
		for controller in "${CGROUP_V2[@]}"; do
			[[ $controllers == *" $controller "* ]] || { echo none; return; }
		done
		echo v2
		return
	fi
	for controller in freezer cpuset memory cpuacct; do
		findmnt --types cgroup --options "$controller" >/dev/null || { echo none; return; }
	done
	echo v1
}

cgroup_create() { # HOST
	local directory
	case $CGROUP in
	v1)
		for directory in $(cgroup_v1_mounts); do
			mkdir -p "$directory/$(cgroup_prefix)-$1"
			# a new cpuset is empty, and takes no process until it is not
			[[ ! -e $directory/cpuset.cpus ]] || for file in cpuset.cpus cpuset.mems; do
				cat "$directory/$file" >"$directory/$(cgroup_prefix)-$1/$file"
			done
		done
		;;
	v2)
		directory=$CGROUP_ROOT/$(cgroup_prefix)
		mkdir -p "$directory"
		echo "${CGROUP_V2[*]/#/+}" >"$CGROUP_ROOT/cgroup.subtree_control"
		echo "${CGROUP_V2[*]/#/+}" >"$directory/cgroup.subtree_control"
		mkdir -p "$directory/$1"
		;;
	esac
}

cgroup_list() { # HOST: the directories, outside
	local directory
	case $CGROUP in
	v1)
		for directory in $(cgroup_v1_mounts); do
			echo "$directory/$(cgroup_prefix)-$1"
		done
		;;
	v2) echo "$CGROUP_ROOT/$(cgroup_prefix)/$1" ;;
	esac
}

# A cgroup can be removed when the kernel has put away its last process, a
# moment after that is gone.
cgroup_try_remove() { # DIRECTORY
	[[ ! -d $1 ]] || find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}

cgroup_remove() { # HOST
	local directory
	for directory in $(cgroup_list "$1"); do
		wait_for 10 cgroup_try_remove "$directory" || say "cannot remove $directory"
	done
}
