// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/relocate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "slurm/elsewhere.h"
#include "slurm/hosts.h"
#include "slurm/job.h"
#include "slurm/jobs.h"

/*
 * Seconds after which the job may start again. Slurm would have it wait for two minutes
 * or so (README), and slurmd takes a job that is started within the second of its end for
 * the one that it has just killed.
 */
#define PAUSE 2

int relocate_wanted(const struct task *task, const struct folder *folder, bool *hold,
		    struct error *e)
{
	struct move move;
	int rc = move_read(folder, &move, e);

	if (rc == 0)
		rc = error_set(e, "it was not said where the job is to continue");
	else if (rc > 0 && move.restart != task->restart)
		rc = error_set(e, "the request was for an earlier start of the job");
	*hold = move.hold;
	move_free(&move);
	return rc < 0 ? -1 : 0;
}

bool relocate_is_due(const struct folder *folder)
{
	struct kept kept;
	bool due = move_kept(folder, &kept, NULL) == 0 && !placement_is_empty(&kept.own);

	placement_free(&kept.own);
	return due;
}

/* A job's request, and what becomes of it. */
struct change {
	struct kept kept;	  /* of its own, by an earlier move */
	struct placement current; /* as it is */
	struct placement next;
	struct kept keep; /* of its own, from now on */
	struct kept both; /* kept until it is known that the change was made */
};

static int prepare(const struct task *task, const struct folder *folder,
		   const struct placement *wanted, struct change *c, struct error *e)
{
	if (move_kept(folder, &c->kept, e) < 0)
		return -1;
	if (!placement_is_empty(wanted) &&
	    job_read_placement(task->job, &c->current, e) < 0)
		return -1;
	c->keep.restart = c->both.restart = task->restart;
	if (placement_change(&c->kept.own, &c->current, wanted, &c->next, &c->keep.own) <
		    0 ||
	    placement_merge(&c->both.own, &c->kept.own) < 0 ||
	    placement_merge(&c->both.own, &c->keep.own) < 0)
		return error_sys(e, "job %u", task->job);
	return 0;
}

/* What is kept is written before, so that it is not lost whatever happens then. */
static int carry_out(const struct task *task, struct folder *folder,
		     const struct change *c, time_t begin, struct error *e)
{
	bool any = !placement_is_empty(&c->both.own);

	if (any && move_keep(folder, &c->both, e) < 0)
		return -1;
	if ((begin || !placement_is_empty(&c->next)) &&
	    job_place(task->job, &c->next, begin, e) < 0)
		return -1;
	return any ? move_keep(folder, &c->keep, e) : 0;
}

static int relocate_to(const struct task *task, struct folder *folder,
		       const struct placement *wanted, time_t begin, struct error *e)
{
	struct change c = { 0 };
	int rc = prepare(task, folder, wanted, &c, e);

	if (rc == 0)
		rc = carry_out(task, folder, &c, begin, e);
	placement_free(&c.kept.own);
	placement_free(&c.current);
	placement_free(&c.next);
	placement_free(&c.keep.own);
	placement_free(&c.both.own);
	return rc;
}

int relocate(const struct task *task, struct folder *folder, struct error *e)
{
	struct move move;
	bool is_moved =
		move_read(folder, &move, NULL) > 0 && move.restart == task->restart;
	int rc = 0;

	if (!is_moved) {
		move_free(&move);
		move = (struct move){ 0 };
	}
	if (is_moved || relocate_is_due(folder))
		rc = relocate_to(task, folder, &move.wanted,
				 is_moved ? time(NULL) + PAUSE : 0, e);
	move_free(&move);
	move_remove(folder);
	return rc;
}

/* ---- away from nodes ---- */

/* What the job is to ask for, so as to run on none of these nodes. */
static int refuse(struct placement *wanted, const char *exclude, const char *nodes)
{
	char *all = hosts_join(exclude ? exclude : "", nodes);
	int rc = all ? placement_put(wanted, PLACEMENT_EXCLUDE, all) : -1;

	free(all);
	return rc;
}

/* That all others are full, drained or down now is no reason. */
static int check(const struct job_entry *job, const char *nodes, struct error *e)
{
	struct placement wanted = { 0 };
	struct node_table cluster = { 0 };
	int rc = 0;

	if (refuse(&wanted, job->exclude, nodes) == 0 &&
	    elsewhere_load(&cluster, NULL) == 0 &&
	    elsewhere_check(&cluster, job, &wanted, e) < 0)
		rc = error_prefix(e, "no other node could take it");
	node_table_free(&cluster);
	placement_free(&wanted);
	return rc;
}

int relocate_is_possible(const struct task *task, const char *nodes, struct error *e)
{
	struct job_table table = { 0 };
	const struct job_entry *job;
	int rc = 0;

	/* Without an answer it is taken to be: the job is safe in the queue. */
	if (job_table_load_one(&table, task->job, NULL) == 0 &&
	    (job = job_table_find(&table, task->job))) {
		rc = hosts_meet(job->nodelist, nodes)
			     ? error_set(e, "it asks for that node (--nodelist=%s)",
					 job->nodelist)
			     : check(job, nodes, e);
	}
	job_table_free(&table);
	return rc;
}

int relocate_away(const struct task *task, struct folder *folder, const char *nodes,
		  struct error *e)
{
	struct placement current = { 0 }, wanted = { 0 };
	int rc = job_read_placement(task->job, &current, e);

	if (rc == 0 && refuse(&wanted, current.value[PLACEMENT_EXCLUDE], nodes) < 0)
		rc = error_sys(e, "job %u", task->job);
	if (rc == 0)
		rc = relocate_to(task, folder, &wanted, time(NULL) + PAUSE, e);
	placement_free(&current);
	placement_free(&wanted);
	move_remove(folder);
	return rc;
}
