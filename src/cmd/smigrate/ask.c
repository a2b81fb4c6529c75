// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ask - ask a job's runner to leave, or Slurm to take a job off its nodes.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/identity.h"
#include "base/protocol.h"
#include "cmd/protected.h"
#include "cmd/smigrate/migration.h"
#include "cmd/watch.h"
#include "slurm/elsewhere.h"
#include "slurm/job.h"
#include "store/move.h"
#include "store/node_kind.h"

/* ---- its place in the queue ---- */

/* Slurm lets operators alone raise a priority. Root is one. */
static bool may_pin(const struct migration *m)
{
	/* A job that is held has none, and is given a new one when it is released. */
	return !m->s->hold && (m->s->priority != PRIORITY_DEFAULT || getuid() == 0);
}

static unsigned int top_priority(const struct migration *m)
{
	unsigned int top = 1;

	for (size_t i = 0; i < m->table.count; i++) {
		const struct job_entry *job = &m->table.jobs[i];

		if (job->phase == JOB_QUEUED && job->priority > top)
			top = job->priority;
	}
	return top < UINT_MAX - 1 ? top + 1 : top;
}

/* One more than it had: Slurm takes the same number for no change. */
static unsigned int kept_priority(const struct job_entry *job)
{
	return job->priority < UINT_MAX - 1 ? job->priority + 1 : job->priority;
}

unsigned int migrant_priority(const struct migration *m, const struct job_entry *job)
{
	if (!may_pin(m))
		return 0; /* a requeued job comes last, or without the age it had */
	switch (m->s->priority) {
	case PRIORITY_TOP:
		return top_priority(m);
	case PRIORITY_NUMBER:
		return m->s->priority_number;
	default:
		return kept_priority(job);
	}
}

/*
 * Before it leaves: a requeue would give it the last place otherwise. -1 if it was asked
 * for by name and Slurm does not let us.
 */
static int pin(const struct migration *m, struct migrant *j, struct error *e)
{
	const struct job_entry *job = job_table_find(&m->table, j->id);

	if (!job || !may_pin(m))
		return 0;
	if (job_set_priority(j->id, migrant_priority(m, job), 0, e) < 0)
		return m->s->priority == PRIORITY_DEFAULT ? 0 : -1;
	j->pinned = m->s->priority != PRIORITY_NUMBER;
	return 0;
}

void migrant_unpin(struct migrant *j)
{
	/*
	 * In the queue it needs it still, and a job that is held would be released. One
	 * that has not left by the end, as when its user stopped its runner, does not.
	 */
	if (j->state != MIGRANT_SAVES && j->state != MIGRANT_MOVED &&
	    j->state != MIGRANT_STAYS && j->state != MIGRANT_STARTS)
		return;
	(void)job_set_priority(j->id, JOB_PRIORITY_BY_SLURM, j->nice, NULL);
	j->pinned = false;
}

/* ---- asking ---- */

void migrant_check(struct migration *m, struct migrant *j, const struct job_entry *job)
{
	struct kept kept;
	int rc;

	folder_close(&j->folder);
	placement_free(&j->own);
	free(j->unfit);
	j->unfit = NULL;
	if (getuid() != 0 && getuid() != job->user) {
		error_set(&j->why, "it is user %s's", j->user);
		j->failed = true;
		return;
	}
	if (identity_become(j->user, &j->why) < 0)
		return;
	rc = protected_open(&j->folder, m->s->dir, m->s->cluster, job, j->name,
			    CHECKPOINT_SIGNAL_MOVE, &j->why);
	if (rc == 0)
		j->unfit = node_kind_unfit(&j->folder, &m->cluster);
	identity_back();
	if (rc == 0)
		rc = protected_may_leave(job, &j->why);
	j->protected = rc == 0;
	if (rc == 0) {
		j->why.text[0] = '\0';
		if (move_kept(&j->folder, &kept, NULL) == 0) {
			elsewhere_clean(&m->cluster, &kept.own);
			j->own = kept.own;
		}
	}
	folder_close(&j->folder);
}

/* As the user: from here on what its runner writes is heard. */
static int open_folder(const struct migration *m, struct migrant *j, struct error *e)
{
	const struct job_entry *job = job_table_find(&m->table, j->id);
	struct move move = { .restart = j->restart,
			     .hold = m->s->hold,
			     .wanted = j->wanted };

	if (!job)
		return error_set(e, "job %s is gone", j->name);
	if (protected_open(&j->folder, m->s->dir, m->s->cluster, job, j->name,
			   CHECKPOINT_SIGNAL_MOVE, e) < 0)
		return -1;
	j->reader = event_reader_new_at_end(&j->folder, e);
	return j->reader ? move_write(&j->folder, &move, e) : -1;
}

static int ask(struct migration *m, struct migrant *j, struct error *e)
{
	int rc;

	if (identity_become(j->user, e) < 0)
		return -1;
	rc = open_folder(m, j, e);
	identity_back();
	if (rc < 0 || pin(m, j, e) < 0)
		return -1;
	watch_folder(m->watch, &j->folder);
	return job_signal_batch(j->name, CHECKPOINT_SIGNAL_MOVE, e);
}

static void drop_folder(struct migrant *j)
{
	event_reader_free(j->reader);
	j->reader = NULL;
	folder_close(&j->folder);
}

/*
 * It may be about to leave by itself, or for another smigrate, and Slurm lets nobody
 * touch it then: the next look tells. What is refused twice is refused.
 */
void migrant_ask(struct migration *m, struct migrant *j)
{
	m->changed = true;
	j->times.asked = seconds_now();
	if (ask(m, j, &j->why) == 0) {
		j->state = MIGRANT_SAVES;
		return;
	}
	drop_folder(j);
	if (j->refused++ > 0)
		j->state = MIGRANT_STAYS;
	if (j->pinned)
		migrant_unpin(j);
}

void migrant_requeue(struct migration *m, struct migrant *j)
{
	m->changed = true;
	(void)pin(m, j, NULL);
	if (job_requeue(j->id, m->s->hold, &j->why) < 0) {
		j->state = MIGRANT_STAYS;
		if (j->pinned)
			migrant_unpin(j);
		return;
	}
	j->why.text[0] = '\0';
	j->state = MIGRANT_REQUEUED;
}

void migrant_cancel(struct migration *m, struct migrant *j)
{
	m->changed = true;
	j->state = job_cancel(j->name, &j->why) < 0 ? MIGRANT_STAYS : MIGRANT_CANCELLED;
	if (j->state == MIGRANT_CANCELLED)
		j->why.text[0] = '\0';
}

void migrant_poke(struct migrant *j)
{
	(void)job_begin(j->id, time(NULL), NULL);
	j->poked = true;
}
