#!/usr/bin/env bats
# While a site is upgraded node by node there are two versions on it: jobs go from the one
# to the other and back, and commands of the one ask runners of the other.
#
# The version before is that of the commit in the file "before"; a later one is this one
# with changes as a later one may make.

load ../cluster/lib

BEFORE=$(<"$ROOT/test/versions/before")
LIBEXEC=/usr/libexec/slurm-checkpoint

# build_version NAME: what standard input unpacks to is installed in /shared/NAME
build_version() {
	cluster chroot --suite "$SUITE" rm -rf "/build/$1"
	cluster chroot --suite "$SUITE" sh -c 'mkdir -p "/build/$1/src" && tar -x -C "/build/$1/src"' _ "$1"
	# shellcheck disable=SC2016
	cluster chroot --suite "$SUITE" sh -e -c '
		cd "/build/$1"
		meson setup --prefix=/usr --sysconfdir=/etc --libexecdir=libexec \
			"--libdir=lib/$(uname -m)-linux-gnu" build src
		ninja --quiet -C build
		DESTDIR="/build/$1/install" meson install --no-rebuild --quiet -C build' _ "$1" </dev/null >&2
	root mkdir -p "/shared/$1"
	cluster chroot --suite "$SUITE" tar -C "/build/$1/install" -c usr | root tar -C "/shared/$1" -x
}

# later: this version, as a later one may be: its generations need something new
later() {
	tar -C "$ROOT" -c meson.build meson_options.txt COPYING README.md NEWS src test/meson.build test/documents test/unit test/fuzz \
		doc etc | tar -x -C "$1"
	sed -i 's/^\tNULL,$/\t"wings", NULL,/' "$1/src/store/version.c"
	sed -i "s/version: '[0-9.]*'/version: '9.9.0'/" "$1/meson.build"
	sed -i 's/^\tif (manifest_set(m, "job", .*/\tif (version_need(m, "wings", e) < 0)\n\t\treturn -1;\n&/' "$1/src/runner/checkpoint.c"
	grep -q wings "$1/src/runner/checkpoint.c" && grep -q wings "$1/src/store/version.c"
}

setup_file() {
	git -C "$ROOT" cat-file -e "$BEFORE^{commit}" 2>/dev/null || return 0
	git -C "$ROOT" archive "$BEFORE" | build_version before
	mkdir -p "$BATS_FILE_TMPDIR/later"
	later "$BATS_FILE_TMPDIR/later"
	tar -C "$BATS_FILE_TMPDIR/later" -c . | build_version later
}

setup() {
	git -C "$ROOT" cat-file -e "$BEFORE^{commit}" 2>/dev/null ||
		skip "this clone does not have commit $BEFORE, the version before; git fetch --unshallow gets it"
	new_workdir
	ticking
}

teardown() {
	local node
	for node in n1 n2 n3; do upgraded "$node"; done
	clean
}

files() { root sh -c 'find /usr/lib* -name checkpoint.so | head -n 1; echo /usr/libexec/slurm-checkpoint /usr/bin/scheckpoint /usr/bin/smigrate'; }
# has NODE VERSION: the node has that one
has() {
	local file
	for file in $(files); do
		cluster run "$1" mount --bind "/shared/$2$file" "$file"
	done
}
# upgraded NODE: it has this one again
upgraded() {
	local file
	for file in $(files); do
		cluster run "$1" umount -l "$file" 2>/dev/null || true
	done
}
on() { cluster run -u alice "$@"; }

# sent JOB NODE: requeued, it is started there
sent() {
	local before
	before=$(restarts "$1")
	alice scontrol requeue "$1"
	wait_restarted "$1" "$before"
	root scontrol update JobId="$1" NodeList="$2" StartTime=now
}
output() { get out | grep -v -e '^slurm-checkpoint: ' -e '^slurmstepd-' -e '^\[.*\] error: '; }
output_is_exact() { diff <(seq "$(($(output | wc -l) - 1))"; echo end) <(output); }
ends_exact() {
	let_end
	ended_well "$1"
	get out
	output_is_exact
}

@test "a job that the version before has saved continues under this one, and back" {
	local job
	has n1 before
	job=$(submit --checkpoint --output=out --nodelist=n1 job.sh)
	wait_lines out 5
	checkpoint "$job"
	sent "$job" n2
	wait_event "$job" restart 1
	[ "$(job_node "$job")" = n2 ]
	wait_lines out 10
	checkpoint "$job"
	sent "$job" n1
	wait_event "$job" restart 2
	[ "$(job_node "$job")" = n1 ]
	wait_lines out 15
	checkpoint "$job"
	sent "$job" n2
	wait_event "$job" restart 3
	ends_exact "$job"
}

@test "commands of each version ask runners of the other" {
	local old new job
	has n1 before
	has n3 before
	old=$(submit --checkpoint --output=out --nodelist=n1 job.sh)
	new=$(submit --checkpoint --output=out2 --nodelist=n2 job.sh)
	wait_lines out 5
	wait_lines out2 5
	for job in "$old" "$new"; do
		on n2 scheckpoint able "$job"
		on n2 scheckpoint create "$job"
		on n3 scheckpoint able "$job"
		on n3 scheckpoint create "$job"
		[ "$(newest "$job")" -eq 2 ]
	done
	# out of the old node by the new command, and out of the new node by the old one
	on n2 scheckpoint requeue --nodelist=n4 "$old"
	wait_event "$old" restart
	[ "$(job_node "$old")" = n4 ]
	on n3 smigrate --nodelist=n4 "$new"
	wait_event "$new" restart
	[ "$(job_node "$new")" = n4 ]
	let_end
	ended_well "$old"
	ended_well "$new"
	is_exact out
	is_exact out2
}

@test "a generation that needs a later version is refused by this one, and continues where that is" {
	local job
	has n1 later
	job=$(submit --checkpoint --output=out --nodelist=n1 job.sh)
	wait_lines out 5
	checkpoint "$job"
	sent "$job" n2
	wait_held "$job"
	get out | tail -n 5
	get out | grep -q 'generation 1: needs slurm-checkpoint 9.9.0 or later, with "wings"; this node has '
	root scontrol update JobId="$job" NodeList=n1
	alice scontrol release "$job"
	wait_event "$job" restart
	[ "$(job_node "$job")" = n1 ]
	ends_exact "$job"
}

@test "a request that a runner does not know does not get to its job" {
	local job
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	alice scancel --batch --signal=48 "$job"
	wait_event "$job" failed
	alice scheckpoint error "$job" | grep "does not know request 48"
	ends_exact "$job"
}
