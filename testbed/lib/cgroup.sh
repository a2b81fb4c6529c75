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

cgroup_version() { # RELEASE of Slurm
	local controller controllers
	[[ -w $CGROUP_ROOT ]] || { echo none; return; }
	if [[ $(findmnt --noheadings --output FSTYPE --mountpoint "$CGROUP_ROOT") == cgroup2 ]]; then
		# slurmstepd of 22.05 ends in the root cgroup, which only the machine's own allows
		[[ $1 != 22.05 ]] || { echo none; return; }
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

# For v2, the cgroup above the hosts'. Controllers that this machine did not
# hand on are noted, so that cgroup_down can take them back.
cgroup_up() {
	local controller
	[[ $CGROUP == v2 ]] || return 0
	for controller in "${CGROUP_V2[@]}"; do
		grep -qw "$controller" "$CGROUP_ROOT/cgroup.subtree_control" || echo "$controller" >>"$RUN/controllers"
	done
	mkdir -p "$CGROUP_ROOT/$(cgroup_prefix)"
	echo "${CGROUP_V2[*]/#/+}" >"$CGROUP_ROOT/cgroup.subtree_control"
	echo "${CGROUP_V2[*]/#/+}" >"$CGROUP_ROOT/$(cgroup_prefix)/cgroup.subtree_control"
}

cgroup_down() {
	local controller
	[[ $CGROUP == v2 ]] || return 0
	cgroup_try_remove "$CGROUP_ROOT/$(cgroup_prefix)" || say "cannot remove $CGROUP_ROOT/$(cgroup_prefix)"
	[[ -e $RUN/controllers ]] || return 0
	while read -r controller; do
		# another may use it by now
		echo "-$controller" >"$CGROUP_ROOT/cgroup.subtree_control" || true
	done <"$RUN/controllers" 2>/dev/null
	rm "$RUN/controllers"
}

cgroup_create() { # HOST
	local directory file
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
	v2) mkdir -p "$CGROUP_ROOT/$(cgroup_prefix)/$1" ;;
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
