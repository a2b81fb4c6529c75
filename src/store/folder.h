/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder.h - a job's folder in the store: DIR/<cluster>/<jobid>/.
 *
 *	job		record of the job, a manifest of attributes
 *	job.copy	the same once more, should it be damaged
 *	script		copy of the batch script, mode 0700
 *	options		with which sbatch would submit the job again, zero bytes between
 *	environment	in which it would, the same
 *	events		what has happened to the job (event.h)
 *	tmp/		where the job's TMPDIR is mounted
 *	saved		how long the outputs of a job that saves itself were when it last
 *did lock		held by the processes that keep the running job (lock.h) control/
 *where the directory is mounted by which it speaks with its runner N/		generation
 *N, committed N.tmp/		generation N, being written; never read N.old/
 *generation N, being removed; never read
 *
 * See doc/store-format.md.
 */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include "base/error.h"
#include "store/manifest.h"

#define FOLDER_RECORD	   "job"
#define FOLDER_RECORD_COPY "job.copy"
#define FOLDER_OPTIONS	   "options"
#define FOLDER_ENVIRONMENT "environment"
#define FOLDER_SCRIPT	   "script"
#define FOLDER_TMP	   "tmp"
#define FOLDER_EVENTS	   "events"
#define FOLDER_MARK	   "saved"

/* Attributes of the record; doc/store-format.md has them all. */
#define RECORD_JOB	  "job"
#define RECORD_CLUSTER	  "cluster"
#define RECORD_USER	  "user"
#define RECORD_PARTITION  "partition"
#define RECORD_RESTART	  "restart"
#define RECORD_RUN	  "run" /* which start of the job it belongs to: a word of its own */
#define RECORD_NODE	  "node"
#define RECORD_ARRAY_JOB  "array-job"
#define RECORD_ARRAY_TASK "array-task"
#define RECORD_END	  "end"	       /* when the job ended, seconds since 1970, or "" */
#define RECORD_GENERATION "generation" /* the newest to go on from at the next start */

struct folder {
	int fd;
	char *path;	  /* absolute */
	unsigned int job; /* whose it is: the one as which the job goes on, if it does */
	struct manifest record; /* as read by folder_open or saved by folder_save */
};

/*
 * Make, where it is not there yet, and open the folder of a job below the
 * directory that pattern names (conf.h). What stands before the first "%" of the
 * pattern must exist; the rest is made with mode 0700. Refused where another user could
 * have a hand in it (store.h).
 */
int folder_make(struct folder *folder, const char *pattern, const char *user,
		const char *cluster, unsigned int job, struct error *e);

/* A number of the record, or missing where it has none. */
unsigned int folder_number(const struct folder *folder, const char *attribute,
			   unsigned int missing);

/* The job's name as Slurm writes it, by its record; owned by the caller, or NULL. */
char *folder_job_name(const struct folder *folder, unsigned int job);

/*
 * Open the folder of a job that has one, to read it; or, if that is a link, of the job as
 * which it goes on.
 */
int folder_open(struct folder *folder, const char *pattern, const char *user,
		const char *cluster, unsigned int job, struct error *e);

/*
 * The numbers of the jobs that have folders below the directory that pattern names,
 * in ascending order; owned by the caller. A pattern with %j has no such directory.
 */
int folder_list(const char *pattern, const char *user, const char *cluster,
		unsigned int **jobs, size_t *count, struct error *e);

/* Read the record; success with an empty one if there is none yet. */
int folder_load(struct folder *folder, struct error *e);

/* Write the record for good. */
int folder_save(struct folder *folder, struct error *e);

/*
 * Is the start of the job by which record was written still the one that counts? -1 and
 * ESTALE in errno if there is a later one: a runner that was taken for dead must not
 * write over the one that replaced it.
 */
int folder_check_ours(const struct folder *folder, struct error *e);

/*
 * Set aside what a former job of the same number left behind: the folder is
 * renamed to <jobid>.N and a new, empty one made in its place.
 */
int folder_set_aside(struct folder *folder, struct error *e);

/*
 * Have a job go on from the checkpoints of another one: the folder of job from becomes
 * that of job, and a symbolic link is left in its place, since the images know files
 * by that path. Success, too, if that was done before.
 */
int folder_adopt(const char *pattern, const char *user, const char *cluster,
		 unsigned int from, unsigned int job, struct error *e);

/* Remove all but the record and the events. */
int folder_strip(struct folder *folder, struct error *e);

/* Does the record say that it is this user's job? Nothing is removed of others. */
int folder_check_named(const struct folder *folder, const char *user, unsigned int job,
		       struct error *e);

/* Remove the folder with all that is in it, if its record says that it is that job's. */
int folder_remove(const struct folder *folder, const char *user, unsigned int job,
		  struct error *e);

void folder_close(struct folder *folder);

#endif
