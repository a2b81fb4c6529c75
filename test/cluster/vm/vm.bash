# shellcheck shell=bash
# What the tests on machines share. Each file has a cluster of its own, as its machines
# differ: `./check vm` runs them.

# shellcheck source=test/cluster/lib.bash
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.bash"

# up OPTION...: a cluster of $SUITE, unless KEEP says that the one which is up is it
up() { [[ -n ${KEEP-} ]] || cluster up --suite "$SUITE" "$@"; }
down() { [[ -n ${KEEP-} ]] || cluster down; }

# A machine that is emulated, beside others, takes ten times as long as a host.
eval "$(declare -f until_true | sed '1s/until_true/until_host_does/')"
until_true() { until_host_does $((10 * $1)) "${@:2}"; }
slowly() { until_true 60 "$@"; }

# run_on NODE COMMAND...: by alice, in the test's directory
# shellcheck disable=SC2016
run_on() { cluster run -u alice "$1" sh -c 'cd "$1" && shift && exec "$@"' _ "$WORK" "${@:2}"; }

runs_on() { [[ $(job_state "$1") == RUNNING && $(job_node "$1") == "$2" ]]; }

# leave_for JOB NODE: bob takes the node where the job runs, for as long as it takes to
# go on at NODE, and it has printed a line there
leave_for() {
	local job=$1 node=$2 before lines blocker
	before=$(restarts "$job")
	blocker=$(bob sbatch --parsable --partition=high --nodelist="$(job_node "$job")" --exclusive --output=/dev/null --wrap="sleep infinity")
	slowly "job $job is preempted" restarted "$job" "$before"
	slowly "job $job may run on any node" root scontrol update JobId="$job" ReqNodeList=
	slowly "job $job runs on $node" runs_on "$job" "$node"
	slowly "job $job continues" has_event "$job" restart "$((before + 1))"
	lines=$(get out | wc -l)
	slowly "job $job prints" has_lines out "$((lines + 2))"
	bob scancel "$blocker"
}
