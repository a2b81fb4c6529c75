// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/chart.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/html.h"
#include "cmd/layout.h"

#define MARK_APART 5.0	/* marks that are nearer become one */
#define CROWDED	   16.0 /* height of a lane below which there is much to see */

unsigned int chart_hue(size_t index)
{
	/* Apart from one another and from red, which is for what went wrong. */
	static const unsigned int hues[] = { 212, 38, 150, 282, 186, 88, 322, 245 };
	const size_t count = sizeof(hues) / sizeof(hues[0]);

	/* Then by the golden angle, which never comes near to where it was. */
	return index < count
		       ? hues[index]
		       : (unsigned int)((double)(index % 10000) * 137.508) % 330 + 20;
}

/* ---- the ground ---- */

static void draw_row(const struct chart *c, size_t i)
{
	const struct row *row = &c->rows[i];

	if (i % 2 == 0)
		fprintf(c->out,
			"<rect class='row' x='0' y='%.1f' width='%.0f' "
			"height='%.1f'/>\n",
			row->y, LAYOUT_WIDTH, row->height);
	fprintf(c->out, "<text class='node' x='10' y='%.1f'>", row->y + row->height / 2);
	if (strlen(row->node) <= LAYOUT_NAME_MAX) {
		html_text(c->out, row->node);
	} else {
		/* Cut between the characters of UTF-8, if there are such. */
		int length = LAYOUT_NAME_MAX - 2;
		cleanup_free char *part = NULL;

		while (length > 0 && (row->node[length] & 0xc0) == 0x80)
			length--;
		part = strndup(row->node, (size_t)length);
		html_text(c->out, part ? part : "");
		fputs("…<title>", c->out);
		html_text(c->out, row->node);
		fputs("</title>", c->out);
	}
	fputs("</text>\n", c->out);
}

static void draw_time(const struct chart *c, double time, struct axis_label *last)
{
	double x = axis_x(&c->axis, time);
	struct axis_label above = axis_label_above(&c->axis, time);

	fprintf(c->out, "<path class='grid' d='M%.1f %.0fV%.1f'/>", x, LAYOUT_TOP,
		c->height);
	fprintf(c->out, "<text class='time' x='%.1f' y='%.0f'>%s</text>", x,
		LAYOUT_TOP - 7, axis_label(&c->axis, time).text);
	if (strcmp(above.text, last->text) != 0)
		fprintf(c->out, "<text class='date' x='%.1f' y='%.0f'>%s</text>", x,
			LAYOUT_TOP - 21, above.text);
	*last = above;
	putc('\n', c->out);
}

static void draw_ground(const struct chart *c)
{
	struct axis_label last = { "" };

	for (size_t i = 0; i < c->nrows; i++)
		draw_row(c, i);
	for (unsigned int i = 0; i < c->axis.marks; i++)
		draw_time(c, c->axis.mark + i * c->axis.step, &last);
}

/* ---- bars ---- */

static const char *how_begun(const struct history_run *run)
{
	static const char *const words[] = {
		[RUN_STARTED] = "Started",
		[RUN_RESTARTED] = "Went on from checkpoint",
		[RUN_UNPROTECTED] = "Runs unprotected",
		[RUN_FOUND] = "Its beginning is not known",
	};

	return words[run->how_begun];
}

static void print_end(FILE *f, const struct history_run *run, bool runs)
{
	static const char *const words[] = {
		[RUN_OPEN] = "This is the last that is known",
		[RUN_LEFT] = "Saved, and off the node",
		[RUN_STAYED] = "Saved, and restored on the spot",
		[RUN_ENDED] = "Ended",
		[RUN_DIED] = "Cut short: the node died, or the job was killed",
		[RUN_UNSEEN] = "Its end is not known",
	};

	if (run->how_ended == RUN_OPEN && runs)
		fputs("Runs", f);
	else if (run->how_ended != RUN_ENDED)
		fputs(words[run->how_ended], f);
	else if (WIFSIGNALED(run->status))
		fprintf(f, "Ended by signal %d", WTERMSIG(run->status));
	else
		fprintf(f, "Ended with exit status %d", WEXITSTATUS(run->status));
}

static void print_bar_title(FILE *out, const struct life *life,
			    const struct history_run *run)
{
	fprintf(out, "<title>job %s of ", life->name);
	html_text(out, life->user);
	fputs(" on ", out);
	html_text(out, run->node);
	fprintf(out, "\n%s to %s, %s\n", html_time(run->begin).text,
		html_time(run->end).text, html_duration(run->end - run->begin).text);
	fputs(how_begun(run), out);
	if (run->how_begun == RUN_RESTARTED)
		fprintf(out, " %u in %s", run->generation,
			html_duration(run->restore).text);
	fprintf(out, "\n%zu checkpoint%s, %s\n", run->checkpoints,
		run->checkpoints == 1 ? "" : "s", html_duration(run->stopped).text);
	print_end(out, run, life->runs);
	if (run->work - run->kept > 0)
		fprintf(out, "\n%s of its work were lost",
			html_duration(run->work - run->kept).text);
	fputs("</title>", out);
}

/* Bars that are high enough have the job's name, and the marks below it. */
static bool has_room_for_names(const struct chart *c)
{
	return c->lane >= 24;
}

static void draw_lost(const struct chart *c, const struct bar *bar)
{
	const struct history_run *run = bar->run;
	double lost = run->work - run->kept;
	double share = run->end > run->begin ? lost / (run->end - run->begin) : 0;
	double width = bar->width * share;

	if (lost <= 0)
		return;
	c->summary->lost = true;
	fprintf(c->out,
		"<rect class='hatch' x='%.1f' y='%.1f' width='%.1f' height='%.1f'/>",
		bar->x + bar->width - width, bar->y, width, c->lane - 2);
}

static void draw_bar(const struct chart *c, const struct bar *bar)
{
	const struct life *life = &c->lives[bar->life];
	bool open = bar->run->how_ended == RUN_OPEN;

	fprintf(c->out, "<g>");
	fprintf(c->out,
		"<rect class='bar%s' x='%.1f' y='%.1f' width='%.1f' height='%.1f' "
		"rx='%d'/>",
		open ? " open" : "", bar->x, bar->y, bar->width, c->lane - 2,
		c->lane > 12 ? 3 : 1);
	draw_lost(c, bar);
	if (has_room_for_names(c) && bar->width > 7.0 * (double)strlen(life->name) + 28)
		fprintf(c->out, "<text class='name' x='%.1f' y='%.1f'>job %s</text>",
			bar->x + 4, bar->y + 10, life->name);
	print_bar_title(c->out, life, bar->run);
	fputs("</g>\n", c->out);
}

/* From where the job left to where it went on. */
static void draw_hop(const struct chart *c, const struct bar *from, const struct bar *to)
{
	double middle = c->lane / 2 - 1;

	fprintf(c->out, "<path class='hop' d='M%.1f %.1fL%.1f %.1f'/>\n",
		from->x + from->width, from->y + middle, to->x, to->y + middle);
}

/* ---- marks ---- */

/* Events that are too near to one another to be drawn apart. */
struct heap {
	enum symbol symbol;
	const struct bar *bar;
	double x;
	size_t count;
	double first, last, seconds;
	uint64_t bytes;
	const struct history_event *event;
};

static double mark_size(const struct chart *c)
{
	return has_room_for_names(c) ? 14 : c->lane >= CROWDED ? 13 : c->lane;
}

static double mark_y(const struct chart *c, const struct bar *bar)
{
	double middle = bar->y + c->lane / 2 - 1;

	return has_room_for_names(c) ? bar->y + c->lane - 11 : middle;
}

static char *title_of(const struct heap *heap, const char *job)
{
	const struct history_event *ev = heap->event;
	const char *time = html_time(heap->first).text;
	bool saved = ev->type == EVENT_CHECKPOINT;

	if (heap->count > 1 && saved)
		return str_printf("job %s: %zu checkpoints (%s), %s to %s\n%s in %s", job,
				  heap->count, ev->reason, time,
				  html_time(heap->last).text, str_size(heap->bytes).text,
				  html_duration(heap->seconds).text);
	if (heap->count > 1)
		return str_printf("job %s, %zu times: %s, %s to %s\n%s", job, heap->count,
				  symbol_meaning(heap->symbol), time,
				  html_time(heap->last).text, ev->text ? ev->text : "");
	if (saved)
		return str_printf("job %s: checkpoint %u (%s), %s\n%s in %s", job,
				  ev->generation, ev->reason, time,
				  str_size(ev->bytes).text,
				  html_duration(ev->seconds).text);
	if (ev->type == EVENT_RESTART)
		return str_printf("job %s: continues from checkpoint %u, %s\nin %s", job,
				  ev->generation, time, html_duration(ev->seconds).text);
	return str_printf("job %s: %s, %s\n%s", job, symbol_meaning(heap->symbol), time,
			  ev->text ? ev->text : "");
}

static void draw_heap(const struct chart *c, struct heap *heap)
{
	cleanup_free char *title = NULL;

	if (!heap->count)
		return;
	title = title_of(heap, c->lives[heap->bar->life].name);
	symbol_draw(c->out, heap->symbol, heap->x, mark_y(c, heap->bar), mark_size(c),
		    title ? title : "");
	c->summary->used[heap->symbol] = true;
	heap->count = 0;
}

static double event_x(const struct chart *c, const struct bar *bar,
		      const struct history_event *ev)
{
	double x = axis_x(&c->axis, ev->time);
	double inset = mark_size(c) / 2 - 1;

	/* At the ends of a bar, beside one another if there is room for that. */
	if (ev->type == EVENT_RESTART)
		return bar->x + (bar->width > 3 * inset ? inset : bar->width / 2);
	if (ev->type == EVENT_END && bar->width > 2 * inset)
		return bar->x + bar->width - inset;
	return x < bar->x ? bar->x : x > bar->x + bar->width ? bar->x + bar->width : x;
}

static double mark_apart(const struct chart *c)
{
	return c->lane < CROWDED ? 2 * MARK_APART : MARK_APART;
}

/* Where it is crowded, what is usual is not marked on each little bar. */
static bool is_marked(const struct chart *c, const struct bar *bar, enum symbol symbol)
{
	bool usual = symbol == SYMBOL_RESTART || symbol == SYMBOL_DONE ||
		     symbol == SYMBOL_INTERVAL;

	return symbol != SYMBOL_NONE &&
	       !(usual && c->lane < CROWDED && bar->width < 3 * mark_size(c));
}

static void pile_up(const struct chart *c, struct heap *heap, const struct bar *bar,
		    const struct history_event *ev)
{
	enum symbol symbol = symbol_of(ev);
	double x = event_x(c, bar, ev);

	if (!is_marked(c, bar, symbol))
		return;
	if (heap->count && (heap->symbol != symbol || heap->bar != bar ||
			    x > heap->x + mark_apart(c) || x < heap->x))
		draw_heap(c, heap);
	if (!heap->count)
		*heap = (struct heap){ .symbol = symbol,
				       .bar = bar,
				       .x = x,
				       .first = ev->time,
				       .event = ev };
	heap->count++;
	heap->last = ev->time;
	heap->seconds += ev->seconds;
	heap->bytes += ev->bytes;
}

static void draw_death(const struct chart *c, const struct bar *bar)
{
	cleanup_free char *title = NULL;

	if (bar->run->how_ended != RUN_DIED)
		return;
	title = str_printf("job %s: %s, after %s", c->lives[bar->life].name,
			   symbol_meaning(SYMBOL_DEATH), html_time(bar->run->end).text);
	symbol_draw(c->out, SYMBOL_DEATH, bar->x + bar->width + mark_size(c) * 0.55,
		    mark_y(c, bar), mark_size(c) + 2, title ? title : "");
	c->summary->used[SYMBOL_DEATH] = true;
}

static int by_run(const void *key, const void *bar)
{
	const struct history_run *run = key, *of = ((const struct bar *)bar)->run;

	return (run > of) - (run < of);
}

/* The bars of one job, in the order of its runs. */
static void draw_marks(const struct chart *c, const struct bar *bars, size_t count)
{
	const struct history *h = &c->lives[bars->life].history;
	struct heap heap = { .count = 0 };

	for (size_t i = 0; i < h->nevents; i++) {
		const struct history_event *ev = &h->events[i];
		const struct bar *bar = NULL;

		if (ev->run != HISTORY_NONE)
			bar = bsearch(&h->runs[ev->run], bars, count, sizeof(*bars),
				      by_run);
		if (bar && layout_has(c, bar))
			pile_up(c, &heap, bar, ev);
	}
	draw_heap(c, &heap);
	for (size_t i = 0; i < count; i++) {
		if (layout_has(c, &bars[i]))
			draw_death(c, &bars[i]);
	}
}

/* ---- all ---- */

static void draw_life(const struct chart *c, const struct bar *bars, size_t count)
{
	fprintf(c->out, "<g class='job' style='--h:%u'>\n", chart_hue(bars->life));
	for (size_t i = 1; i < count; i++) {
		if (layout_has(c, &bars[i - 1]) && layout_has(c, &bars[i]))
			draw_hop(c, &bars[i - 1], &bars[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (layout_has(c, &bars[i]))
			draw_bar(c, &bars[i]);
	}
	draw_marks(c, bars, count);
	fputs("</g>\n", c->out);
}

static void draw(const struct chart *c)
{
	fprintf(c->out,
		"<div class='scroll'><svg class='chart%s' viewBox='0 0 %.0f %.0f' "
		"role='img' aria-label='Runs of the jobs on nodes over time'>\n",
		c->nbars > 40 ? " many" : "", LAYOUT_WIDTH, c->height + 4);
	draw_ground(c);
	for (size_t i = 0, next; i < c->nbars; i = next) {
		for (next = i; next < c->nbars && c->bars[next].life == c->bars[i].life;)
			next++;
		draw_life(c, &c->bars[i], next - i);
	}
	fputs("</svg></div>\n", c->out);
}

int chart_write(FILE *out, const struct life *lives, size_t count, double now,
		struct chart_summary *summary, struct error *e)
{
	struct chart c = {
		.out = out, .lives = lives, .nlives = count, .summary = summary
	};
	int rc;

	*summary = (struct chart_summary){ .lost = false };
	rc = layout_make(&c, now, e);
	if (rc == 0 && c.nbars > 0)
		draw(&c);
	layout_free(&c);
	return rc;
}
