#!/bin/bash
# The part of a machine in the cluster that is not a service, with systemd and without:
# devices, network, /shared, the agent, the logs. /etc/testbed.conf (see vm_seed in
# lib/vm.sh) says HOST NAME  ADDRESS/LENGTH  SHARED what is mounted there, and OPTIONS
# how  SERVICES the script that starts those, or `systemd`.
set -u
# shellcheck source=/dev/null
. /etc/testbed.conf

modprobe -a virtio_net virtio_rng tun fuse 2>/dev/null
# as udev has them
chmod 666 /dev/fuse /dev/net/tun

ip link set lo up
ip addr add "$ADDRESS" dev eth0
ip ntable change name arp_cache dev eth0 base_reachable 1000 retrans 200 delay_probe 200
ip link set eth0 up

# hostinit puts the commands where it is itself; Slurm's daemons have a part of their own
if [[ $SERVICES == systemd ]]; then
	setsid /opt/testbed/hostinit /bin/true </dev/null &
fi
setsid /opt/testbed/vmagent /dev/vport*p[1-8] </dev/null &

install -d -o munge -g munge -m 700 /etc/munge
chown munge: /etc/munge/munge.key
chmod 400 /etc/munge/munge.key
install -d -o slurm -g slurm /var/log/slurm /run/slurm
touch /var/log/slurm/slurmd.log
log=(/dev/vport*p9)
setsid tail -n 0 -F /var/log/slurm/slurmd.log >"${log[0]}" 2>/dev/null </dev/null &

mkdir -p /shared
if [[ -n $SHARED ]]; then
	mount -t nfs4 -o "$OPTIONS" "$SHARED" /shared || echo "services: /shared cannot be mounted: failed"
fi
