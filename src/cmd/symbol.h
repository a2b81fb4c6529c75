/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbol.h - the marks on a chart: what is marked, by which drawing.
 */
#ifndef CMD_SYMBOL_H
#define CMD_SYMBOL_H

#include <stdbool.h>
#include <stdio.h>

#include "store/history.h"

enum symbol {
	SYMBOL_INTERVAL,
	SYMBOL_REQUEST,
	SYMBOL_PREEMPTION,
	SYMBOL_TIME_LIMIT,
	SYMBOL_LEAVE, /* saved by vacate or requeue */
	SYMBOL_OTHER, /* saved for a reason that is not known here */
	SYMBOL_RESTART,
	SYMBOL_FAILED,
	SYMBOL_REFUSED,
	SYMBOL_HELD,
	SYMBOL_DEATH,
	SYMBOL_UNPROTECTED,
	SYMBOL_DONE,
	SYMBOL_ENDED,
	SYMBOLS,
	SYMBOL_NONE
};

/* The mark of an event; SYMBOL_NONE for what is told by a run's bar, or not at all. */
enum symbol symbol_of(const struct history_event *event);

/* What it means, for a legend. */
const char *symbol_meaning(enum symbol symbol);

/* Define all drawings, to be used by symbol_draw(), in a page. */
void symbol_define(FILE *out);

/* Draw one around x, y; it has the title, which is to be escaped, unless it is NULL. */
void symbol_draw(FILE *out, enum symbol symbol, double x, double y, double size,
		 const char *title);

#endif
