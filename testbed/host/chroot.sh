#!/bin/bash
# In a mount and pid namespace of its own: the command's root is the tree TREE
# under a layer that is thrown away, the source SOURCE at /src, BUILD at /build.
set -euo pipefail
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$TREE,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
cd /mnt/root
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount --bind "$SOURCE" src
mount -o remount,bind,ro src
mount --bind "$BUILD" build
pivot_root . .
umount -l .
cd /build
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 "$@"
