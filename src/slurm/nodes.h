/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nodes.h - all nodes that slurmctld knows, in one request; and to drain and resume them.
 */
#ifndef SLURM_NODES_H
#define SLURM_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/error.h"

struct node_entry {
	char *name;
	bool takes_jobs; /* it is up, and neither drained nor set aside for something */
	bool drain;	 /* it takes no more jobs, until resumed */
	bool down;
	bool busy;	/* jobs run on it, or are being cleaned up */
	bool rebooting; /* it has been asked to, and is not back yet */
	time_t booted;
	unsigned int cpus;
	unsigned long long memory; /* MB */
	char *features;		   /* with commas; "" for none */
	char *partitions;	   /* with commas */
	char *reason;		   /* for which it is drained or down, or "" */
};

struct node_table {
	struct node_entry *nodes; /* in the order of their names */
	size_t count;
	time_t updated;	  /* by slurmctld's clock */
	void *partitions; /* read once */
};

/*
 * Read the nodes; -1 with errno EACCES where a site shows them to administrators alone
 * (PrivateData). A table that was filled before is read again only if something has
 * changed. node_table_free() it also after a failure.
 */
int node_table_load(struct node_table *table, struct error *e);

/* NULL if there is no such node. */
const struct node_entry *node_table_find(const struct node_table *table,
					 const char *name);

void node_table_free(struct node_table *table);

/* Of a hostlist. Slurm lets administrators alone do it. */
int nodes_drain(const char *nodes, const char *reason, struct error *e);
int nodes_resume(const char *nodes, struct error *e);

/* Does a list with commas have this word? */
bool list_has(const char *list, const char *word);

#endif
