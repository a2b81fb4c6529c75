// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/smigrate/migration.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "cmd/protected.h"
#include "cmd/watch.h"

/* Seconds between two looks at slurmctld while jobs only wait for room. */
#define IDLE 5

/* A job that began to run less long ago may not have made its folder yet. */
#define YOUNG 30 /* seconds */

/* Beyond DumpTimeout: until the signal is there, and the answer is on this host. */
#define LATE 5 /* seconds */

double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool migrant_is_over(const struct migrant *j)
{
	return j->state >= MIGRANT_MOVED;
}

bool migrant_is_there(const struct migrant *j, const struct job_entry *now)
{
	return now && now->phase == JOB_RUNS && now->restarts == j->restart;
}

/* ---- finding them ---- */

static bool is_meant(const struct migration *m, const struct job_entry *job)
{
	if (*m->nodelist)
		return *job->nodes && hosts_meet(job->nodes, m->nodelist);
	for (size_t i = 0; i < m->jobs.count; i++) {
		if (jobspec_matches(&m->jobs.specs[i], job->id, job->array,
				    job->array_task))
			return true;
	}
	return false;
}

/* An element that is over may have gone through all of this before. */
static bool is_known(const struct migration *m, const struct job_entry *job)
{
	for (size_t i = 0; i < m->count; i++) {
		if (m->migrants[i]->id == job->id &&
		    (m->migrants[i]->restart == job->restarts || !*m->nodelist))
			return true;
	}
	return false;
}

static bool is_on_others(const struct migration *m, const struct job_entry *job)
{
	struct hosts hosts;
	bool others = false;

	if (!*m->nodelist)
		return job->node_count > 1;
	if (hosts_expand(job->nodes, &hosts) == 0) {
		for (size_t i = 0; i < hosts.count; i++)
			others = others || !hosts_meet(hosts.names[i], m->nodelist);
	}
	hosts_free(&hosts);
	return others;
}

static struct migrant *migrant_new(const struct migration *m, const struct job_entry *job)
{
	struct migrant *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	*j = (struct migrant){
		.id = job->id,
		.name = jobspec_name(job->id, job->array, job->array_task),
		.user = strdup(job->user_name),
		.from = strdup(job->nodes),
		.restart = job->restarts,
		.on_others = is_on_others(m, job),
		.node_count = job->node_count,
		.memory = job->memory * job->node_count,
		.nice = job->nice,
		.found = seconds_now(),
		.folder.fd = -1,
		.chosen = calloc(job->node_count, sizeof(size_t)),
	};
	return j;
}

static void migrant_free(struct migrant *j)
{
	event_reader_free(j->reader);
	folder_close(&j->folder);
	placement_free(&j->wanted);
	placement_free(&j->own);
	free(j->unfit);
	free(j->name);
	free(j->user);
	free(j->from);
	free(j->chosen);
	free(j->to);
	free(j);
}

static int add(struct migration *m, const struct job_entry *job, struct error *e)
{
	struct migrant **grown = reallocarray(m->migrants, m->count + 1, sizeof(*grown));
	struct migrant *j = grown ? migrant_new(m, job) : NULL;

	if (grown)
		m->migrants = grown;
	if (!j)
		return error_sys(e, "jobs");
	grown[m->count++] = j;
	if (!j->name || !j->user || !j->from || !j->chosen)
		return error_sys(e, "jobs");
	migrant_check(m, j, job);
	return 0;
}

int migration_find(struct migration *m, struct error *e)
{
	for (size_t i = 0; i < m->table.count; i++) {
		const struct job_entry *job = &m->table.jobs[i];

		if (job->phase == JOB_RUNS && is_meant(m, job) && !is_known(m, job) &&
		    add(m, job, e) < 0)
			return -1;
	}
	return 0;
}

int migration_look(struct migration *m, struct error *e)
{
	if (job_table_load(&m->table, e) < 0)
		return -1;
	return node_table_load(&m->cluster, e);
}

/* ---- moving them ---- */

/* Something is about to happen with it. */
static bool is_flying(const struct migrant *j)
{
	return (j->state != MIGRANT_WAITS || j->refused > 0) && !migrant_is_over(j);
}

/*
 * Those that are being saved. One that does not answer in the time that a checkpoint may
 * take gives its place to others; what becomes of it is told when it is known.
 */
static size_t count_dumps(const struct migration *m)
{
	double oldest = seconds_now() - m->s->conf.dump_timeout - LATE;
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++)
		n += m->migrants[i]->state == MIGRANT_SAVES &&
		     m->migrants[i]->times.asked > oldest;
	return n;
}

/* By all, each of which counts once, however often it says that it was saved. */
static uint64_t written(const struct migration *m)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < m->count; i++)
		bytes += m->migrants[i]->bytes;
	return bytes;
}

static void act(struct migration *m, struct migrant *j)
{
	size_t dumps = count_dumps(m);

	switch (j->verdict.act) {
	case MIGRATE_MOVE:
		if (!migrate_may_begin(&m->s->pace, (unsigned int)dumps, written(m),
				       seconds_now() - m->began))
			return;
		migrant_ask(m, j);
		if (j->state == MIGRANT_WAITS)
			return;
		break;
	case MIGRATE_REQUEUE:
		migrant_requeue(m, j);
		break;
	case MIGRATE_CANCEL:
		migrant_cancel(m, j);
		break;
	case MIGRATE_SKIP:
	case MIGRATE_FAIL:
		j->state = MIGRANT_STAYS;
		break;
	case MIGRATE_WAIT:
	case MIGRATE_ACTS:
		if (j->told == j->verdict.why)
			return;
		j->told = j->verdict.why;
		break;
	}
	display_changed(m, j);
}

static void follow(struct migration *m, struct migrant *j)
{
	const struct job_entry *now = job_table_find(&m->table, j->id);
	enum migrant_state before = j->state;

	if (migrant_is_over(j))
		return;
	migrant_follow(m, j, now);
	if (j->state != before)
		display_changed(m, j);
	if (j->state == MIGRANT_WAITS && !j->protected && now &&
	    time(NULL) - now->begin < YOUNG)
		migrant_check(m, j, now);
	if (migrant_is_over(j) && j->pinned)
		migrant_unpin(j);
}

/* A look at slurmctld, and what follows from it. */
static int pass(struct migration *m, struct error *e)
{
	if (migration_look(m, e) < 0)
		return -1;
	drain_tell(m);
	for (size_t i = 0; i < m->count; i++)
		follow(m, m->migrants[i]);
	if (migration_find(m, e) < 0 || outlook_take(m, e) < 0)
		return -1;
	for (size_t i = 0; i < m->count; i++) {
		if (m->migrants[i]->state == MIGRANT_WAITS)
			act(m, m->migrants[i]);
	}
	return 0;
}

static int read_events(void *arg, struct error *e)
{
	struct migration *m = arg;

	(void)e;

	for (size_t i = 0; i < m->count; i++) {
		struct migrant *j = m->migrants[i];
		enum migrant_state before = j->state;

		if (is_flying(j))
			migrant_read_events(m, j);
		if (j->state != before)
			display_changed(m, j);
	}
	return 0;
}

static int second_passed(void *arg, struct error *e)
{
	struct migration *m = arg;
	long passed = watch_seconds(m->watch);
	bool flying = false;

	if (read_events(m, e) < 0)
		return -1;
	for (size_t i = 0; i < m->count; i++)
		flying = flying || is_flying(m->migrants[i]);
	m->late = m->s->timeout && seconds_now() - m->began >= (double)m->s->timeout;
	display_tick(m);
	return flying || passed % IDLE == 0 ? pass(m, e) : 0;
}

/* Nothing is left to be done, or to be waited for. */
static bool is_done(const struct migration *m)
{
	bool stays = false;

	for (size_t i = 0; i < m->count; i++) {
		if (!migrant_is_over(m->migrants[i]))
			return false;
		stays = stays || m->migrants[i]->state == MIGRANT_STAYS;
	}
	return stays || !*m->nodelist || drain_is_empty(m);
}

int migration_run(struct migration *m, struct error *e)
{
	int rc;

	m->watch = watch_new(read_events, second_passed, m, e);
	if (!m->watch)
		return -1;
	rc = pass(m, e);
	while (rc == 0 && !m->late && !is_done(m))
		rc = watch_once(m->watch, e);
	for (size_t i = 0; i < m->count; i++) {
		if (m->migrants[i]->pinned)
			migrant_unpin(m->migrants[i]);
	}
	return rc;
}

int migration_status(const struct migration *m)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < m->count; i++) {
		switch (m->migrants[i]->state) {
		case MIGRANT_STAYS:
		case MIGRANT_LOST:
			status = EXIT_FAILED;
			break;
		case MIGRANT_PENDING:
			/* A node is empty all the same. */
			if (!*m->nodelist)
				status = EXIT_FAILED;
			break;
		default:
			break;
		}
	}
	return m->late ? EXIT_TIMED_OUT : status;
}

/* ---- beginning and end ---- */

int migration_init(struct migration *m, const struct smigrate *s, struct error *e)
{
	*m = (struct migration){ .s = s, .began = seconds_now(), .nodelist = strdup("") };
	return m->nodelist ? migration_look(m, e) : error_sys(e, "jobs");
}

void migration_free(struct migration *m)
{
	for (size_t i = 0; i < m->count; i++)
		migrant_free(m->migrants[i]);
	free(m->migrants);
	free(m->room);
	free(m->nodelist);
	free(m->emptied);
	outlook_free(m);
	watch_free(m->watch);
	hosts_free(&m->nodes);
	jobspec_free(&m->jobs);
	job_table_free(&m->table);
	node_table_free(&m->cluster);
}
