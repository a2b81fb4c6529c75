#!/bin/bash
# In place of host/services.sh, on the machine `nfs`: /shared of all machines, by this
# kernel's NFS server. Its file system is the machine's own, and stays when that is killed.
set -Eeuo pipefail
trap 'echo "services: line $LINENO failed"' ERR
export=/srv/shared

make_homes() {
	local home
	install -d -m 1777 "$export" "$export/checkpoint"
	install -d -m 755 "$export/home"
	for home in alice bob; do
		install -d -m 700 -o "$home" -g "$home" "$export/home/$home"
	done
}

[[ -e $export ]] || make_homes
modprobe nfsd
mount -t nfsd nfsd /proc/fs/nfsd
mkdir -p /var/lib/nfs/v4recovery /run/rpc_pipefs
echo "$export *(rw,root_squash,sync,fsid=0,no_subtree_check,insecure)" >/etc/exports
exportfs -ra
# clients get their locks back within this time after a server's death
rpc.nfsd --no-nfs-version 3 --nfs-version 4 --grace-time 10 --lease-time 10 4
rpc.mountd --no-nfs-version 3 --nfs-version 4
touch /run/testbed.up
echo "services: $1 is up"
