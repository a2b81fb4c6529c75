# shellcheck shell=bash
# What the tests of smigrate share.

# counting NAME [SBATCH-OPTION...]: a job that counts in out-NAME until let_end; its id
counting() {
	ticking "job-$1.sh"
	submit --checkpoint --mem=300 --output="out-$1" "${@:2}" "job-$1.sh"
}

exact() { is_exact "out-$1"; }

# keep_conf: slurm.conf is as it was at the end of the test, which calls put_conf_back
keep_conf() { root cp /etc/slurm/slurm.conf /etc/slurm/slurm.conf.kept; }
put_conf_back() {
	root test -e /etc/slurm/slurm.conf.kept || return 0
	root mv /etc/slurm/slurm.conf.kept /etc/slurm/slurm.conf
	root scontrol reconfigure
}

# of the answer of smigrate --json in $output: an expression of python
# shellcheck disable=SC2154  # it is bats's
json() { python3 -c 'import json,sys; d=json.load(sys.stdin); print('"$1"')' <<<"$output"; }

node_has() { [[ $(root sinfo -h -n "$1" -N -o %T | head -n 1) == *"$2"* ]]; }
is_drained() { node_has "$1" drained; }
resume_all() {
	local node
	for node in n1 n2 n3 n4; do
		if node_has "$node" dr || node_has "$node" down; then
			root scontrol update NodeName="$node" State=RESUME
		fi
	done
	until_true 60 "all nodes take jobs" take_jobs 'n[1-4]'
}
# Behind the state of a node is a star as long as slurmctld waits for its first answer.
take_jobs() {
	local states
	states=$(root sinfo -h -n "$1" -N -o %T) && [[ -n $states && ! $states =~ [*~#]|dr|down|unk ]]
}
# close_nodes NODES: what is started from now on is not there; open_nodes NODES: it is again
close_nodes() { root scontrol update NodeName="$1" State=DRAIN Reason=test; }
open_nodes() {
	root scontrol update NodeName="$1" State=RESUME
	until_true 60 "$1 take jobs" take_jobs "$1"
}
is_on() { [[ $(job_state "$1") == RUNNING && $(job_node "$1") == "$2" ]]; }
runs_elsewhere() { [[ $(job_state "$1") == RUNNING && $(job_node "$1") != "$2" ]]; }
wait_elsewhere() { until_true 60 "job $1 runs, and not on $2" runs_elsewhere "$1" "$2"; }
has_left() { [[ $(job_node "$1") != "$2" ]]; }
# has_events JOB EVENT COUNT
has_events() { [[ $(alice grep -c "\"event\":\"$2\"" "$(store "$1")/events") -eq $3 ]]; }
# wait_restored JOB TIMES: that often it has gone on from a checkpoint
wait_restored() { until_true 60 "job $1 has been restored $2 times" has_events "$1" restart "$2"; }
