# shellcheck shell=bash
# Names and small helpers that every part of the testbed uses.

# shellcheck disable=SC2034  # used by the files that are sourced after this one
{
	TESTBED=${TESTBED:-/var/tmp/slurm-checkpoint-testbed}
	[[ $TESTBED == /* ]] || TESTBED=$PWD/$TESTBED
	RUN=$TESTBED/run # the cluster that is up; see README.md
	SOURCE=$(dirname -- "$HERE")
}

say() {
	printf 'testbed: %s\n' "$*" >&2
}

die() {
	say "$*"
	exit 1
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds. Fails after SECONDS, or
# at once when COMMAND answers 2: it will never succeed.
wait_for() {
	local end=$((SECONDS + $1)) status
	shift
	while :; do
		status=0
		"$@" || status=$?
		case $status in
		0) return 0 ;;
		2) return 1 ;;
		esac
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# detached COMMAND...: what outlives this script must hold none of the
# caller's descriptors (a pipe, the test framework's own, our lock).
detached() {
	local fd
	for fd in /proc/"$BASHPID"/fd/*; do
		fd=${fd##*/}
		((fd > 2)) && eval "exec $fd>&-"
	done
	exec setsid "$@" </dev/null
}

# lock NAME: one at a time, until this script ends.
lock() {
	mkdir -p "$TESTBED"
	exec {LOCK}>"$TESTBED/$1.lock"
	flock --wait 900 "$LOCK" || die "$TESTBED/$1.lock is held by another testbed/cluster"
}

# need COMMAND=PACKAGE...: what the host itself must have.
need() {
	local pair missing=()
	for pair; do
		type -P "${pair%=*}" >/dev/null || missing+=("${pair#*=}")
	done
	((${#missing[@]})) || return 0
	say "installing ${missing[*]} on this machine"
	type -P apt-get >/dev/null || die "this machine lacks ${missing[*]} and has no apt-get to install them"
	# two clusters may come up at a time, and apt serves one
	{
		flock 9
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"
	} </dev/null >&2 9>/run/slurm-checkpoint-apt.lock
}
