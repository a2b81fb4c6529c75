#!/bin/bash
# What a host of the testbed starts: munge, then on ctl the database, slurmdbd
# and slurmctld, on a node slurmd. Its output is the host's boot.log.
set -Eeuo pipefail
host=$1
# so that `up` and `boot` need not wait any longer for what will never come
trap 'echo "services: line $LINENO failed"; touch /run/testbed.failed' ERR

# until_true SECONDS COMMAND...
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" 2>/dev/null; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# until_answers DAEMON PORT: the daemon of this host that was just started. (It takes long
# on a machine that is emulated beside others; `up` and `boot` have a deadline themselves.)
until_answers() {
	until_true 600 answers_or_died "$1" "$2"
	pgrep -x "$1" >/dev/null && return 0
	echo "services: $1 ended at once; here \`$1 -D\` says why"
	return 1
}

answers_or_died() {
	answers localhost "$2" || ! pgrep -x "$1" >/dev/null
}

answers() { # HOST PORT
	(: </dev/tcp/"$1"/"$2")
}

start_munge() {
	install -d -o munge -g munge -m 755 /run/munge
	install -d -o munge -g munge -m 711 /var/lib/munge
	install -d -o munge -g munge -m 700 /var/log/munge /etc/munge
	chown munge: /etc/munge/munge.key
	chmod 400 /etc/munge/munge.key
	setpriv --reuid munge --regid munge --init-groups munged
}

start_database() {
	install -d -o mysql -g mysql /run/mysqld
	setsid mariadbd --user=mysql >/var/log/slurm/mariadb.log 2>&1 &
	until_true 120 mariadb -e 'SELECT 1' >/dev/null
	# slurmdbd would make the database itself, but with libmariadb of 11.8.9 its
	# second connection, after one that found no database, can read no answer
	mariadb -e "CREATE DATABASE IF NOT EXISTS slurm_acct_db;
		CREATE USER IF NOT EXISTS slurm@localhost IDENTIFIED VIA unix_socket;
		GRANT ALL ON slurm_acct_db.* TO slurm@localhost"
}

start_slurmdbd() {
	slurmdbd
	until_answers slurmdbd 6819
	[[ ! -e /var/lib/testbed.accounts ]] || return 0
	sacctmgr -i -Q add cluster testbed
	sacctmgr -i -Q add account users Cluster=testbed Description=users Organization=users
	sacctmgr -i -Q add user alice,bob Account=users
	touch /var/lib/testbed.accounts
}

start_slurmctld() {
	install -d -o slurm -g slurm /var/spool/slurmctld
	# One that lost power in its first five minutes has not saved all of its
	# state yet, and 26.05 would not start without being told to ignore that.
	if [[ -e /var/spool/slurmctld/clustername && ! -e /var/spool/slurmctld/assoc_usage ]]; then
		slurmctld -i
	else
		slurmctld
	fi
	until_answers slurmctld 6817
}

start_ctl() {
	start_database
	start_slurmdbd
	start_slurmctld
}

start_node() {
	install -d /var/spool/slurmd
	# slurmd would start without, and then try again only after some seconds
	until_true 180 answers ctl 6817 || echo "services: ctl does not answer: slurmd starts without"
	slurmd -N "$host"
	until_answers slurmd 6818
}

install -d -o slurm -g slurm /run/slurm
chown slurm: /var/log/slurm
start_munge
if [[ $host == ctl ]]; then
	start_ctl
else
	start_node
fi
echo "services: $host is up"
