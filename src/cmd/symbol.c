// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/symbol.h"

#include <string.h>

#include "cmd/html.h"

/* Drawings of 16 by 16, told apart by their shape, not by colour alone. */
static const struct {
	const char *meaning;
	const char *name;
	const char *drawing;
} symbols[SYMBOLS] = {
	[SYMBOL_INTERVAL] = { "checkpoint, by interval", "interval",
			      "<rect x='6.2' y='1' width='3.6' height='14' rx='1.8'/>" },
	[SYMBOL_REQUEST] = { "checkpoint, on request", "request",
			     "<circle cx='8' cy='8' r='5.4'/>" },
	[SYMBOL_PREEMPTION] = { "preempted: saved, off its node", "preemption",
				"<path d='M1.5 3h13L8 14.5z'/>" },
	[SYMBOL_TIME_LIMIT] = { "saved before the time limit", "limit",
				"<rect x='2.8' y='2.8' width='10.4' height='10.4'/>" },
	[SYMBOL_LEAVE] = { "vacated or requeued: saved, off its node", "leave",
			   "<path d='M8 .8 15.2 8 8 15.2.8 8z'/>" },
	[SYMBOL_OTHER] = { "checkpoint, for another reason", "other",
			   "<path d='M8 1.5l6 3.4v6.2l-6 3.4-6-3.4V4.9z'/>" },
	[SYMBOL_RESTART] = { "continues from a checkpoint", "restart",
			     "<path d='M3.5 1.5 14 8 3.5 14.5z'/>" },
	[SYMBOL_FAILED] = { "no checkpoint was taken", "bad",
			    "<path d='M2 4.2 4.2 2 8 5.8 11.8 2 14 4.2 10.2 8l3.8 "
			    "3.8-2.2 "
			    "2.2L8 10.2 4.2 14 2 11.8 5.8 8z'/>" },
	[SYMBOL_REFUSED] = { "a damaged checkpoint was passed over", "bad",
			     "<path d='M8 .8 15.6 14.6H.4z'/><path class='hole' d='M7.1 "
			     "5.5h1.8v4.6H7.1zm0 5.6h1.8v1.8H7.1z'/>" },
	[SYMBOL_HELD] = { "held: could not continue there", "bad",
			  "<path d='M3 2h3.6v12H3zm6.4 0H13v12H9.4z'/>" },
	[SYMBOL_DEATH] = { "cut short: the node died, or the job was killed", "bad",
			   "<path d='M9.8.4 2.4 9h4.4l-1.2 6.6L13.4 6.6H8.6z'/>" },
	[SYMBOL_UNPROTECTED] = { "runs unprotected", "soft",
				 "<path fill-rule='evenodd' d='M8 1.2a6.8 6.8 0 1 1 0 "
				 "13.6A6.8 6.8 0 0 1 8 1.2zm0 2.2a4.6 4.6 0 1 0 0 "
				 "9.2 4.6 4.6 0 0 0 0-9.2z'/>" },
	[SYMBOL_DONE] = { "ended, exit status 0", "good",
			  "<path d='M1 8.6 3.2 6.4 6.4 9.6 12.9 2.6 15 4.8 6.4 14z'/>" },
	[SYMBOL_ENDED] = { "ended otherwise", "bad",
			   "<path d='M4.9.8h6.2l4.1 4.1v6.2l-4.1 4.1H4.9L.8 "
			   "11.1V4.9z'/>" },
};

static enum symbol symbol_of_reason(const char *reason)
{
	static const struct {
		const char *reason;
		enum symbol symbol;
	} reasons[] = {
		{ "interval", SYMBOL_INTERVAL },     { "request", SYMBOL_REQUEST },
		{ "preemption", SYMBOL_PREEMPTION }, { "time-limit", SYMBOL_TIME_LIMIT },
		{ "requeue", SYMBOL_LEAVE },	     { "vacate", SYMBOL_LEAVE },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (!strcmp(reasons[i].reason, reason))
			return reasons[i].symbol;
	}
	return SYMBOL_OTHER;
}

enum symbol symbol_of(const struct history_event *event)
{
	switch (event->type) {
	case EVENT_CHECKPOINT:
		return symbol_of_reason(event->reason);
	case EVENT_RESTART:
		return SYMBOL_RESTART;
	case EVENT_FAILED:
		return SYMBOL_FAILED;
	case EVENT_REFUSED:
		return SYMBOL_REFUSED;
	case EVENT_HELD:
		return SYMBOL_HELD;
	case EVENT_UNPROTECTED:
		return SYMBOL_UNPROTECTED;
	case EVENT_END:
		return event->status ? SYMBOL_ENDED : SYMBOL_DONE;
	default:
		return SYMBOL_NONE;
	}
}

const char *symbol_meaning(enum symbol symbol)
{
	return symbols[symbol].meaning;
}

void symbol_define(FILE *out)
{
	fputs("<svg width='0' height='0' style='position:absolute' "
	      "aria-hidden='true'><defs>\n",
	      out);
	for (size_t i = 0; i < SYMBOLS; i++)
		fprintf(out, "<symbol id='s%zu' viewBox='-1 -1 18 18'>%s</symbol>\n", i,
			symbols[i].drawing);
	fputs("<pattern id='lost' width='6' height='6' patternUnits='userSpaceOnUse' "
	      "patternTransform='rotate(45)'><rect class='lost' width='3' "
	      "height='6'/></pattern>\n</defs></svg>\n",
	      out);
}

void symbol_draw(FILE *out, enum symbol symbol, double x, double y, double size,
		 const char *title)
{
	fprintf(out,
		"<use href='#s%u' class='m %s' x='%.1f' y='%.1f' width='%.1f' "
		"height='%.1f'",
		(unsigned int)symbol, symbols[symbol].name, x - size / 2, y - size / 2,
		size, size);
	if (!title) {
		fputs("/>", out);
		return;
	}
	fputs("><title>", out);
	html_text(out, title);
	fputs("</title></use>\n", out);
}
