#!/bin/bash
# In the directory where a suite's tree is, under the layer of machines: installs what
# PACKAGES names, and removes what UNNEEDED does and the tree has.
set -euo pipefail

# no daemon is started by its package
printf '#!/bin/sh\nexit 101\n' >usr/sbin/policy-rc.d
chmod 755 usr/sbin/policy-rc.d
cp --remove-destination /etc/resolv.conf etc/resolv.conf
echo 'Acquire::Check-Valid-Until "false";' >etc/apt/apt.conf.d/90-testbed

mount -t proc proc proc
mount --rbind /dev dev
mount -t sysfs -o ro sysfs sys
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck disable=SC2016  # the inner shell's
chroot . bash -euc '
	apt-get update
	mapfile -t there < <(dpkg-query --show --showformat "\${Package} \${db:Status-Abbrev}\n" $UNNEEDED 2>/dev/null | sed -n "s/ ii *//p")
	# asked for by name, so that it stays when what needs it goes
	apt-mark manual $(apt-mark showauto | grep -E "^(libgomp1|libarchive13.*|libxxhash0|libjson-c5|libslurm[0-9].*|libzstd1|python3)$") || :
	((${#there[@]} == 0)) || apt-get autopurge -y "${there[@]}"
	apt-get install -y --no-install-recommends $PACKAGES
	apt-get clean
'
umount -R proc dev sys
rm -rf var/lib/apt/lists/* usr/sbin/policy-rc.d etc/apt/apt.conf.d/90-testbed etc/resolv.conf
rm -rf usr/share/{doc,man,locale,info}/* var/log/*.log

# What a machine has of the testbed is put in place at each boot: see vm_seed.
install -D -m 644 "$HERE/vm/testbed.service" etc/systemd/system/testbed.service
install -d usr/lib/modules
# A network without a server of names or times, and a console that nobody sits at.
systemctl --root=. -q mask systemd-networkd systemd-networkd-wait-online systemd-timesyncd systemd-resolved \
	serial-getty@ttyS0 getty@tty1 e2scrub_all.timer e2scrub_reap apt-daily.timer apt-daily-upgrade.timer fstrim.timer \
	dpkg-db-backup.timer nfs-server nfs-mountd nfs-idmapd fsidd rpcbind.socket rpcbind rpc-statd nfs-blkmap \
	nfs-ganesha nfs-ganesha-lock systemd-firstboot
systemctl --root=. -q enable testbed munge slurmd
echo uninitialized >etc/machine-id
