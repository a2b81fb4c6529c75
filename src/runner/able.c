// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * able - may the job be saved? Who has disabled that, and what the engine says.
 */
#define _GNU_SOURCE
#include <stdio.h>

#include "runner/journal.h"
#include "runner/supervisor.h"

void supervisor_enable(struct supervisor *v, bool yes)
{
	struct event event = { .type = yes ? EVENT_ENABLE : EVENT_DISABLE };

	if (!yes)
		v->s->disabled++;
	else if (v->s->disabled > 0)
		v->s->disabled--;
	journal(v->s->task, v->s->folder, &event);
	supervisor_ask(v, REQUEST_NONE);
}

int supervisor_check_able(struct supervisor *v, struct error *e)
{
	if (v->s->disabled > 0)
		return error_set(e, SUPERVISOR_DISABLED);
	return v->s->engine->able(v->s->run, v->s->job, e);
}

/* What the engine has set for the job, and which engines were passed over. */
void supervisor_answer_able(struct supervisor *v)
{
	struct event event = { .type = EVENT_ABLE, .status = 1 };
	const char *over = v->s->passed_over;
	struct error why = { .text = "" };

	snprintf(event.engine, sizeof(event.engine), "%s", v->s->engine->name);
	if (supervisor_check_able(v, &why) < 0)
		event.status = 0;
	else if (*over && *why.text)
		error_prefix(&why, "passed over were %s; %s", over, v->s->engine->name);
	else if (*over)
		error_set(&why, "passed over were %s", over);
	snprintf(event.text, sizeof(event.text), "%s", why.text);
	journal(v->s->task, v->s->folder, &event);
}
