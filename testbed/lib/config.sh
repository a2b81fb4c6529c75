# shellcheck shell=bash
# /etc/slurm of all hosts: RUN/etc.

# What differs between releases. 22.05 knows the warning before preemption by
# another name, and has the number of requeues after which a job is held
# compiled in. A requeued job waits 1 s + the lifetime of a credential, for
# which 5 is the least that Slurm takes, before 25.11 gave it a parameter.
config_release() { # RELEASE
	local parameters scheduler=
	case $1 in
	22.05) parameters='SlurmctldParameters=preempt_send_user_signal' ;;
	*)
		parameters='PreemptParameters=send_user_signal'
		parameters+='\nMaxBatchRequeue=1000000'
		;;
	esac
	if [[ $(printf '%s\n' 25.11 "$1" | sort -V | head -n1) == 25.11 ]]; then
		scheduler=,requeue_delay=0
	else
		parameters+='\nAuthInfo=cred_expire=5'
	fi
	printf '%s\n' "s|@RELEASE_PARAMETERS@|$parameters|" "s|@SCHEDULER_PARAMETERS@|$scheduler|"
}

config_plugins() {
	local proctrack=proctrack/cgroup task=task/cgroup gather=jobacct_gather/cgroup
	if [[ $CGROUP == none ]]; then
		proctrack=proctrack/linuxproc task=task/none gather=jobacct_gather/linux
	fi
	printf '%s\n' "s|@PROCTRACK@|$proctrack|" "s|@TASK@|$task|" "s|@GATHER@|$gather|"
}

config_cgroup() { # RELEASE
	case $CGROUP-$1 in
	none-22.05) echo CgroupPlugin=cgroup/v1 ;; # loaded, not used; else it looks for one
	none-*) echo CgroupPlugin=disabled ;;
	*)
		cat <<-END
			CgroupPlugin=cgroup/$CGROUP
			ConstrainCores=yes
			ConstrainRAMSpace=yes
		END
		;;
	esac
}

# Not with `up --bare`: then the tree is the only layer.
config_plugstack() {
	local plugin
	[[ $LOWER == *:* ]] || return 0
	plugin=$(find "${LOWER%%:*}" -name checkpoint.so -printf '/%P\n' -quit)
	[[ -z $plugin ]] || echo "optional $plugin"
}

config_write() { # SUITE NODES
	local etc=$RUN/etc release
	release=$(tree_release "$1")
	mkdir -p "$etc"
	sed -f <(config_release "$release") -f <(config_plugins) -e "s|@NODES@|$2|" \
		"$HERE/etc/slurm.conf.in" >"$etc/slurm.conf"
	config_cgroup "$release" >"$etc/cgroup.conf"
	config_plugstack >"$etc/plugstack.conf"
	# shellcheck disable=SC2016  # %u is the product's
	echo 'CheckpointDir=/shared/checkpoint/%u' >"$etc/checkpoint.conf"
	install --mode=600 --owner="$(tree_uid "$1" slurm)" "$HERE/etc/slurmdbd.conf" "$etc/slurmdbd.conf"
}

tree_uid() { # SUITE USER
	awk -F: -v "user=$2" '$1 == user { print $3 }' "$TESTBED/$1/root/etc/passwd"
}
