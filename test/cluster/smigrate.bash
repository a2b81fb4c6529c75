# shellcheck shell=bash
# What the tests of smigrate share.

# counting [-n LINES] NAME [SBATCH-OPTION...]: a job that writes LINES (300) lines to
# out-NAME; its id
counting() {
	local lines=300 name
	[[ $1 != -n ]] || { lines=$2; shift 2; }
	name=$1
	shift
	put "job-$name.sh" <<<$'#!/bin/bash\nfor i in $(seq '"$lines"$'); do echo $i; sleep 0.1; done'
	submit --checkpoint --mem=300 --output="out-$name" "$@" "job-$name.sh"
}

exact() { diff <(seq "${2:-300}") <(get "out-$1"); }

# of the answer of smigrate --json in $output: an expression of python
# shellcheck disable=SC2154  # it is bats's
json() { python3 -c 'import json,sys; d=json.load(sys.stdin); print('"$1"')' <<<"$output"; }

node_has() { [[ $(root sinfo -h -n "$1" -N -o %T | head -n 1) == *"$2"* ]]; }
is_drained() { node_has "$1" drained; }
resume_all() {
	local node
	for node in n1 n2 n3 n4; do
		if node_has "$node" drain; then root scontrol update NodeName="$node" State=RESUME; fi
	done
}
is_on() { [[ $(job_state "$1") == RUNNING && $(job_node "$1") == "$2" ]]; }
has_left() { [[ $(job_node "$1") != "$2" ]]; }
# has_events JOB EVENT COUNT
has_events() { [[ $(alice grep -c "\"event\":\"$2\"" "$(store "$1")/events") -eq $3 ]]; }
# wait_restored JOB TIMES: that often it has gone on from a checkpoint
wait_restored() { until_true 30 "job $1 has been restored $2 times" has_events "$1" restart "$2"; }
