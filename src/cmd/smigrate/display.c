// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * display - a line for each thing that happens; on a terminal, below them, one for each
 * job that is on its way, which is kept up to date.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/smigrate/migration.h"

static const char *const states[] = {
	[MIGRANT_WAITS] = "waits",	 [MIGRANT_SAVES] = "saves",
	[MIGRANT_LEAVES] = "leaves",	 [MIGRANT_QUEUED] = "queued",
	[MIGRANT_STARTS] = "starts",	 [MIGRANT_MOVED] = "moved",
	[MIGRANT_HELD] = "held",	 [MIGRANT_PENDING] = "pending",
	[MIGRANT_REQUEUED] = "requeued", [MIGRANT_CANCELLED] = "cancelled",
	[MIGRANT_ENDED] = "ended",	 [MIGRANT_STAYS] = "stays",
	[MIGRANT_LOST] = "lost",
};

static bool is_live(const struct migration *m)
{
	return !m->s->quiet && !m->s->json && isatty(STDERR_FILENO);
}

static int shown; /* lines that are kept up to date, on the terminal */

static void clear(const struct migration *m)
{
	if (is_live(m) && shown > 0)
		fprintf(stderr, "\r\033[%dA\033[J", shown);
	shown = 0;
}

void display_say(const struct migration *m, const char *format, ...)
{
	va_list ap;

	if (m->s->quiet || m->s->json)
		return;
	clear(m);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* Without the name of the job, which some sentences begin with. */
static const char *sentence(const struct migrant *j)
{
	size_t length = strlen(j->name);

	if (!strncmp(j->why.text, "job ", 4) &&
	    !strncmp(j->why.text + 4, j->name, length) &&
	    !strncmp(j->why.text + 4 + length, " ", 1))
		return j->why.text + 4 + length + 1;
	return j->why.text;
}

/* A sentence about a job that is not done with as was asked. */
static void complain_of(const struct migration *m, const struct migrant *j,
			const char *what)
{
	struct error e;

	error_set(&e, "job %s: %s%s", j->name, sentence(j), what);
	clear(m);
	(void)complain(&e);
}

static double between(double from, double to)
{
	return from > 0 && to > from ? to - from : 0;
}

static void moved(const struct migration *m, const struct migrant *j)
{
	const struct migrant_times *t = &j->times;

	if (!j->reader) {
		display_say(m, "job %s: continues on %s", j->name, j->to);
		return;
	}
	display_say(
		m,
		"job %s: continues on %s after %.1f s: saved in %.1f, off its node in "
		"%.1f, started in %.1f, restored in %.1f",
		j->name, j->to, between(t->asked, t->restored),
		between(t->asked, t->saved), between(t->saved, t->queued),
		between(t->queued, t->started), j->restore);
}

void display_changed(const struct migration *m, const struct migrant *j)
{
	switch (j->state) {
	case MIGRANT_SAVES:
		display_say(m, "job %s: is asked to leave %s%s%s", j->name, j->from,
			    j->to ? ", for " : "", j->to ? j->to : "");
		break;
	case MIGRANT_LEAVES:
		display_say(m, "job %s: generation %u: %s in %.3f s; leaves %s", j->name,
			    j->generation, str_size(j->bytes).text, j->dump, j->from);
		if (j->why.text[0])
			complain_of(m, j, "");
		break;
	case MIGRANT_MOVED:
		moved(m, j);
		break;
	case MIGRANT_HELD:
		display_say(m, "job %s: is held", j->name);
		break;
	case MIGRANT_PENDING:
		display_say(m, "job %s: waits in the queue", j->name);
		break;
	case MIGRANT_REQUEUED:
		display_say(m, "job %s: requeued, and starts over", j->name);
		break;
	case MIGRANT_CANCELLED:
		display_say(m, "job %s: cancelled", j->name);
		break;
	case MIGRANT_ENDED:
		display_say(m, "job %s: has left by itself", j->name);
		break;
	case MIGRANT_STAYS:
		complain_of(m, j, "; it stays on its node");
		break;
	case MIGRANT_LOST:
		complain_of(m, j, "");
		break;
	case MIGRANT_WAITS:
		display_say(m, "job %s: stays on %s for now: %s", j->name, j->from,
			    sentence(j));
		break;
	case MIGRANT_QUEUED:
	case MIGRANT_STARTS:
		break;
	}
}

/* ---- what is being done ---- */

/* Lines that there is room for, less those around them. */
static int room(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < 8)
		return 5;
	return size.ws_row - 3;
}

static void show(const struct migrant *j)
{
	double began = j->times.asked > 0 ? j->times.asked : j->found;

	fprintf(stderr, "%-12s %-8s %8s %7.0f s  %s -> %s\n", j->name, states[j->state],
		str_size(j->bytes).text, seconds_now() - began, j->from,
		j->to ? j->to : "?");
	shown++;
}

void display_tick(const struct migration *m)
{
	size_t over = 0, waits = 0;
	int lines = room();

	if (!is_live(m))
		return;
	clear(m);
	for (size_t i = 0; i < m->count; i++) {
		const struct migrant *j = m->migrants[i];

		over += migrant_is_over(j);
		waits += j->state == MIGRANT_WAITS;
		if (!migrant_is_over(j) && j->state != MIGRANT_WAITS && shown < lines)
			show(j);
	}
	fprintf(stderr, "%.0f s: %zu of %zu jobs done, %zu wait\n",
		seconds_now() - m->began, over, m->count, waits);
	shown++;
	fflush(stderr);
}

/* ---- the plan ---- */

static void plan_line(const struct migration *m, const struct migrant *j)
{
	const char *act = migrate_word(j->verdict.act);

	if (j->verdict.act == MIGRATE_MOVE && j->to)
		display_say(m, "job %s: %s from %s to %s, at once", j->name, act, j->from,
			    j->to);
	else if (j->start && j->verdict.act != MIGRATE_MOVE && j->protected)
		display_say(m, "job %s: %s on %s: %s; Slurm would start it at %s",
			    j->name, act, j->from, j->why.text,
			    time_text((unsigned long long)j->start));
	else
		display_say(m, "job %s: %s on %s%s%s", j->name, act, j->from,
			    j->why.text[0] ? ": " : "", sentence(j));
}

void display_plan(const struct migration *m)
{
	for (size_t i = 0; i < m->count; i++)
		plan_line(m, m->migrants[i]);
	if (m->count == 0)
		display_say(m, "no job runs there");
}

/* ---- --json ---- */

static void add_times(struct json_object *o, const struct migrant *j)
{
	const struct migrant_times *t = &j->times;

	json_seconds(o, "dump", between(t->asked, t->saved));
	json_seconds(o, "requeue", between(t->saved, t->queued));
	json_seconds(o, "schedule", between(t->queued, t->started));
	json_seconds(o, "restore", j->restore);
	json_seconds(o, "seconds", between(t->asked, t->restored));
}

static void add_migrant(struct json_object *jobs, const struct migrant *j)
{
	struct json_object *o = json_add_job(jobs, j->name, j->user);

	json_text(o, "from", j->from);
	json_text(o, "to", j->to);
	json_text(o, "act", migrate_word(j->verdict.act));
	json_text(o, "state", states[j->state]);
	json_text(o, "why", j->why.text[0] ? j->why.text : NULL);
	json_number(o, "start", j->start < 0 ? 0 : (unsigned long long)j->start);
	json_number(o, "generation", j->generation);
	json_number(o, "bytes", j->bytes);
	add_times(o, j);
}

struct json_object *display_json_new(void)
{
	struct json_object *all = json_object_new_object();

	json_object_object_add(all, "jobs", json_object_new_array());
	json_object_object_add(all, "nodes", json_object_new_array());
	return all;
}

void display_json_add(struct json_object *all, const struct migration *m)
{
	struct json_object *jobs = json_object_object_get(all, "jobs");
	struct json_object *nodes = json_object_object_get(all, "nodes");

	for (size_t i = 0; i < m->count; i++)
		add_migrant(jobs, m->migrants[i]);
	for (size_t i = 0; i < m->nodes.count; i++) {
		const struct node_entry *node =
			node_table_find(&m->cluster, m->nodes.names[i]);
		struct json_object *o = json_object_new_object();

		json_text(o, "node", m->nodes.names[i]);
		json_object_object_add(o, "empty",
				       json_object_new_boolean(node && !node->busy));
		json_object_object_add(o, "drain",
				       json_object_new_boolean(node && node->drain));
		json_seconds(o, "seconds", m->emptied[i]);
		json_text(o, "reason", node ? node->reason : NULL);
		json_object_array_add(nodes, o);
	}
}
