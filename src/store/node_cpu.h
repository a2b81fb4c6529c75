/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_cpu.h - the CPUs of the nodes where a user's jobs have run, beside the folders of
 * the jobs: DIR/<cluster>/cpu/<class>/, with the file "features" (cpu_text()) and an
 * empty file of each node's name.
 *
 * Slurm knows nothing of it. So each runner notes its own node's, and whoever asks where
 * a job could go on finds what is known. A node where none of the user's jobs has run is
 * not there; a job that comes to one which does not do leaves it again.
 */
#ifndef STORE_NODE_CPU_H
#define STORE_NODE_CPU_H

#include "base/cpu.h"
#include "slurm/nodes.h"
#include "store/folder.h"

/* Note the CPU of the node on which we are. What cannot be noted is not known later. */
void node_cpu_note(const struct folder *folder, const char *node, const struct cpu *cpu);

/*
 * The nodes whose CPU is known not to do for the job of a folder, by what its record
 * says; a hostlist, owned by the caller. "" if there are none or nothing is known; NULL
 * without memory. Users write what is there: who knows the nodes of the cluster gets no
 * others, and each once. cluster is NULL for who does not.
 */
char *node_cpu_lesser(const struct folder *folder, const struct node_table *cluster);

#endif
