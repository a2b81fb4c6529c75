#!/bin/bash
# share.sh TREE LAYER SHARED CONFIGURATION: serves the directory SHARED by NFS, with the
# server that is in the tree of machines. This process is the server, in namespaces of its own.
set -euo pipefail
if [[ ${IN_NAMESPACE-} != yes ]]; then
	IN_NAMESPACE=yes exec unshare --mount --propagation private --ipc --uts bash "$0" "$@"
fi
mount -t tmpfs tmpfs /mnt
mkdir /mnt/root /mnt/upper /mnt/work
mount -t overlay overlay -o "lowerdir=$2/upper:$1,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
cd /mnt/root
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount --rbind "$3" shared
cp "$4" etc/ganesha.conf
mkdir -p run/ganesha var/lib/nfs/ganesha
exec chroot . ganesha.nfsd -F -x -f /etc/ganesha.conf -L STDOUT -p /run/ganesha/pid
