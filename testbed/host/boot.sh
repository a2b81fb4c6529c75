#!/bin/bash
# Process 1 of a host that is starting: in namespaces of its own, but still
# with this machine's file system. Builds the host's own, then becomes
# hostinit. Told by the environment (see host_boot in lib/host.sh):
#   HOST NAME  DIR its directory  ROOT plain|overlay  LOWER the layers of the tree, the upper first
#   RUN the cluster's directory  CGROUP v1|v2|none  CGROUPS its directories
#   BREAKPOINTS empty if hardware breakpoints are not to be delivered
set -euo pipefail

join_cgroups() {
	local directory
	for directory in $CGROUPS; do
		echo 0 >"$directory/cgroup.procs" # 0 is the process that writes
	done
}

# What the host sees at /sys/fs/cgroup is its own part, because the cgroup
# namespace was made after it was joined.
mount_cgroups() {
	local directory group controller
	case $CGROUP in
	v1)
		mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
		for directory in $CGROUPS; do
			group=$(findmnt --noheadings --output FS-OPTIONS --target "$directory" | sed 's/^r[wo],//')
			mkdir "sys/fs/cgroup/$group"
			mount -t cgroup -o "$group" cgroup "sys/fs/cgroup/$group"
			for controller in ${group//,/ }; do
				[[ -e sys/fs/cgroup/$controller ]] || ln -s "$group" "sys/fs/cgroup/$controller"
			done
		done
		;;
	v2)
		mount -t cgroup2 cgroup2 sys/fs/cgroup
		# Processes and controllers are not allowed in the same cgroup. slurmd
		# has its below system.slice; where that is there already, it does
		# not ask systemd for it. (With IgnoreSystemd 24.11 would move about all
		# processes of the cgroup it is started in, and fail if one ends.)
		mkdir -p sys/fs/cgroup/init "sys/fs/cgroup/system.slice/${HOST}_slurmstepd.scope"
		echo 0 >sys/fs/cgroup/init/cgroup.procs
		for directory in sys/fs/cgroup sys/fs/cgroup/system.slice; do
			echo '+cpuset +cpu +memory +pids' >"$directory/cgroup.subtree_control"
		done
		;;
	esac
}

# Devices as udev makes them; where there is none the kernel gives them to root alone. Who
# may make no devices has them as they are.
open_to_users() {
	local node major minor
	for node; do
		[[ -e dev/$node && $(stat -c %a "dev/$node") != 666 ]] || continue
		read -r major minor < <(stat -c '%Hr %Lr' "dev/$node")
		mknod -m 666 "dev/$node.open" c "$major" "$minor" || continue
		umount "dev/$node"
		mv -f "dev/$node.open" "dev/$node"
	done
}

mount_dev() {
	local node
	mount -t tmpfs -o mode=755 tmpfs dev
	mkdir dev/pts dev/shm dev/net
	for node in null zero full random urandom tty fuse userfaultfd net/tun; do
		[[ -e /dev/$node ]] || continue
		touch "dev/$node"
		mount --bind "/dev/$node" "dev/$node"
	done
	open_to_users fuse net/tun
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
	mount -t tmpfs -o mode=1777 tmpfs dev/shm
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	ln -s fd/0 dev/stdin
	ln -s fd/1 dev/stdout
	ln -s fd/2 dev/stderr
}

# What a node has on its own disk. /usr, which is the same on all, is not copied.
fill_plain_root() {
	local tree=${LOWER##*:} directory
	cp -a "$tree/etc" "$tree/root" .
	cp -a "$tree/usr/local" usr-local
	mkdir -p dev home media mnt opt proc run shared srv sys tmp usr var var/lib
	chmod 1777 tmp
	find "$tree/var" -mindepth 1 -maxdepth 1 ! -name lib -exec cp -a -t var {} +
	for directory in "$tree"/var/lib/*; do
		# the database is the controller's alone
		[[ $HOST != ctl && $directory == */mysql ]] || cp -a "$directory" var/lib/
	done
	find "$tree" -maxdepth 1 -type l -exec cp -a -t . {} +
	touch etc/testbed.filled
}

# A tree on this machine's own file system, as a node with a disk has it.
mount_plain_root() {
	mount --bind "$DIR/root" "$DIR/root"
	cd "$DIR/root"
	[[ -e etc/testbed.filled ]] || fill_plain_root
	find tmp -mindepth 1 -delete
	mount --bind "$RUN/usr" usr
	mount -o remount,bind,ro usr
	mount --bind usr-local usr/local
}

# A tree in memory above one that is shared, as a diskless node has it; here what a
# host writes stays, so that it may be booted again.
mount_overlay_root() {
	mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$DIR/upper,workdir=$DIR/work" "$DIR/root"
	cd "$DIR/root"
	mount -t tmpfs -o mode=1777 tmpfs tmp
}

# For every program of the host, so that criu finds it as it finds the hardware.
no_breakpoints() {
	echo /opt/testbed/no-breakpoints.so >etc/ld.so.preload
}

mount_root() {
	"mount_${ROOT}_root"
	mount -t proc proc proc
	mount -t sysfs -o ro sysfs sys
	mount_cgroups
	mount_dev
	mount -t tmpfs -o mode=755 tmpfs run
	mkdir -p etc/slurm var/log/slurm
	mount --rbind "$RUN/shared" shared
	mount --bind "$RUN/etc" etc/slurm
	mount --bind "$RUN/log/$HOST" var/log/slurm
	cp "$RUN/hosts.txt" etc/hosts
	echo "$HOST" >etc/hostname
	install -D "$RUN/bin/hostinit" "$RUN/bin/no-breakpoints.so" "$HERE/host/services.sh" -t opt/testbed
	install -D --mode=600 "$TESTBED/munge.key" etc/munge/munge.key
	[[ -n $BREAKPOINTS ]] || no_breakpoints
}

if [[ ${1-} != inside ]]; then
	join_cgroups
	exec unshare --cgroup bash "$0" inside
fi

hostname "$HOST"
# /proc is still that of outside, and so is the pid that it gives; field 22 is
# the start time (see process_in in lib/host.sh)
read -ra stat </proc/self/stat
mount_root
echo "${stat[0]} ${stat[21]}" >"$DIR/pid.tmp"
mv "$DIR/pid.tmp" "$DIR/pid"
pivot_root . .
umount -l .
cd /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
	/opt/testbed/hostinit /opt/testbed/services.sh "$HOST" \
	</dev/null >>/var/log/slurm/boot.log 2>&1
