# shellcheck shell=bash
# The Debian tree of a suite: every host's read-only root.

PACKAGES_ALL=(
	slurmctld slurmd slurm-client slurmdbd mariadb-server munge
	iproute2 procps util-linux mount passwd
	gcc libc6-dev meson pkgconf scdoc
	libslurm-dev libarchive-dev libzstd-dev libxxhash-dev libjson-c-dev libcmocka-dev
	python3 file libcap2-bin
)
# shellcheck disable=SC2034  # by name, see tree_build
{
	PACKAGES_trixie=(
		criu clang libclang-rt-dev libpmix-dev
		# of test/cluster/programs.bats
		python3-numpy r-base-core octave make autoconf automake libtool libltdl-dev
	)
	PACKAGES_forky=(criu openmpi-bin libopenmpi-dev libpmix-dev mpich libmpich-dev passt)
	PACKAGES_bookworm=() # has no CRIU
}

# Run in the new tree: users, and a database small enough to copy at each start.
# shellcheck disable=SC2016  # $1 is mmdebstrap's
TREE_HOOK='
set -e
cp "$TREE_MARIADB" "$1/etc/mysql/mariadb.conf.d/90-testbed.cnf"
chroot "$1" sh -e <<-"END"
	groupadd -g 2000 alice; useradd -u 2000 -g alice -d /shared/home/alice -s /bin/bash -M alice
	groupadd -g 2001 bob;   useradd -u 2001 -g bob   -d /shared/home/bob   -s /bin/bash -M bob
	groupadd -g 3000 proj;  usermod -a -G proj alice
	rm -rf /var/lib/mysql
	mariadb-install-db --user=mysql --skip-test-db --force >/dev/null
	rm -f /etc/munge/munge.key
	mkdir -p /shared /src /build
END
'

# tree_build SUITE [PACKAGE...]: with these, in addition to those that were asked for before
tree_build() {
	local suite=$1 root=$TESTBED/$1/root added list stamp packages options=()
	local -n own=PACKAGES_$suite
	mapfile -t added < <({ cat "$TESTBED/$suite/packages" 2>/dev/null || true; printf '%s\n' "${@:2}"; } | grep . | sort -u)
	packages=("${PACKAGES_ALL[@]}" "${own[@]}" "${added[@]}")
	list=$(IFS=,; printf %s "${packages[*]}")
	stamp=$({ printf '%s\n' "$list" "$TREE_HOOK"; cat "$HERE/etc/mariadb.cnf"; } | sha256sum)
	[[ $(cat "$TESTBED/$suite/root.stamp" 2>/dev/null) != "$stamp" ]] || return 0

	! cluster_is_up || ! grep -qx "SUITE=$suite" "$RUN/cluster" ||
		die "the tree of $suite must be built anew, but a cluster runs on it: testbed/cluster down"
	need mmdebstrap=mmdebstrap
	say "building the Debian tree of $suite (once; about a minute)"
	# the Release file of a suite that is still moving may have expired on a mirror
	[[ $suite != forky ]] || options+=('--aptopt=Acquire::Check-Valid-Until "false"')
	rm -rf --one-file-system "$root.tmp" "$root.old"
	TREE_MARIADB=$HERE/etc/mariadb.cnf mmdebstrap --mode=root --format=directory --variant=apt \
		--include="$list" --customize-hook="$TREE_HOOK" "${options[@]}" \
		"$suite" "$root.tmp" </dev/null >"$TESTBED/$suite/root.log" 2>&1 ||
		die "cannot build the tree of $suite: see $TESTBED/$suite/root.log"
	rm -rf "$TESTBED/$suite/root.stamp" # until both are in place, there is no tree
	[[ ! -e $root ]] || mv "$root" "$root.old"
	mv "$root.tmp" "$root"
	((${#added[@]} == 0)) || printf '%s\n' "${added[@]}" >"$TESTBED/$suite/packages"
	printf '%s\n' "$stamp" >"$TESTBED/$suite/root.stamp"
	# what was built in the old tree was built against other libraries
	rm -rf --one-file-system "$root.old" "${root:?}"/../{build,build-asan,install,install-asan,bin}
}

# tree_release SUITE: Slurm's release in the tree, as 24.11
tree_release() {
	sed -n '/^Package: slurmctld$/,/^$/s/^Version: \([0-9]*\.[0-9]*\).*/\1/p' "$TESTBED/$1/root/var/lib/dpkg/status"
}
