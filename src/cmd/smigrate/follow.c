// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * follow - a job on its way, by what its runner writes and what Slurm says.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/identity.h"
#include "cmd/smigrate/migration.h"
#include "store/generation.h"

/*
 * Seconds that a job which may start is given to do so. slurmctld looks at its queue at
 * least once a minute, unless a site has it do so less often (sched_interval).
 */
#define PATIENCE 75

/* After it may start: not earlier, or slurmd takes it for the one that has left. */
#define PAUSE 2 /* seconds */

static void stays(struct migrant *j, const char *why)
{
	error_set(&j->why, "%s", why);
	j->state = MIGRANT_STAYS;
}

/* ---- what its runner writes ---- */

/* An interval's checkpoint may have begun before it was asked. */
static bool is_other(const struct event *event)
{
	return !strcmp(event->reason, "interval");
}

/*
 * Of what the user's files say was written, no more than the job can have in memory and
 * once more on the disk: by that --rate has other users' jobs wait.
 */
static uint64_t credible(const struct migration *m, const struct migrant *j,
			 uint64_t bytes)
{
	const struct node_entry *node = node_table_find(&m->cluster, j->from);
	unsigned long long memory = j->memory ? j->memory : node ? node->memory : 0;
	uint64_t most = (uint64_t)memory << 21;

	return most && bytes > most ? most : bytes;
}

static void saved(struct migration *m, struct migrant *j, const struct event *event)
{
	j->generation = event->generation;
	j->bytes = credible(m, j, event->bytes);
	j->dump = event->seconds;
	j->times.saved = event->time;
}

/* Where it was, at the start in which it was asked. */
static void there(struct migration *m, struct migrant *j, const struct event *event)
{
	switch (event->type) {
	case EVENT_CHECKPOINT:
		if (!is_other(event))
			saved(m, j, event);
		break;
	case EVENT_FAILED:
		if (is_other(event) || j->state != MIGRANT_SAVES)
			break;
		j->failed = true;
		stays(j, event->text);
		break;
	case EVENT_LEAVE:
		if (*event->text)
			error_set(&j->why, "%s", event->text);
		j->state = MIGRANT_LEAVES;
		break;
	case EVENT_RESTART:
		/* Or it was being restored when it was asked. */
		if (j->times.saved != 0)
			stays(j, "Slurm did not take it back, and it continues where it "
				 "was");
		break;
	default: /* of its end slurmctld tells */
		break;
	}
}

/* What would be the end of its way. */
static bool is_arrival(const struct event *event)
{
	return event->type == EVENT_RESTART || event->type == EVENT_HELD ||
	       event->type == EVENT_START || event->type == EVENT_UNPROTECTED;
}

/*
 * The events are the user's, who can write what they like: that the job has been started
 * again, or is over, has to be what slurmctld says, too.
 */
static bool is_confirmed(const struct migrant *j, const struct job_entry *now,
			 const struct event *event)
{
	if (!now || now->restarts <= j->restart)
		return false;
	return event->type != EVENT_RESTART ||
	       ((now->phase == JOB_RUNS || now->phase == JOB_OVER) && *now->nodes);
}

/* Where it was started again: on the nodes that slurmctld names. */
static void elsewhere(struct migrant *j, const struct job_entry *now,
		      const struct event *event)
{
	const char *node = *now->nodes ? now->nodes : "another node";

	switch (event->type) {
	case EVENT_RESTART:
		j->restore = event->seconds;
		j->times.restored = event->time;
		j->times.started = event->time - event->seconds;
		free(j->to);
		j->to = strdup(now->nodes);
		j->state = MIGRANT_MOVED;
		break;
	case EVENT_HELD:
		error_set(&j->why, "it could not continue on %s, and is held: %s", node,
			  event->text);
		j->state = MIGRANT_LOST;
		break;
	case EVENT_START:
	case EVENT_UNPROTECTED:
		error_set(&j->why, "it has started over on %s", node);
		j->state = MIGRANT_LOST;
		break;
	default:
		break;
	}
}

/* So many at once: no user keeps us from the jobs of others. */
#define EVENTS_AT_ONCE 1000

/* The first that ends its way is kept until slurmctld, which is asked less often, agrees.
 */
static void keep_later(struct migrant *j, const struct event *event)
{
	if (j->is_later || !is_arrival(event))
		return;
	j->later = *event;
	j->is_later = true;
}

static int read_events(struct migration *m, struct migrant *j, struct error *e)
{
	const struct job_entry *now = job_table_find(&m->table, j->id);
	struct event event;
	int rc = 1;

	for (int i = 0; j->reader && !migrant_is_over(j) && rc > 0 && i < EVENTS_AT_ONCE;
	     i++) {
		rc = event_next(j->reader, &event, e);
		if (rc <= 0)
			break;
		if (event.restart == j->restart)
			there(m, j, &event);
		else if (event.restart > j->restart)
			keep_later(j, &event);
	}
	if (j->is_later && !migrant_is_over(j) && is_confirmed(j, now, &j->later))
		elsewhere(j, now, &j->later);
	if (j->state == MIGRANT_SAVES && j->times.saved == 0 && j->folder.fd >= 0)
		j->bytes = credible(m, j, generation_bytes_half_written(&j->folder));
	return rc < 0 ? -1 : 0;
}

void migrant_read_events(struct migration *m, struct migrant *j)
{
	struct error e;
	int rc = identity_become(j->user, &e);

	if (rc == 0) {
		rc = read_events(m, j, &e);
		identity_back();
	}
	/* One job's files are no reason to leave the others where they are. */
	if (rc < 0)
		stays(j, e.text);
}

/* ---- what Slurm says ---- */

/* In the queue, off its nodes. */
static void queued(struct migrant *j, const struct job_entry *now)
{
	time_t clock = time(NULL);

	if (j->times.queued == 0)
		j->times.queued = seconds_now();
	j->state = MIGRANT_QUEUED;
	if (!j->poked && seconds_now() - j->times.queued >= PAUSE)
		migrant_poke(j);
	else if (now->begin <= clock && seconds_now() - j->times.queued > PATIENCE)
		j->state = MIGRANT_PENDING;
}

static void is_off(struct migrant *j, const struct job_entry *now)
{
	switch (now->phase) {
	case JOB_QUEUED:
		queued(j, now);
		break;
	case JOB_HELD:
		if (j->state != MIGRANT_LOST)
			j->state = MIGRANT_HELD;
		break;
	case JOB_LEAVES:
		if (j->state == MIGRANT_SAVES)
			j->state = MIGRANT_LEAVES;
		break;
	case JOB_RUNS:
		if (j->times.queued == 0)
			j->times.queued = seconds_now();
		free(j->to);
		j->to = strdup(now->nodes);
		/* Without a runner there is nobody to say that it goes on. */
		j->state = j->reader ? MIGRANT_STARTS : MIGRANT_MOVED;
		break;
	case JOB_OVER:
		j->state = MIGRANT_ENDED;
		break;
	}
}

void migrant_follow(struct migration *m, struct migrant *j, const struct job_entry *now)
{
	if (migrant_is_there(j, now))
		return;
	if (j->reader)
		migrant_read_events(m, j);
	if (migrant_is_over(j))
		return;
	if (!now || now->phase == JOB_OVER)
		j->state = MIGRANT_ENDED;
	else if (j->state == MIGRANT_WAITS && now->phase != JOB_RUNS)
		/* Others have it leave; what it does then is none of ours. */
		j->state = now->phase == JOB_LEAVES ? MIGRANT_WAITS : MIGRANT_ENDED;
	else
		is_off(j, now);
}
