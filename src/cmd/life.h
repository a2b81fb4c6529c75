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
	double now; /* seconds since 1970 */
};

/*
 * Ask slurmctld, once for all, which jobs run. If it does not answer, or is asked of
 * another cluster, that is not known of any.
 */
void life_list_init(struct life_list *list, const struct scheckpoint *s);

/* Add the life of a job whose folder is open. */
int life_add(struct life_list *list, unsigned int job, const struct folder *folder,
	     struct error *e);

/* Open the folder of a job of s->user, and add it. */
int life_add_job(struct life_list *list, const struct scheckpoint *s, unsigned int job,
		 struct error *e);

/* Add all jobs of s->user; what cannot be read is complained of. The exit status. */
int life_add_user(struct life_list *list, const struct scheckpoint *s);

/*
 * For root, add the jobs of all users who have a directory where the pattern s->dir has
 * %u; else those of s->user. The exit status.
 */
int life_add_everybody(struct life_list *list, const struct scheckpoint *s);

void life_free(struct life *life);
void life_list_free(struct life_list *list);

#endif
