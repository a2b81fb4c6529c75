/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * place.h - what a job is to ask Slurm for, so that it goes where the options say.
 */
#ifndef CMD_SMIGRATE_PLACE_H
#define CMD_SMIGRATE_PLACE_H

#include "cmd/smigrate/migration.h"

/* Nodes where it must not start, a hostlist: those to be emptied, or where it is. */
const char *place_avoided(const struct migration *m, const struct migrant *j);

/* Nodes whose CPU is known not to do for it, a hostlist; "" if there are none. */
const char *place_unfit(const struct migrant *j);

/* A field of its own request: what it asks for now may be an earlier move's. */
const char *place_own(const struct migrant *j, const struct job_entry *job,
		      enum placement_field field);

/* Set the marks of those of the cluster's nodes that are in a hostlist, or NULL. */
void place_mark(const struct migration *m, bool *marks, const char *list, bool value);

/* The nodes where it should have room, as a hostlist, owned by the caller; or NULL. */
char *place_chosen(const struct migration *m, const struct migrant *j);

/*
 * Set what it is to ask for, no more than has to be changed; of the chosen nodes, if it
 * fits there and the options say which to choose. -1 without memory.
 */
int place(const struct migration *m, struct migrant *j, const struct job_entry *job,
	  bool fits);

#endif
