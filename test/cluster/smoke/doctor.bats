#!/usr/bin/env bats
# scheckpoint doctor: what the running configuration lacks, and what to write where.

load ../lib

setup() { new_workdir; }
teardown() {
	no_own_plugins
	cluster run n2 umount /usr/sbin/criu 2>/dev/null || true
	clean
	no_recipe
}

doctor() { run cluster run -u alice n1 scheckpoint doctor "$@"; }

# without CRIU that is missing, and nothing else
nothing_of_slurms_is_missing() {
	echo "$output"
	refute grep -v 'criu is not installed' <(grep '^missing' <<<"$output")
	if [[ $SUITE == bookworm ]]; then
		[ "$status" -eq 1 ]
	else
		[ "$status" -eq 0 ]
	fi
}

@test "doctor finds nothing missing in the recipes" {
	local recipe
	for recipe in two-queues owners eternal thrashing unprotected; do
		recipe "$recipe"
		doctor
		nothing_of_slurms_is_missing
	done
	grep -q '^ok .*partition low makes way for others: a job has 20 seconds' <<<"$output"
	grep -q '^ok .*plugstack.conf loads checkpoint.so' <<<"$output"
	grep -q '^ok .*user alice can keep checkpoints in /shared/checkpoint/alice' <<<"$output"
}

# changed SCRIPT: a recipe, and what sed does to it
changed() {
	recipe two-queues
	root sed -i "$1" /etc/slurm/slurm.conf
	root scontrol reconfigure
	doctor
	echo "$output"
	[ "$status" -eq 1 ]
}

@test "doctor says what is missing, and what to write" {
	changed '/send_user_signal$/d; s/GraceTime=60//; s/^JobRequeue=.*/JobRequeue=0/'
	grep -q '^missing .*not told before they are preempted.*; write in slurm.conf: .*send_user_signal' <<<"$output"
	grep -q '^missing .*partition low has GraceTime=0.*; write in slurm.conf: PartitionName=low' <<<"$output"
	grep -q '^missing .*write in slurm.conf: JobRequeue=1' <<<"$output"
	doctor --json
	[ "$status" -eq 1 ]
	python3 -c 'import json, sys
found = json.load(sys.stdin)["findings"]
assert any(f["kind"] == "missing" and "JobRequeue=1" in (f["write"] or "") for f in found)' <<<"$output"
	doctor banana
	[ "$status" -eq 2 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "doctor sees a node that lacks the plugin, or whose checkpoint directory cannot be written to" {
	root mv /etc/slurm/plugstack.conf /etc/slurm/plugstack.away
	doctor --dir=/root/none
	root mv /etc/slurm/plugstack.away /etc/slurm/plugstack.conf
	echo "$output"
	[ "$status" -eq 1 ]
	grep -q '^missing .*does not load checkpoint.so.*; write in /etc/slurm/plugstack.conf: optional checkpoint.so' <<<"$output"
	grep -q '^missing .*directory: /root/none: Permission denied' <<<"$output"
	doctor
	nothing_of_slurms_is_missing
}

# ---- what a node lacks ----

has_criu() { [[ $SUITE != bookworm ]] || skip "this suite has no CRIU"; }
finds() { grep -qE "^missing .*$1" <<<"$output"; }

@test "doctor tries each engine, and names the step that fails" {
	has_criu
	doctor
	echo "$output"
	grep -q '^ok .*engine criu: criu [0-9.]* can save jobs: a tiny one was saved and continued' <<<"$output"
	put criu <<<$'#!/bin/sh\n[ "$1" != restore ] || exit 1\nexec /usr/sbin/criu "$@"'
	root sed -i.kept "\$a CriuPath=$WORK/criu" /etc/slurm/checkpoint.conf
	doctor
	root mv /etc/slurm/checkpoint.conf.kept /etc/slurm/checkpoint.conf
	echo "$output"
	[ "$status" -eq 1 ]
	finds 'no job can be saved by criu: a tiny job could not be restored'
}

# n1's directory of plugins is one of its own, which can be changed, while the test lasts
own_plugins() {
	PLUGINS=$(cluster run n1 find /usr/lib -name checkpoint.so -printf '%h\n')
	cluster run n1 sh -c 'cp -a "$1" /run/plugins && mount --bind /run/plugins "$1"' _ "$PLUGINS"
}
no_own_plugins() {
	[[ -z ${PLUGINS-} ]] || cluster run n1 sh -c 'umount "$1"; rm -rf /run/plugins /root/kept' _ "$PLUGINS"
	PLUGINS=
}
# with_plugin COMMANDS: what doctor says on n1 while they have changed the file $p
with_plugin() {
	own_plugins
	cluster run n1 sh -c "p=$PLUGINS/checkpoint.so; cp -p \$p /root/kept; $1"
	doctor
	no_own_plugins
	echo "$output"
	[ "$status" -eq 1 ]
}

@test "doctor sees a plugin that is not there, cannot be loaded, or is for another Slurm" {
	with_plugin 'rm $p'
	finds 'plugin: .*plugstack.conf names .*checkpoint.so, which is not in '
	with_plugin 'head -c 3000 /root/kept >$p'
	finds 'plugin: .*checkpoint.so cannot be loaded: '
	cluster run n1 sh -c 'cd /root && echo "const unsigned plugin_version = 0x140b05, spank_plugin_version = 1;" >p.c && gcc -shared -o other.so p.c'
	with_plugin 'cp /root/other.so $p'
	finds 'plugin: .*was compiled for Slurm 20.11, and this node has '
	doctor
	nothing_of_slurms_is_missing
}

@test "doctor sees who else can write above the checkpoint directory" {
	alice mkdir -p "$WORK/open/alice" "$WORK/own/alice"
	alice chmod 775 "$WORK/open"
	doctor --dir="$WORK/open/%u"
	echo "$output"
	[ "$status" -eq 1 ]
	finds "directory: $WORK/open can be written by other users, .*chmod go-w"
	doctor --dir="$WORK/own/%u"
	grep -q "^ok .*user alice can keep checkpoints in $WORK/own/alice" <<<"$output"
	# others may write there, but not in place of what is another's
	root sh -c 'chown root "$1" && chmod 1777 "$1"' _ "$WORK/open"
	doctor --dir="$WORK/open/%u"
	grep -q "^ok .*user alice can keep checkpoints in $WORK/open/alice" <<<"$output"
}

@test "doctor says what a node's own file system is, and what PrivateData hides" {
	doctor --dir=/tmp/%u
	grep -qE '^advice .*directory: /tmp/alice lies on (tmpfs|overlayfs|ext4|xfs|btrfs), a file system of one node' <<<"$output"
	root sh -c 'cp /etc/slurm/slurm.conf /etc/slurm/slurm.conf.kept; echo PrivateData=nodes,jobs >>/etc/slurm/slurm.conf'
	root scontrol reconfigure
	doctor
	root sh -c 'mv /etc/slurm/slurm.conf.kept /etc/slurm/slurm.conf'
	root scontrol reconfigure
	echo "$output"
	grep -q '^advice .*PrivateData=nodes hides the nodes from users.*; write in slurm.conf: ' <<<"$output"
	grep -q '^advice .*PrivateData=jobs hides' <<<"$output"
}

@test "root's doctor judges what is there for all, or as a user that it is given" {
	run cluster run n1 scheckpoint doctor
	echo "$output"
	grep -q '^ok .*directory: /shared/checkpoint is there.*doctor --user=NAME tells' <<<"$output"
	refute grep -q 'user root' <<<"$output"
	run cluster run n1 scheckpoint doctor --user=alice
	nothing_of_slurms_is_missing
	grep -q '^ok .*user alice can keep checkpoints in /shared/checkpoint/alice' <<<"$output"
	run cluster run n1 scheckpoint doctor --user=alice --dir=/root/%u
	echo "$output"
	[ "$status" -eq 1 ]
	finds 'directory: /root/alice: Permission denied'
	[ -z "$(cluster run n1 find /tmp -name '*slurm-checkpoint-2000' -not -user alice)" ]
}

# ---- all nodes ----

@test "doctor --all-nodes prints a row for each node, also for one that does not answer" {
	has_criu
	lose n4
	until_true 60 "n4 is down" refute in_service n4
	run alice scheckpoint doctor --all-nodes
	echo "$output"
	[ "$status" -eq 1 ]
	for node in n1 n2 n3; do
		grep -qE "^$node +[a-z0-9_-]+ +[0-9][^ ]+ +ok +same +criu [0-9.]+" <<<"$output"
	done
	grep -qE '^n4 +srun: error: ' <<<"$output"
	[ -z "$(alice find /shared/checkpoint -name '*doctor*')" ]
	bring_back
	wait_in_service n4
	run alice scheckpoint doctor --all-nodes --json
	echo "$output"
	python3 -c 'import json, sys
nodes = json.load(sys.stdin)["nodes"]
assert [n["node"] for n in nodes] == ["n1", "n2", "n3", "n4"]
assert all(n["answered"] and n["same_dir"] and n["plugin"] == "ok" for n in nodes)' <<<"$output"
	[ "$status" -eq 0 ]
}

@test "doctor --all-nodes finds a directory that is not shared, and one node's fault" {
	has_criu
	cluster run n2 mount --bind /dev/null /usr/sbin/criu
	run alice scheckpoint doctor --all-nodes --nodelist=n[1-2]
	cluster run n2 umount /usr/sbin/criu
	echo "$output"
	[ "$status" -eq 1 ]
	grep -qE '^n1 .* ok +same +criu [0-9.]+' <<<"$output"
	grep -qE '^n2 .* ok +same +criu FAILS' <<<"$output"
	grep -q '^n2: engine criu: no job can be saved by criu: criu is not installed' <<<"$output"
	run alice scheckpoint doctor --all-nodes --nodelist=n1 --dir=/tmp/%u
	echo "$output"
	[ "$status" -eq 1 ]
	grep -q '^n1: directory: a file written to /tmp/alice/[^ ]* here is not seen there' <<<"$output"
	# in a job: its nodes
	run alice srun -N2 -w n1,n3 sh -c '[ $SLURM_PROCID -ne 0 ] || scheckpoint doctor --all-nodes'
	echo "$output"
	[ "$status" -eq 0 ]
	grep -q ^n3 <<<"$output"
	refute grep -q ^n2 <<<"$output"
}
