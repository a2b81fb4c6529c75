// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/layout.h"

#include <stdlib.h>
#include <string.h>

#define RIGHT	  14.0
#define ROW_MIN	  16.0 /* for a node's name */
#define ROW_SPACE 6.0
#define CHARACTER 7.0 /* of a node's name */
#define NARROWEST 2.5 /* bar that can be seen */

/* No page is to be too large for a browser, whatever users write. */
#define BARS_MAX 20000
#define ROWS_MAX 1000

/* Nothing was saved by this program before 2020, nor will be after tomorrow. */
#define EARLIEST 1577836800.0
#define TOMORROW 86400.0

/* ---- what is to be drawn ---- */

static bool is_credible(const struct history_run *run, double now)
{
	return run->begin > EARLIEST && run->end < now + TOMORROW;
}

static int collect_bars(struct chart *c, double now, struct error *e)
{
	size_t room = 0;

	for (size_t i = 0; i < c->nlives; i++)
		room += c->lives[i].history.nruns;
	room = room < BARS_MAX ? room : BARS_MAX;
	c->bars = calloc(room + 1, sizeof(*c->bars));
	if (!c->bars)
		return error_sys(e, "report");
	for (size_t i = 0; i < c->nlives; i++) {
		const struct history *h = &c->lives[i].history;

		for (size_t k = 0; k < h->nruns; k++) {
			if (c->nbars < room && is_credible(&h->runs[k], now))
				c->bars[c->nbars++] =
					(struct bar){ .life = i, .run = &h->runs[k] };
			else
				c->summary->left_out++;
		}
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(((const struct row *)a)->node, ((const struct row *)b)->node);
}

/* A row for each node, n2 before n10. */
static int collect_rows(struct chart *c, struct error *e)
{
	size_t kept = 0;

	c->rows = calloc(c->nbars + 1, sizeof(*c->rows));
	if (!c->rows)
		return error_sys(e, "report");
	for (size_t i = 0; i < c->nbars; i++)
		c->rows[i].node = c->bars[i].run->node;
	qsort(c->rows, c->nbars, sizeof(*c->rows), by_name);
	for (size_t i = 0; i < c->nbars; i++) {
		if (kept == 0 || by_name(&c->rows[kept - 1], &c->rows[i]) != 0)
			c->rows[kept++].node = c->rows[i].node;
	}
	c->nrows = kept < ROWS_MAX ? kept : ROWS_MAX;
	c->summary->nodes = kept;
	return 0;
}

static int by_begin(const void *a, const void *b)
{
	const struct bar *x = a, *y = b;

	return (x->run->begin > y->run->begin) - (x->run->begin < y->run->begin);
}

static int by_life(const void *a, const void *b)
{
	const struct bar *x = a, *y = b;

	if (x->life != y->life)
		return x->life < y->life ? -1 : 1;
	return (x->run > y->run) - (x->run < y->run);
}

static void set_axis(struct chart *c)
{
	struct chart_summary *s = c->summary;
	size_t longest = 4;

	for (size_t i = 0; i < c->nbars; i++) {
		const struct history_run *run = c->bars[i].run;

		s->first = i && s->first < run->begin ? s->first : run->begin;
		s->last = i && s->last > run->end ? s->last : run->end;
	}
	for (size_t i = 0; i < c->nrows; i++) {
		size_t length = strlen(c->rows[i].node);

		longest = length > longest ? length : longest;
	}
	if (longest > LAYOUT_NAME_MAX)
		longest = LAYOUT_NAME_MAX;
	c->left = (double)longest * CHARACTER + 22;
	axis_init(&c->axis, s->first, s->last, c->left, LAYOUT_WIDTH - RIGHT - c->left,
		  13);
}

/* ---- where it is to be drawn ---- */

/* Beside what runs on the node at the same time. */
static void find_lane(struct row *row, struct bar *bar)
{
	bar->lane = 0;
	while (bar->lane < row->lanes && row->free_from[bar->lane] > bar->x)
		bar->lane++;
	if (bar->lane == LAYOUT_LANES_MAX)
		bar->lane--;
	else if (bar->lane == row->lanes)
		row->lanes++;
	row->free_from[bar->lane] = bar->x + bar->width;
}

static void place_bar(struct chart *c, struct bar *bar)
{
	struct row key = { .node = bar->run->node };
	struct row *row = bsearch(&key, c->rows, c->nrows, sizeof(*c->rows), by_name);
	double end = axis_x(&c->axis, bar->run->end);

	bar->x = axis_x(&c->axis, bar->run->begin);
	bar->width = end - bar->x > NARROWEST ? end - bar->x : NARROWEST;
	bar->row = row ? (size_t)(row - c->rows) : ROWS_MAX;
	if (row)
		find_lane(row, bar);
	else
		c->summary->left_out++;
}

/* The more there is, the smaller it is drawn. */
static double lane_height(const struct chart *c)
{
	size_t lanes = 0;

	for (size_t i = 0; i < c->nrows; i++)
		lanes += c->rows[i].lanes;
	return lanes <= 20 ? 30 : lanes <= 60 ? 18 : lanes <= 150 ? 11 : 8;
}

static void place(struct chart *c)
{
	double y = LAYOUT_TOP;

	qsort(c->bars, c->nbars, sizeof(*c->bars), by_begin);
	for (size_t i = 0; i < c->nbars; i++)
		place_bar(c, &c->bars[i]);
	qsort(c->bars, c->nbars, sizeof(*c->bars), by_life);
	c->lane = lane_height(c);
	for (size_t i = 0; i < c->nrows; i++) {
		struct row *row = &c->rows[i];
		double height = row->lanes * c->lane;

		row->y = y;
		row->height = (height > ROW_MIN ? height : ROW_MIN) + ROW_SPACE;
		y += row->height;
	}
	c->height = y;
	for (size_t i = 0; i < c->nbars; i++) {
		struct bar *bar = &c->bars[i];

		if (bar->row < c->nrows)
			bar->y =
				c->rows[bar->row].y + ROW_SPACE / 2 + bar->lane * c->lane;
	}
}

int layout_make(struct chart *c, double now, struct error *e)
{
	if (collect_bars(c, now, e) < 0 || collect_rows(c, e) < 0)
		return -1;
	if (c->nbars > 0) {
		set_axis(c);
		place(c);
	}
	return 0;
}

void layout_free(struct chart *c)
{
	free(c->bars);
	free(c->rows);
}
