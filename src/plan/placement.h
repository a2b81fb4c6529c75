/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * placement.h - where a job may run: that part of its request to Slurm which a move
 * changes.
 */
#ifndef PLAN_PLACEMENT_H
#define PLAN_PLACEMENT_H

#include <stdbool.h>

enum placement_field {
	PLACEMENT_NODELIST,   /* nodes that it asks for, a hostlist */
	PLACEMENT_EXCLUDE,    /* nodes that it refuses, a hostlist */
	PLACEMENT_PARTITION,  /* one, or several with commas */
	PLACEMENT_CONSTRAINT, /* features that its nodes must have */
	PLACEMENT_FIELDS
};

/* A value is owned; "" asks for nothing, and NULL says nothing. */
struct placement {
	char *value[PLACEMENT_FIELDS];
};

/* By which a field is written to files: sbatch's name for it. */
const char *placement_name(enum placement_field field);

/* Set a field to a copy of value. -1 without memory. */
int placement_put(struct placement *p, enum placement_field field, const char *value);

/* Does it say nothing at all? */
bool placement_is_empty(const struct placement *p);

/* Put what another one says over it. -1 without memory. */
int placement_merge(struct placement *p, const struct placement *over);

/*
 * What a job is to ask for next, and what of its own request is to be kept for later.
 * kept is what an earlier move changed of it, current what it asks for now, wanted what
 * this move wants: a field that it does not want is put back. Both results are empty
 * before, and own what is in them. -1 without memory.
 */
int placement_change(const struct placement *kept, const struct placement *current,
		     const struct placement *wanted, struct placement *next,
		     struct placement *keep);

void placement_free(struct placement *p);

#endif
