# shellcheck shell=bash
# What a machine starts from, below TESTBED:
#   kernels/NAME       vmlinuz, initrd, and the image of the modules, of a Debian kernel
#   SUITE/machine      the packages that a machine needs, a layer above the suite's tree
#   SUITE/ext4.img, SUITE/xfs.img   both, as a root file system
# None needs a loop device, a mount on this machine or a network once it is made.

declare -A KERNEL_SUITES=([6.1]=bookworm [6.12]=trixie [newest]=forky)
KERNEL_PACKAGE=linux-image-cloud-$(dpkg --print-architecture 2>/dev/null || echo amd64)
# what the initrd loads, in order: the disks, the agent's ports, the root
KERNEL_MODULES=(virtio_pci virtio_blk virtio_console ext4 xfs)
MACHINE_PACKAGES=(systemd systemd-sysv udev dbus kmod busybox-static apparmor nfs-common nfs-kernel-server
	nfs-ganesha nfs-ganesha-vfs strace)
# of the tree, what only the controller and the tests' programs need
MACHINE_UNNEEDED=(slurmctld slurmdbd mariadb-server clang libclang-rt-dev r-base-core octave openmpi-bin
	libopenmpi-dev mpich libmpich-dev)
IMAGE_SIZE=4G # sparse; what a machine writes goes to a disk of its own above it

# kernel_build NAME: the variant `extract` unpacks packages and runs none of their scripts
kernel_build() {
	local dir=$TESTBED/kernels/$1 tree=$TESTBED/kernels/$1.tmp version stamp
	stamp=$(printf '%s\n' "$KERNEL_PACKAGE ${KERNEL_MODULES[*]}" | cat - "$HERE/vm/initrd" | sha256sum)
	[[ $(cat "$dir/stamp" 2>/dev/null) != "$stamp" ]] || return 0
	say "fetching Debian's kernel $1 (once; about half a minute)"
	rm -rf "$dir" "$tree"
	mkdir -p "$dir"
	mmdebstrap --mode=root --variant=extract --include="$KERNEL_PACKAGE" --aptopt='Acquire::Check-Valid-Until "false"' \
		"${KERNEL_SUITES[$1]}" "$tree" </dev/null >"$dir/log" 2>&1 || die "cannot fetch a kernel of ${KERNEL_SUITES[$1]}: see $dir/log"
	# Debian 14 has both below /usr/lib/modules, Debian 12 the modules in /lib
	mkdir -p "$dir/root/lib"
	mv "$(dirname -- "$(find "$tree" -type d -path '*/modules/*' -prune -print -quit)")" "$dir/root/lib/modules"
	mv "$(find "$tree/boot" "$dir/root" -name 'vmlinuz*' -print -quit)" "$dir/vmlinuz"
	version=$(ls "$dir/root/lib/modules")
	depmod --basedir "$dir/root" "$version"
	initrd_build "$dir" "$version"
	image_ext4 "$dir/modules.img" "$dir/root/lib/modules" 400M ^has_journal
	rm -rf "$tree" "$dir/root"
	echo "$stamp" >"$dir/stamp"
}

# A busybox, the modules without which no disk is found, and a script: an emulated
# processor has less to unpack than with Debian's own, which has 30 MB.
initrd_build() { # DIRECTORY VERSION
	local tmp=$1/initrd.tmp file
	mkdir -p "$tmp"/{bin,modules,dev,proc,root}
	cp "$TESTBED/$SUITE/machine/busybox" "$tmp/bin/busybox"
	install "$HERE/vm/initrd" "$tmp/init"
	modprobe --dirname "$1/root" --set-version "$2" --show-depends --ignore-install --all "${KERNEL_MODULES[@]}" |
		sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' >"$tmp/files"
	while read -r file; do
		case $file in
		*.xz) xz --decompress --stdout "$file" ;;
		*) cat "$file" ;;
		esac >"$tmp/modules/$(basename -- "$file" .xz)"
		basename -- "$file" .xz >>"$tmp/modules/order"
	done <"$tmp/files"
	rm "$tmp/files"
	(cd "$tmp" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$1/initrd"
	rm -rf "$tmp"
}

# image_ext4 FILE DIRECTORY SIZE [FEATURE]: with a journal, unless it says ^has_journal
image_ext4() {
	rm -f "$1"
	truncate --size="$3" "$1"
	mke2fs -q -t ext4 -O "${4:-has_journal}" -m 0 -E lazy_itable_init=0,root_owner=0:0 -d "$2" "$1"
}

# mkfs.xfs of Debian 12 and 13 takes a list of files. A name with a space cannot
# stand in it; what has one is of no use to a machine.
image_xfs() { # FILE DIRECTORY SIZE
	rm -f "$1"
	truncate --size="$3" "$1"
	xfs_list "$2" >"$1.list"
	mkfs.xfs -q -p "$1.list" "$1"
	rm "$1.list"
}

xfs_list() { # DIRECTORY
	printf '/\n0 0\nd--755 0 0\n'
	find "$1" -mindepth 1 -name '* *' -prune -o -mindepth 1 -printf '%d %y %m %U %G %f %p %l\n' | LC_ALL=C awk '
		function letter(bit, name) { return int($3 / bit) % 2 ? name : "-" }
		BEGIN { type["f"] = "-"; type["d"] = "d"; type["l"] = "l" }
		!($2 in type) { next }
		{ while (depth >= $1) { print "$"; depth-- } }
		{
			special = int($3 / 1000)
			mode = type[$2] (int(special / 4) ? "u" : "-") (int(special / 2) % 2 ? "g" : "-") sprintf("%03d", $3 % 1000)
			print $6, mode, $4, $5, $2 == "f" ? $7 : $2 == "l" ? $8 : ""
		}
		$2 == "d" { depth = $1 }
		END { while (depth-- > 0) print "$"; print "$" }'
}

# machine_layer SUITE: what a machine needs, installed above the tree
machine_layer() {
	local dir=$TESTBED/$1/machine stamp
	stamp=$(cat "$TESTBED/$1/root.stamp" "$HERE/lib/image.sh" "$HERE/vm/layer.sh" "$HERE/vm/testbed.service" - <<<"${MACHINE_PACKAGES[*]} ${MACHINE_UNNEEDED[*]}" | sha256sum)
	[[ $(cat "$dir/stamp" 2>/dev/null) != "$stamp" ]] || return 0
	say "installing what machines need in the tree of $1 (once; about a minute)"
	rm -rf --one-file-system "$dir"
	rm -f "$TESTBED/$1"/{ext4,xfs}.img
	mkdir -p "$dir"/{upper,work}
	in_layer "$1" env PACKAGES="${MACHINE_PACKAGES[*]}" UNNEEDED="${MACHINE_UNNEEDED[*]}" HERE="$HERE" \
		bash "$HERE/vm/layer.sh" >"$dir/log" 2>&1 || die "cannot install what machines need: see $dir/log"
	in_layer "$1" cp usr/bin/busybox "$dir/busybox"
	echo "$stamp" >"$dir/stamp"
}

# in_layer SUITE COMMAND...: in a mount namespace of its own and in the directory where
# the suite's tree is with that layer, which keeps what COMMAND writes.
in_layer() {
	local tree=$TESTBED/$1/root dir=$TESTBED/$1/machine
	# shellcheck disable=SC2016  # the inner shell's
	unshare --mount --propagation private --pid --fork --kill-child bash -euc '
		mount -t tmpfs tmpfs /mnt
		mkdir /mnt/root
		mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" /mnt/root
		cd /mnt/root
		shift 2
		exec "$@"' in_layer "$tree" "$dir" "${@:2}"
}

# root_image SUITE ext4|xfs
root_image() {
	local image=$TESTBED/$1/$2.img
	[[ ! -e $image ]] || return 0
	say "writing the root file system of machines, $2 (once; half a minute)"
	export -f image_ext4 image_xfs xfs_list
	in_layer "$1" bash -euc '"$@"' root_image "image_$2" "$image.tmp" /mnt/root "$IMAGE_SIZE"
	mv "$image.tmp" "$image"
}
