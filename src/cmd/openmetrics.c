// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/openmetrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define PREFIX "slurm_checkpoint_"

/*
 * Reasons come from files of the users, who could make any number of them: each is one of
 * these, or the last.
 */
static const char *const reasons[] = { "interval", "request", "preemption", "time-limit",
				       "requeue",  "vacate",  "other" };

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

struct by_reason {
	double checkpoints, seconds, bytes, failures;
};

/* All jobs of a user. */
struct sums {
	const char *user;
	struct by_reason by_reason[REASONS];
	double restarts, deaths, jobs, running, stored;
	double total, useful, stopped, restoring, lost;
};

/* ---- sums ---- */

static struct by_reason *find_reason(struct sums *sums, const char *reason)
{
	size_t i = 0;

	while (i < REASONS - 1 && strcmp(reasons[i], reason) != 0)
		i++;
	return &sums->by_reason[i];
}

static void add_events(struct sums *sums, const struct history *h)
{
	for (size_t i = 0; i < h->nevents; i++) {
		const struct history_event *ev = &h->events[i];
		struct by_reason *by = find_reason(sums, ev->reason);

		if (ev->type == EVENT_FAILED)
			by->failures++;
		if (ev->type != EVENT_CHECKPOINT)
			continue;
		by->checkpoints++;
		by->seconds += ev->seconds;
		by->bytes += (double)ev->bytes;
	}
}

static void add_life(struct sums *sums, const struct life *life)
{
	const struct history *h = &life->history;

	add_events(sums, h);
	sums->restarts += (double)h->restarts;
	sums->deaths += (double)h->deaths;
	sums->total += h->total;
	sums->useful += h->useful;
	sums->stopped += h->stopped;
	sums->restoring += h->restoring;
	sums->lost += h->lost;
	sums->jobs += life->generations > 0;
	sums->running += life->runs;
	sums->stored += (double)life->stored;
}

static int by_user(const void *a, const void *b)
{
	const struct life *const *x = a, *const *y = b;

	return strcmp((*x)->user, (*y)->user);
}

/* One for each user, in the order of their names. */
static int add_up(const struct life *lives, size_t count, struct sums **sums,
		  size_t *users, struct error *e)
{
	cleanup_free const struct life **sorted =
		calloc(count + 1, sizeof(struct life *));

	*users = 0;
	*sums = calloc(count + 1, sizeof(**sums));
	if (!*sums || !sorted)
		return error_sys(e, "metrics");
	for (size_t i = 0; i < count; i++)
		sorted[i] = &lives[i];
	qsort(sorted, count, sizeof(struct life *), by_user);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(sorted[i]->user, sorted[i - 1]->user) != 0)
			(*sums)[(*users)++].user = sorted[i]->user;
		add_life(&(*sums)[*users - 1], sorted[i]);
	}
	return 0;
}

/* ---- text ---- */

void openmetrics_label(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			putc(*text, out);
	}
}

struct family {
	const char *name, *type, *unit, *help; /* unit is "" or ends the name */
	bool by_reason; /* of struct by_reason, not of struct sums: */
	size_t member;	/* offset of a double */
};

#define OF_USER(member)	  false, offsetof(struct sums, member)
#define OF_REASON(member) true, offsetof(struct by_reason, member)

/* Useful time can turn out to be lost, so it is no counter. */
static const struct family families[] = {
	{ "checkpoints", "counter", "", "Checkpoints that were taken.",
	  OF_REASON(checkpoints) },
	{ "checkpoint_seconds", "counter", "seconds", "Time that checkpoints took.",
	  OF_REASON(seconds) },
	{ "checkpoint_bytes", "counter", "bytes", "Size of the checkpoints when taken.",
	  OF_REASON(bytes) },
	{ "failures", "counter", "", "Checkpoints that were asked for and not taken.",
	  OF_REASON(failures) },
	{ "restarts", "counter", "", "Times that jobs continued from a checkpoint.",
	  OF_USER(restarts) },
	{ "cut_short_runs", "counter", "",
	  "Runs that ended without a word: the node died, or the job was killed.",
	  OF_USER(deaths) },
	{ "node_seconds", "counter", "seconds", "Time of jobs on nodes.",
	  OF_USER(total) },
	{ "stopped_seconds", "counter", "seconds",
	  "Time on nodes in which jobs stood for checkpoints.", OF_USER(stopped) },
	{ "restoring_seconds", "counter", "seconds", "Time on nodes spent in restores.",
	  OF_USER(restoring) },
	{ "lost_seconds", "counter", "seconds",
	  "Time on nodes for work that was lost, and done again.", OF_USER(lost) },
	{ "useful_seconds", "gauge", "seconds", "Time on nodes for work that counts.",
	  OF_USER(useful) },
	{ "stored_bytes", "gauge", "bytes", "Size of the checkpoints that are kept.",
	  OF_USER(stored) },
	{ "jobs", "gauge", "", "Jobs of which checkpoints are kept.", OF_USER(jobs) },
	{ "running_jobs", "gauge", "", "Checkpointed jobs that run.", OF_USER(running) },
};

static double value_of(const void *sums, size_t member)
{
	return *(const double *)((const char *)sums + member);
}

static void write_sample(FILE *out, const struct family *family, const char *cluster,
			 const char *user, const char *reason, double value)
{
	fprintf(out, PREFIX "%s%s{cluster=\"", family->name,
		strcmp(family->type, "counter") ? "" : "_total");
	openmetrics_label(out, cluster);
	fputs("\",user=\"", out);
	openmetrics_label(out, user);
	if (reason)
		fprintf(out, "\",reason=\"%s", reason);
	fprintf(out, "\"} %.*f\n", strcmp(family->unit, "seconds") ? 0 : 3, value);
}

/* A reason that never occurred with a user has no sample. */
static void write_by_reason(FILE *out, const struct family *family, const char *cluster,
			    const struct sums *sums)
{
	for (size_t i = 0; i < REASONS; i++) {
		const struct by_reason *by = &sums->by_reason[i];

		if (by->checkpoints > 0 || by->failures > 0)
			write_sample(out, family, cluster, sums->user, reasons[i],
				     value_of(by, family->member));
	}
}

static void write_family(FILE *out, const struct family *family, const char *cluster,
			 const struct sums *sums, size_t users)
{
	fprintf(out, "# TYPE " PREFIX "%s %s\n", family->name, family->type);
	if (*family->unit)
		fprintf(out, "# UNIT " PREFIX "%s %s\n", family->name, family->unit);
	fprintf(out, "# HELP " PREFIX "%s %s\n", family->name, family->help);
	for (size_t i = 0; i < users; i++) {
		if (family->by_reason)
			write_by_reason(out, family, cluster, &sums[i]);
		else
			write_sample(out, family, cluster, sums[i].user, NULL,
				     value_of(&sums[i], family->member));
	}
}

int openmetrics_write(FILE *out, const struct life *lives, size_t count,
		      const char *cluster, struct error *e)
{
	cleanup_free struct sums *sums = NULL;
	size_t users;

	if (add_up(lives, count, &sums, &users, e) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		write_family(out, &families[i], cluster, sums, users);
	fputs("# EOF\n", out);
	return ferror(out) ? error_sys(e, "metrics") : 0;
}
