#!/usr/bin/env bats
# A node on which Slurm does not load the plugin: what keeps saved jobs from there.

# bats file_tags=on:trixie
load lib

setup_file() {
	local base=$BATS_FILE_TMPDIR/recipes
	mkdir -p "$base/health" "$base/prolog"
	cp "$ROOT"/etc/recipes/slurm-*.conf "$base"
	printf '%s\n' 'HealthCheckProgram=/etc/slurm/checkpoint-node' HealthCheckInterval=1 >"$base/health/slurm.conf"
	echo NodeFeature=ck >"$base/health/checkpoint.conf"
	printf '%s\n' 'Prolog=/etc/slurm/checkpoint-node' >"$base/prolog/slurm.conf"
}

setup() { new_workdir; }

teardown() {
	load_plugin
	clean
	root scontrol update NodeName=n1 State=RESUME 2>/dev/null || true
	no_recipe
	features ''
	root rm -f /etc/slurm/checkpoint-node
	wait_in_service n1
}

have() { # RECIPE
	root install -m 755 /usr/share/doc/slurm-checkpoint/examples/checkpoint-node /etc/slurm/
	cluster configure "$BATS_FILE_TMPDIR/recipes/$1"
	features ck,f
}
features() { root scontrol update 'NodeName=n[1-4]' "AvailableFeatures=$1" "ActiveFeatures=$1"; }

plugin() { root sh -c 'find /usr/lib* -name checkpoint.so | head -n 1'; }
# unload_plugin FILE: n1 has this file in its place
unload_plugin() { cluster run n1 mount --bind "$1" "$(plugin)"; }
load_plugin() { cluster run n1 umount -l "$(plugin)" 2>/dev/null || true; }

active() { root scontrol -o show node n1 | tr ' ' '\n' | sed -n 's/^ActiveFeatures=//p'; }
active_is() { [[ $(active) == "$1" ]]; }
reason() { root scontrol -o show node n1 | sed -n 's/.* Reason=\(.*\)/\1/p'; }

output_is_exact() { diff <(seq "$(($(get out | grep -vc slurm) - 1))"; echo end) <(get out | grep -v slurm); }

@test "a node without the plugin loses the feature that saved jobs ask for, and they go elsewhere" {
	local job node
	have health
	until_true 60 "n1 has the feature" active_is ck,f
	ticking
	job=$(submit --checkpoint --output=out --nodelist=n1 job.sh)
	[ "$(job_field "$job" Features)" = ck ]
	wait_lines out 5
	checkpoint "$job"
	unload_plugin /dev/null
	until_true 60 "n1 has lost it" active_is f
	[[ $(node_state n1) != *DRAIN* ]]
	alice scontrol requeue "$job"
	wait_restarted "$job" 0
	until_true 60 "it waits for the node" is_state "$job" PENDING
	root scontrol update JobId="$job" NodeList=
	wait_event "$job" restart
	[ "$(job_node "$job")" != n1 ]
	load_plugin
	until_true 60 "n1 has it again" active_is f,ck
	let_end
	ended_well "$job"
	get out
	output_is_exact
}

@test "the feature is added to the constraint that a job has, once" {
	local job
	have health
	put job.sh <<<$'#!/bin/sh\n#SBATCH --checkpoint\n#SBATCH --constraint=f\ntrue'
	job=$(submit --output=out job.sh)
	[ "$(job_field "$job" Features)" = "f&ck" ]
	job=$(submit --output=out --constraint='f|ck' job.sh)
	[ "$(job_field "$job" Features)" = "f|ck" ]
	job=$(submit --output=out --no-checkpoint job.sh)
	[ "$(job_field "$job" Features)" = f ]
	run submit --output=out --constraint='[f*1&f*1]' --nodes=2 job.sh
	[[ $output == *'add the feature "ck" to its --constraint'* ]]
	wait_over "$job"
}

@test "without a feature the node is drained with the reason, and comes back by itself" {
	have health
	root sed -i /NodeFeature/d /etc/slurm/checkpoint.conf
	unload_plugin /dev/null
	until_true 60 "n1 is drained" eval '[[ $(node_state n1) == *DRAIN* ]]'
	echo "$(reason)"
	[[ $(reason) == "slurm-checkpoint: Slurm does not load checkpoint.so"* ]]
	load_plugin
	until_true 60 "n1 is back" in_service n1
}

@test "a plugin of another release of Slurm is one that is not loaded" {
	have health
	# plugin_version, which Slurm compares with its own
	root sh -c 'cp "$1" "$2/other.so" && exec python3 - "$2/other.so"' _ "$(plugin)" "$WORK" <<'END'
import struct, subprocess, sys
path = sys.argv[1]
table = subprocess.run(["readelf", "-Ws", "--dyn-syms", path], capture_output=True, text=True).stdout
address = next(int(l.split()[1], 16) for l in table.splitlines() if l.endswith(" plugin_version"))
sections = subprocess.run(["readelf", "-WS", path], capture_output=True, text=True).stdout
for line in sections.splitlines():
    words = line.replace("[ ", "[").split()
    if len(words) > 6 and words[1] == ".rodata":
        start, offset = int(words[3], 16), int(words[4], 16)
data = bytearray(open(path, "rb").read())
struct.pack_into("<I", data, address - start + offset, 20 << 16 | 2 << 8)
open(path, "wb").write(data)
END
	unload_plugin "$WORK/other.so"
	run cluster run n1 /etc/slurm/checkpoint-node --check
	[ "$status" -eq 1 ]
	echo "$output"
	[[ $output == "Slurm does not load checkpoint.so"* ]] # 24.11 says why, too
}

@test "Prolog: a saved job does not start where the plugin is missing, and nothing of it is lost" {
	local job lines other
	have prolog
	ticking
	job=$(submit --checkpoint --output=out --nodelist=n1 job.sh)
	wait_lines out 5
	checkpoint "$job"
	unload_plugin /dev/null
	# of other jobs it takes no notice
	other=$(submit --output=other --nodelist=n1 --wrap='echo ran')
	wait_over "$other"
	[ "$(get other)" = ran ]
	alice scontrol requeue "$job"
	wait_held "$job"
	[[ $(node_state n1) == *DRAIN* ]]
	[[ $(reason) == "slurm-checkpoint: Slurm does not load checkpoint.so"* ]]
	lines=$(get out | grep -vc slurm)
	((lines >= 5))
	load_plugin
	root scontrol update NodeName=n1 State=RESUME
	alice scontrol release "$job"
	wait_event "$job" restart
	let_end
	ended_well "$job"
	get out
	output_is_exact
}
