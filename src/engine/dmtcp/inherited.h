/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inherited.h - what restored processes have from dmtcp_restart, since DMTCP restores
 * none of it: the umask, and the limits of resources.
 */
#ifndef ENGINE_DMTCP_INHERITED_H
#define ENGINE_DMTCP_INHERITED_H

#include <sys/resource.h>
#include <sys/types.h>

#include "engine/tree.h"
#include "store/generation.h"

struct inherited {
	mode_t umask;
	struct rlimit limits[RLIM_NLIMITS];
	bool has_umask, has_limits; /* the generation tells */
};

/* Write those of the processes into gen. -1 and a sentence if they have not the same. */
int inherited_save(const struct tree *tree, struct generation *gen, struct error *e);

/* Read what gen tells. */
void inherited_load(struct inherited *inherited, const struct generation *gen);

#endif
