/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_policy.h - memory policies as text: MODE[=FLAGS][:NODES], as numa_maps has them
 * but without spaces.
 */
#ifndef ENGINE_CRIU_TASK_POLICY_H
#define ENGINE_CRIU_TASK_POLICY_H

#include <stdbool.h>

#include "engine/criu/task_state.h"

#define POLICY_NODES 1024 /* that Linux may have */
#define POLICY_LONGS (POLICY_NODES / (8 * sizeof(unsigned long)))

struct policy {
	int mode; /* with its flags, as set_mempolicy(2) has it */
	unsigned long nodes[POLICY_LONGS];
	bool has_nodes;
};

/* What that call, and mbind(2), take as the number of nodes. */
#define POLICY_MAXNODE (POLICY_NODES + 1)

/* That of a line of numa_maps, owned by the caller; NULL if it is unknown. */
char *policy_of_line(const char *line);

/* The policy of a text, whose nodes are moved. -1 if it is none. */
int policy_parse(struct policy *p, const char *value, struct task_move *move);

#endif
