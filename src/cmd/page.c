// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/chart.h"
#include "cmd/html.h"
#include "cmd/report.h"
#include "cmd/style.h"

/* Of the events that are listed, the newest. */
#define ROWS_MAX 300

/* ---- sums ---- */

struct sums {
	struct history all; /* only its numbers */
	size_t runs;
};

static struct sums add_up(const struct life *lives, size_t count)
{
	struct sums s = { .runs = 0 };

	for (size_t i = 0; i < count; i++) {
		const struct history *h = &lives[i].history;

		s.runs += h->nruns;
		s.all.restarts += h->restarts;
		s.all.checkpoints += h->checkpoints;
		s.all.failures += h->failures;
		s.all.deaths += h->deaths;
		s.all.bytes += h->bytes;
		s.all.total += h->total;
		s.all.useful += h->useful;
		s.all.stopped += h->stopped;
		s.all.restoring += h->restoring;
		s.all.lost += h->lost;
	}
	return s;
}

static void tile(FILE *out, const char *value, const char *what)
{
	fprintf(out, "<div class='tile'><b>%s</b><span>%s</span></div>\n", value, what);
}

static void tile_count(FILE *out, size_t value, const char *one, const char *many)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu", value);
	tile(out, text, value == 1 ? one : many);
}

static void write_tiles(FILE *out, const struct sums *s, size_t jobs, size_t nodes)
{
	fputs("<div class='tiles'>\n", out);
	tile(out, html_duration(s->all.total).text, "on nodes");
	tile(out, html_percent(history_share(&s->all)).text, "of it useful");
	if (jobs > 1)
		tile_count(out, jobs, "job", "jobs");
	tile_count(out, s->runs, "run", "runs");
	tile_count(out, nodes, "node", "nodes");
	tile_count(out, s->all.checkpoints, "checkpoint", "checkpoints");
	tile(out, str_size(s->all.bytes).text, "written");
	tile_count(out, s->all.restarts, "restart", "restarts");
	tile_count(out, s->all.failures, "failed checkpoint", "failed checkpoints");
	tile_count(out, s->all.deaths, "run cut short", "runs cut short");
	fputs("</div>\n", out);
}

static void write_split(FILE *out, const struct history *h)
{
	const struct {
		const char *name, *meaning;
		double seconds;
	} parts[] = {
		{ "useful", "useful work", h->useful },
		{ "stopped", "stopped for checkpoints", h->stopped },
		{ "restoring", "restores", h->restoring },
		{ "lost", "work lost, and done twice", h->lost },
	};

	if (h->total <= 0)
		return;
	fputs("<div class='split'>", out);
	for (size_t i = 0; i < 4; i++)
		fprintf(out, "<i class='%s' style='width:%.3f%%'></i>", parts[i].name,
			parts[i].seconds / h->total * 100);
	fputs("</div>\n<ul class='key'>\n", out);
	for (size_t i = 0; i < 4; i++)
		fprintf(out, "<li><span class='dot %s'></span>%s: %s, %s</li>\n",
			parts[i].name, parts[i].meaning,
			html_duration(parts[i].seconds).text,
			html_percent(parts[i].seconds / h->total).text);
	fputs("</ul>\n", out);
}

/* ---- legend ---- */

static void write_legend(FILE *out, const struct chart_summary *summary)
{
	fputs("<ul class='key marks'>\n", out);
	for (unsigned int i = 0; i < SYMBOLS; i++) {
		if (!summary->used[i])
			continue;
		fputs("<li><svg viewBox='0 0 16 16' aria-hidden='true'>", out);
		symbol_draw(out, (enum symbol)i, 8, 8, 16, NULL);
		fprintf(out, "</svg>%s</li>\n", symbol_meaning((enum symbol)i));
	}
	if (summary->lost)
		fputs("<li><svg viewBox='0 0 16 16' aria-hidden='true'><rect "
		      "class='hatch' width='16' height='16'/></svg>work lost</li>\n",
		      out);
	fputs("</ul>\n", out);
	if (summary->left_out)
		fprintf(out,
			"<p class='sub'>Runs that are not drawn, since their times "
			"cannot be, or there are too many: %zu</p>\n",
			summary->left_out);
}

/* ---- the table of jobs ---- */

static const struct history_event *last_end(const struct history *h)
{
	for (size_t i = h->nevents; i > 0; i--) {
		if (h->events[i - 1].type == EVENT_END)
			return &h->events[i - 1];
		if (h->events[i - 1].type == EVENT_RESTART ||
		    h->events[i - 1].type == EVENT_START)
			break;
	}
	return NULL;
}

static void print_state(FILE *out, const struct life *life)
{
	const struct history *h = &life->history;
	const struct history_event *end = last_end(h);
	const struct history_run *last = h->nruns ? &h->runs[h->nruns - 1] : NULL;

	if (life->runs)
		fputs("runs", out);
	else if (life->waits)
		fputs("waits", out);
	else if (end && WIFSIGNALED(end->status))
		fprintf(out, "signal %d", WTERMSIG(end->status));
	else if (end && end->status)
		fprintf(out, "exit status %d", WEXITSTATUS(end->status));
	else if (end)
		fputs("ended", out);
	else if (last && last->how_ended == RUN_LEFT)
		fputs("left its node", out);
	else if (last && last->how_ended == RUN_DIED)
		fputs("cut short", out);
	else
		fputs("unknown", out);
}

static void write_job(FILE *out, const struct life *life, size_t index)
{
	const struct history *h = &life->history;
	double share = history_share(h);

	fprintf(out,
		"<tr><td><span class='dot' style='background:hsl(%u var(--sat) "
		"var(--edge))'></span> %s</td><td>",
		chart_hue(index), life->name);
	html_text(out, life->user);
	fputs("</td><td>", out);
	html_text(out, life->partition);
	fputs("</td><td>", out);
	print_state(out, life);
	fprintf(out,
		"</td><td class='n'>%zu</td><td class='n'>%zu</td><td class='n'>%zu</td>"
		"<td class='n'>%zu</td><td class='n'>%zu</td><td class='n'>%zu</td><td "
		"class='n'>%s</td>",
		h->nruns, h->nnodes, h->restarts, h->checkpoints, h->failures, h->deaths,
		str_size(h->bytes).text);
	fprintf(out,
		"<td class='n'>%s</td><td class='n'>%s</td><td class='n'>%s</td>"
		"<td class='n'>%s</td><td class='n'>%s</td>",
		str_size(life->stored).text, html_duration(h->total).text,
		html_duration(h->stopped).text, html_duration(h->restoring).text,
		html_duration(h->lost).text);
	fprintf(out,
		"<td class='n'><span class='share'><i style='width:%.1f%%'></i></span>%s"
		"</td></tr>\n",
		share * 100, html_percent(share).text);
}

static void write_jobs(FILE *out, const struct life *lives, size_t count)
{
	fputs("<h2>Jobs</h2>\n<div class='scroll'><table><thead><tr><th>Job</th>"
	      "<th>User</th><th>Partition</th><th>State</th><th class='n'>Runs</th>"
	      "<th class='n'>Nodes</th><th class='n'>Restarts</th>"
	      "<th class='n'>Checkpoints</th><th class='n'>Failed</th>"
	      "<th class='n'>Cut short</th><th class='n'>Written</th><th "
	      "class='n'>Kept</th>"
	      "<th class='n'>On nodes</th><th class='n'>Stopped</th>"
	      "<th class='n'>Restoring</th><th class='n'>Lost</th>"
	      "<th class='n'>Useful</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < count; i++)
		write_job(out, &lives[i], i);
	fputs("</tbody></table></div>\n", out);
}

/* ---- the table of events ---- */

struct listed {
	const struct life *life;
	const struct history_event *event;
};

/* Of one job everything; of many what went wrong. */
static bool is_listed(const struct history_event *event, size_t jobs)
{
	return jobs == 1 || event->type == EVENT_FAILED || event->type == EVENT_REFUSED ||
	       event->type == EVENT_HELD || event->type == EVENT_UNPROTECTED;
}

static int newest_first(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->life == y->life)
		return (x->event < y->event) - (x->event > y->event);
	return (x->event->time < y->event->time) - (x->event->time > y->event->time);
}

static struct listed *collect(const struct life *lives, size_t count, size_t *listed,
			      struct error *e)
{
	struct listed *list;
	size_t room = 1;

	*listed = 0;
	for (size_t i = 0; i < count; i++)
		room += lives[i].history.nevents;
	list = calloc(room, sizeof(*list));
	if (!list) {
		error_sys(e, "report");
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		const struct history *h = &lives[i].history;

		for (size_t k = 0; k < h->nevents; k++) {
			if (is_listed(&h->events[k], count))
				list[(*listed)++] =
					(struct listed){ &lives[i], &h->events[k] };
		}
	}
	return list;
}

static void write_numbers(FILE *out, const struct history_event *ev)
{
	bool saved = ev->type == EVENT_CHECKPOINT;

	fputs("<td class='n'>", out);
	if (ev->generation)
		fprintf(out, "%u", ev->generation);
	fputs("</td><td class='n'>", out);
	if (saved || ev->type == EVENT_RESTART || ev->type == EVENT_INTERVAL)
		fputs(html_duration(ev->seconds).text, out);
	fputs("</td><td class='n'>", out);
	if (saved)
		fputs(str_size(ev->bytes).text, out);
	fputs("</td>", out);
}

static void write_event(FILE *out, const struct listed *l)
{
	const struct history_event *ev = l->event;

	fprintf(out, "<tr><td>%s</td><td>%s</td><td>", html_time(ev->time).text,
		l->life->name);
	html_text(out, ev->node);
	fprintf(out, "</td><td>%s</td>", event_name(ev->type));
	write_numbers(out, ev);
	fputs("<td>", out);
	html_text(out, ev->reason);
	fputs("</td><td class='why'>", out);
	if (ev->type == EVENT_END && WIFSIGNALED(ev->status))
		fprintf(out, "signal %d ", WTERMSIG(ev->status));
	else if (ev->type == EVENT_END)
		fprintf(out, "exit status %d ", WEXITSTATUS(ev->status));
	if (ev->text)
		html_text(out, ev->text);
	fputs("</td></tr>\n", out);
}

static int write_events(FILE *out, const struct life *lives, size_t count,
			struct error *e)
{
	size_t listed;
	cleanup_free struct listed *list = collect(lives, count, &listed, e);

	if (!list || listed == 0)
		return list ? 0 : -1;
	qsort(list, listed, sizeof(*list), newest_first);
	fprintf(out,
		"<h2>%s</h2>\n<div class='scroll'><table><thead><tr><th>Time</th>"
		"<th>Job</th><th>Node</th><th>Event</th><th class='n'>Checkpoint</th><th "
		"class='n'>Took</th><th "
		"class='n'>Size</th><th>Reason</th><th></th></tr></thead><tbody>\n",
		count == 1 ? "Events" : "What went wrong");
	for (size_t i = 0; i < listed && i < ROWS_MAX; i++)
		write_event(out, &list[i]);
	fputs("</tbody></table></div>\n", out);
	if (listed > ROWS_MAX)
		fprintf(out, "<p class='sub'>%zu older ones are not listed.</p>\n",
			listed - ROWS_MAX);
	return 0;
}

/* ---- the page ---- */

static void write_head(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
	      "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
	      "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'\">\n<title>",
	      out);
	html_text(out, title);
	fputs("</title>\n<style>\n", out);
	fputs(style, out);
	fputs("</style>\n</head>\n<body>\n", out);
	symbol_define(out);
	fputs("<h1>", out);
	html_text(out, title);
	fputs("</h1>\n", out);
}

static void write_span(FILE *out, const struct chart_summary *summary)
{
	if (summary->nodes == 0)
		fputs("<p class='sub'>Nothing has run.</p>\n", out);
	else
		fprintf(out, "<p class='sub'>%s to %s</p>\n",
			html_time(summary->first).text, html_time(summary->last).text);
}

/* The chart, which tells what stands above it; owned by the caller. */
static char *draw_chart(const struct life *lives, size_t count, double now,
			struct chart_summary *summary, struct error *e)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int rc;

	if (!f) {
		error_sys(e, "report");
		return NULL;
	}
	rc = chart_write(f, lives, count, now, summary, e);
	if (fclose(f) != 0)
		rc = error_sys(e, "report");
	if (rc == 0)
		return text;
	free(text);
	return NULL;
}

int report_write(FILE *out, const struct life *lives, size_t count, const char *title,
		 double now, struct error *e)
{
	struct chart_summary summary;
	cleanup_free char *chart = draw_chart(lives, count, now, &summary, e);
	struct sums sums = add_up(lives, count);

	if (!chart)
		return -1;
	write_head(out, title);
	write_span(out, &summary);
	write_tiles(out, &sums, count, summary.nodes);
	write_split(out, &sums.all);
	fputs("<h2>Nodes over time</h2>\n", out);
	fputs(chart, out);
	write_legend(out, &summary);
	write_jobs(out, lives, count);
	if (write_events(out, lives, count, e) < 0)
		return -1;
	fprintf(out,
		"<footer>scheckpoint report, slurm-checkpoint " VERSION ", %s. Of a run "
		"that was cut short, the time after the last that was heard of it is not "
		"known.</footer>\n</body>\n</html>\n",
		html_time(now).text);
	return ferror(out) ? error_sys(e, "report") : 0;
}
