/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tables.h - what slurmctld says of a cluster of any size, made up.
 */
#ifndef TEST_TABLES_H
#define TEST_TABLES_H

#include "slurm/jobs.h"
#include "slurm/nodes.h"

struct tables {
	struct node_table nodes;
	struct job_table jobs;
	size_t job_room;
	char (*names)[24];
};

#define TABLES_NOW 1000000L

/* Nodes n00000, n00001, ... in the partition "all"; and room for so many jobs. */
void tables_init(struct tables *t, size_t nodes, unsigned int cpus, size_t jobs);

/* A job of 3600 s on one node, which began 600 s ago; to be changed by whoever asked. */
struct job_entry *tables_run(struct tables *t, size_t node, unsigned int cpus);

/* One that waits for one node. */
struct job_entry *tables_wait(struct tables *t, unsigned int cpus);

/* Jobs all over the nodes, by a fixed pattern, and some that wait. */
void tables_fill(struct tables *t, size_t running, size_t waiting);

void tables_free(struct tables *t);

#endif
