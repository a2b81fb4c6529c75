/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elsewhere.h - could a job run at all where it is to go? It is asked before the job is
 * saved, since afterwards it would wait for ever.
 */
#ifndef SLURM_ELSEWHERE_H
#define SLURM_ELSEWHERE_H

#include <stdbool.h>

#include "plan/placement.h"
#include "slurm/jobs.h"
#include "slurm/nodes.h"

/*
 * Is a node in one of these partitions (with commas), and does it have the features? Of
 * features Slurm knows more than is looked at here: whatever is more than a word is had.
 */
bool elsewhere_allows(const struct node_entry *node, const char *partitions,
		      const char *constraint);

/*
 * Read the nodes for elsewhere_check(). Of a site that does not show them to users the
 * table is empty, and less can be told.
 */
int elsewhere_load(struct node_table *cluster, struct error *e);

/*
 * Could the job run with this request? What request does not have is as the job has it.
 * -1 and one sentence on what would never be; that all such nodes are full, drained or
 * down now is no reason.
 */
int elsewhere_check(const struct node_table *cluster, const struct job_entry *job,
		    const struct placement *request, struct error *e);

/*
 * Of what a job's record says that it asked for, keep what Slurm could take: nodes and
 * partitions that it knows, and features that are words. The record is the user's. Of an
 * empty table, as of elsewhere_load(), lists are kept that hosts_expand() takes.
 */
void elsewhere_clean(const struct node_table *cluster, struct placement *own);

#endif
