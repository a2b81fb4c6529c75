# shellcheck shell=bash
# Hosts that are machines, under qemu. What is below RUN/hosts/NAME is machine (what `up`
# was asked for, as KEY=VALUE), pid (qemu's), disk.qcow2 (its local disk), seed.tar (what
# the testbed brings at each boot) and port* (for vmctl; see host/frame.h).

VM_MEMORY=768 # MB
VM_PORTS=8 # FRAME_PORTS
VM_PROBE_SECONDS=10

vm_hosts() {
	local n
	[[ $SHARED != nfs ]] || echo nfs
	for ((n = NODES - VM + 1; n <= NODES; n++)); do
		echo "n$n"
	done
}

host_is_machine() { # HOST
	[[ -e $RUN/hosts/$1/machine ]]
}

# One of a list that has a word for each machine: the last holds for all after it.
vm_choice() { # LIST INDEX
	local choices
	IFS=, read -ra choices <<<"$1"
	echo "${choices[$2]:-${choices[-1]}}"
}

# A model of qemu's with features has commas of its own: those go with a + or a -.
vm_cpu() { # LIST INDEX
	local models
	models=$(sed -E 's/,([-+])/;\1/g' <<<"$1")
	vm_choice "$models" "$2" | tr ';' ','
}

vm_check_options() {
	local word
	((VM == 0)) && [[ $SHARED != nfs ]] && return 0
	[[ $SUITE != bookworm ]] || die "machines are of trixie or forky"
	for word in ${VM_KERNEL//,/ }; do
		[[ -n ${KERNEL_SUITES[$word]-} ]] || die "--kernel is 6.1, 6.12, newest or a list of these, not '$word'"
	done
	for word in ${VM_ROOT_FS//,/ }; do
		[[ $word == ext4 || $word == xfs ]] || die "--root-fs is ext4, xfs or a list of these, not '$word'"
	done
	for word in ${VM_INIT//,/ }; do
		[[ $word == plain || $word == systemd ]] || die "--init is plain, systemd or a list of these, not '$word'"
	done
	[[ $SHARED != nfs || $VM -gt 0 ]] || die "--shared nfs needs --vm: only machines can mount it"
	[[ -z $STORE_SIZE ]] || die "--store-size is not for clusters with machines: they would not see its file system"
}

# Everything that machines start from, and what each is to be.
vm_prepare() {
	local host index=0
	((VM > 0)) || return 0
	need qemu-system-x86_64=qemu-system-x86 qemu-img=qemu-utils mke2fs=e2fsprogs cpio=cpio depmod=kmod xz=xz-utils mmdebstrap=mmdebstrap
	[[ $VM_ROOT_FS != *xfs* ]] || need mkfs.xfs=xfsprogs
	# an emulated machine may be late with an answer
	sed -i 's/^\(SlurmdTimeout\|MessageTimeout\)=.*/\1=30/' "$RUN/etc/slurm.conf"
	machine_layer "$SUITE"
	for host in $(vm_hosts); do
		mkdir -p "$RUN/hosts/$host"
		if [[ $host == nfs ]]; then
			vm_describe nfs 6.1 max ext4 plain
			continue
		fi
		vm_describe "$host" "$(vm_choice "$VM_KERNEL" "$index")" "$(vm_cpu "$VM_CPU" "$index")" \
			"$(vm_choice "$VM_ROOT_FS" "$index")" "$(vm_choice "$VM_INIT" "$index")"
		index=$((index + 1))
	done
	vm_accelerator >/dev/null
}

vm_describe() { # HOST KERNEL CPU ROOT_FS INIT
	kernel_build "$2"
	root_image "$SUITE" "$4"
	printf '%s=%q\n' KERNEL "$2" CPU "$3" ROOT_FS "$4" INIT "$5" >"$RUN/hosts/$1/machine"
}

# KVM where a kernel of Debian's has run under it: /dev/kvm may be there, and answer, on a
# machine where none boots. Remembered until TESTBED is removed.
vm_accelerator() {
	local known=$TESTBED/accelerator kernel
	if [[ ! -e $known ]]; then
		kernel=$(find "$TESTBED/kernels" -mindepth 1 -maxdepth 1 -type d -print -quit)
		if timeout "$VM_PROBE_SECONDS" qemu-system-x86_64 -accel kvm -cpu max -m 256 -nodefaults -no-reboot -display none \
			-serial stdio -kernel "$kernel/vmlinuz" -initrd "$kernel/initrd" -append "console=ttyS0 quiet panic=-1 testbed.probe" \
			</dev/null 2>&1 | grep -q 'testbed: this kernel runs'; then
			echo kvm >"$known"
		else
			echo tcg,thread=multi,tb-size=128 >"$known"
		fi
	fi
	cat "$known"
}

# ---- what the testbed brings to a machine at each boot ----

vm_seed() { # HOST
	local dir=$RUN/hosts/$1 seed=$RUN/hosts/$1/seed
	rm -rf "$seed"
	mkdir -p "$seed/opt/testbed" "$seed/etc/munge" "$seed/etc/default"
	[[ $LOWER != *:* ]] || cp -a "${LOWER%%:*}/." "$seed/"
	vm_etc "$seed/etc/slurm"
	install "$RUN/bin/hostinit" "$RUN/bin/vmagent" "$HERE/host/services.sh" "$HERE"/vm/{init,setup.sh,nfsd.sh} "$seed/opt/testbed"
	install --mode=600 "$TESTBED/munge.key" "$seed/etc/munge/munge.key"
	cp "$RUN/hosts.txt" "$seed/etc/hosts"
	echo "$1" >"$seed/etc/hostname"
	echo "SLURMD_OPTIONS=-N $1" >"$seed/etc/default/slurmd"
	vm_config "$1" >"$seed/etc/testbed.conf"
	tar --create --file="$dir/seed.tar" --directory="$seed" --owner=0 --group=0 .
	rm -rf "$seed"
}

vm_config() { # HOST
	local services=services.sh
	[[ $INIT != systemd ]] || services=systemd
	[[ $1 != nfs ]] || services=nfsd.sh
	printf '%s=%q\n' HOST "$1" ADDRESS "$(network_address "$1")/24" SERVICES "$services" \
		SHARED "$(share_source "$1")" OPTIONS "$(share_options)"
}

# RUN/etc, but that a machine has cgroup v2, whatever this one has.
vm_etc() { # DIRECTORY
	mkdir -p "$1"
	cp -a "$RUN/etc/." "$1/"
	sed -i -e 's|^ProctrackType=.*|ProctrackType=proctrack/cgroup|' -e 's|^TaskPlugin=.*|TaskPlugin=task/cgroup|' \
		-e 's|^JobAcctGatherType=.*|JobAcctGatherType=jobacct_gather/cgroup|' "$1/slurm.conf"
	printf '%s\n' CgroupPlugin=cgroup/v2 ConstrainCores=yes ConstrainRAMSpace=yes >"$1/cgroup.conf"
}

# A change of RUN/etc, for those that are up.
vm_configure() {
	local host etc=$RUN/etc.machines
	for host in $(vm_hosts); do
		[[ $host != nfs && -n $(host_pid "$host") ]] || continue
		vm_etc "$etc"
		tar --create --directory="$etc" . |
			host_run "$host" root sh -c 'rm -rf /etc/slurm/*; exec tar --extract --directory=/etc/slurm' ||
			die "$host does not take its configuration"
		rm -rf "$etc"
	done
}

# ---- power ----

# cache=writeback: what the kernel has flushed, and no more, is there after a power loss.

vm_boot() { # HOST
	local dir=$RUN/hosts/$1 log=$RUN/log/$1 KERNEL CPU ROOT_FS INIT port arguments
	# shellcheck source=/dev/null  # vm_describe's
	. "$dir/machine"
	mkdir -p "$log"
	[[ ! -e $log/boot.log ]] || mv "$log/boot.log" "$log/boot.before.log"
	vm_seed "$1"
	[[ -e $dir/disk.qcow2 ]] || qemu-img create -q -f qcow2 -F raw -b "$TESTBED/$SUITE/$ROOT_FS.img" "$dir/disk.qcow2"
	# one that powered itself off has left its cable
	network_in switch ip link delete "port-$1" 2>/dev/null || true
	network_in switch ip -batch - <<-END
		tuntap add port-$1 mode tap
		link set port-$1 master switch up
	END
	# shellcheck disable=SC2054  # qemu has commas in its words
	arguments=(-name "$1" -accel "$(vm_accelerator)" -cpu "$CPU" -smp 2 -m "$VM_MEMORY"
		-machine "pc,usb=off,vmport=off,hpet=off" -nodefaults -no-user-config -no-reboot -display none
		-chardev "file,id=console,path=$log/boot.log" -serial chardev:console
		-kernel "$TESTBED/kernels/$KERNEL/vmlinuz" -initrd "$TESTBED/kernels/$KERNEL/initrd" -append "$(vm_kernel_arguments)"
		-drive "file=$dir/disk.qcow2,if=none,id=root,cache=writeback,discard=unmap" -device virtio-blk-pci,drive=root
		-drive "file=$dir/seed.tar,if=none,id=seed,format=raw,readonly=on" -device virtio-blk-pci,drive=seed
		-drive "file=$TESTBED/kernels/$KERNEL/modules.img,if=none,id=modules,format=raw,readonly=on" -device virtio-blk-pci,drive=modules
		-netdev "tap,id=net,ifname=port-$1,script=no,downscript=no"
		-device "virtio-net-pci,netdev=net,romfile=,mac=52:54:00:77:00:$(printf %02x "$(network_address "$1" | cut -d. -f4)")"
		-object rng-random,id=random,filename=/dev/urandom -device virtio-rng-pci,rng=random
		-device virtio-serial-pci,max_ports=$((VM_PORTS + 2))
		-chardev "file,id=log,path=$log/slurmd.log,append=on" -device "virtserialport,nr=$((VM_PORTS + 1)),chardev=log,name=log")
	for ((port = 0; port < VM_PORTS; port++)); do
		rm -f "$dir/port$port"
		arguments+=(-chardev "socket,id=port$port,path=$dir/port$port,server=on,wait=off"
			-device "virtserialport,nr=$((port + 1)),chardev=port$port,name=testbed$port")
	done
	detached nsenter --net="$RUN/net/switch" qemu-system-x86_64 "${arguments[@]}" >>"$log/qemu.log" 2>&1 &
	echo "$! $(process_start $!)" >"$dir/pid"
}

# mitigations, which an emulated processor only pays for, are off; a clock is trusted.
# The server of lib/share.sh does not know the delegations of directories that kernels since
# 6.19 ask for: there fstat of an open directory fails with "Remote I/O error".
vm_kernel_arguments() {
	local arguments=(console=ttyS0 quiet loglevel=4 panic=-1 net.ifnames=0 mitigations=off tsc=reliable
		random.trust_cpu=on "testbed.fs=$ROOT_FS")
	[[ $SHARED == nfs ]] || arguments+=(nfsv4.directory_delegations=0)
	if [[ $INIT == systemd ]]; then
		arguments+=(testbed.init=/sbin/init systemd.default_timeout_start_sec=900)
	else
		arguments+=(testbed.init=/opt/testbed/init)
	fi
	echo "${arguments[*]}"
}

# The cable is pulled before, as network_unplug does.
vm_kill() { # HOST
	local pid
	network_in switch ip link delete "port-$1" 2>/dev/null || true
	pid=$(host_pid "$1")
	if [[ -n $pid ]]; then
		kill -KILL "$pid"
		wait_for 60 vm_is_gone "$1" || die "cannot kill $1"
	fi
	rm -f "$RUN/hosts/$1/pid"
}

vm_is_gone() { # HOST
	[[ -z $(host_pid "$1") ]]
}

# As host_failed.
vm_failed() { # HOST
	[[ -z $(host_pid "$1") ]] || grep -aqE '^(services|testbed): .*(failed|there is no root)' "$RUN/log/$1/boot.log" 2>/dev/null
}

vm_run() { # HOST USER COMMAND...
	"$RUN/bin/vmctl" "$RUN/hosts/$1" "${@:2}"
}

nfs_in_service() {
	! vm_failed nfs || return 2
	vm_run nfs root test -e /run/testbed.up
}
