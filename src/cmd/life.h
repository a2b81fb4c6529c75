/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * life.h - what is told of a job: whose it is, its history and what is kept of it.
 */
#ifndef CMD_LIFE_H
#define CMD_LIFE_H

#include "cmd/scheckpoint.h"
#include "slurm/jobs.h"
#include "store/history.h"

/* All texts are printable (base/str.h). */
struct life {
	unsigned int job;
	char *name;	 /* 12, or 12_3 for an element of an array */
	char *user;	 /* who owns the folder, whatever is written in it */
	char *partition; /* "" if it is not known */
	bool runs;	 /* by slurmctld */
	bool waits;	 /* in its queue */
	size_t generations;
	uint64_t stored; /* bytes of these */
	struct history history;
};

struct life_list {
	struct life *lives;
	size_t count;
	struct job_table jobs; /* of slurmctld */
	bool jobs_known;
	double now;  /* seconds since 1970 */
	size_t kept; /* events of the last one's user */
};

/*
 * Ask slurmctld, once for all, which jobs run. If it does not answer, or is asked of
 * another cluster, that is not known of any.
 */
void life_list_init(struct life_list *list, const struct scheckpoint *s);

/* Add the life of a job whose folder is open. */
int life_add(struct life_list *list, unsigned int job, const struct folder *folder,
	     struct error *e);

/* Add all that each_stored() selects; what cannot be read is complained of. The status.
 */
int life_add_selected(struct life_list *list, const struct scheckpoint *s, int argc,
		      char **argv);

void life_free(struct life *life);
void life_list_free(struct life_list *list);

#endif
