/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_kind.h - what the nodes are where a user's jobs have run, beside the folders of
 * the jobs: DIR/<cluster>/cpu/<class>/, with the file "features" (cpu_text()) and an
 * empty file of each node's name; and DIR/<cluster>/libc/<build id>/ with such files.
 *
 * A program continues only where the CPU has what it uses and the files that it has mapped
 * are the same; the C library is the one that all have, and so tells a node that was
 * upgraded from one that was not.
 *
 * Slurm knows nothing of it. So each runner notes its own node's, and whoever asks where
 * a job could continue finds what is known. A node where none of the user's jobs has run
 * since it was changed is not known; a job that comes to one which does not do leaves it
 * again.
 */
#ifndef STORE_NODE_KIND_H
#define STORE_NODE_KIND_H

#include "base/cpu.h"
#include "slurm/nodes.h"
#include "store/folder.h"

/* In a job's record: the build id of the C library that its programs have mapped. */
#define RECORD_LIBC "libc"

/*
 * Note the CPU of the node on which we are, and the build id of its C library, or NULL if
 * that is not known. What cannot be noted is not known later.
 */
void node_kind_note(const struct folder *folder, const char *node, const struct cpu *cpu,
		    const char *libc);

/*
 * The nodes that are known not to do for the job of a folder, by what its record says; a
 * hostlist, owned by the caller. "" if there are none or nothing is known; NULL without
 * memory. Users write what is there: who knows the nodes of the cluster gets no others,
 * and each once. cluster is NULL for who does not.
 */
char *node_kind_unfit(const struct folder *folder, const struct node_table *cluster);

#endif
