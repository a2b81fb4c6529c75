/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - the cluster behind a trace, from a file that describes it.
 *
 * A line for each kind of node: a number, a name, how many nodes there are, sockets of a
 * node, cores of a socket, and KiB of memory of a node. Lines that begin with "#" or ";"
 * are comments.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define MACHINE_KINDS_MAX 64

struct machine_kind {
	uint64_t nodes;
	uint32_t cpus;	 /* of each */
	uint64_t memory; /* bytes of each; 0: not known */
};

struct machine {
	struct machine_kind kinds[MACHINE_KINDS_MAX];
	size_t kind_count;
	uint64_t nodes;
	uint64_t cpus;	    /* of all nodes */
	uint64_t memory;    /* bytes of all nodes */
	uint32_t node_cpus; /* of the smallest node */
};

/* Add a line. -1 if it is none, or describes more than TRACE_MAX_CPUS CPUs. */
int machine_add(struct machine *m, const char *line, struct error *e);

int machine_read(struct machine *m, const char *path, struct error *e);

#endif
