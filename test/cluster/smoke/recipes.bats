#!/usr/bin/env bats
# What recipes do without CRIU, on all releases.

load ../lib

setup() { new_workdir; }
teardown() {
	clean
	no_recipe
}

partition_of() { job_field "$(submit --hold "$@" job.sh)" Partition; }

@test "job_submit.lua moves jobs aside that did not ask for checkpoints, and no others" {
	put job.sh <<<$'#!/bin/bash\n#SBATCH --comment=any\ntrue'
	put asks.sh <<<$'#!/bin/bash\n#SBATCH --checkpoint=10m\ntrue'
	recipe unprotected
	[ "$(partition_of)" = firm ]
	[ "$(partition_of --partition=low)" = firm ]
	[ "$(partition_of --checkpoint)" = low ]
	[ "$(partition_of --checkpoint=10m)" = low ]
	[ "$(partition_of --eternal)" = low ]
	[ "$(partition_of --checkpoint --no-checkpoint)" = firm ]
	[ "$(partition_of --partition=high)" = high ]
	[ "$(job_field "$(submit --hold asks.sh)" Partition)" = low ]
	[ "$(job_field "$(alice env SBATCH_CHECKPOINT=1h sbatch --parsable --hold "$WORK/job.sh")" Partition)" = low ]
}
