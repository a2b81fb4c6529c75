// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hear_job - requests of the job's own processes.
 */
#include <stdio.h>

#include "runner/supervisor.h"

static int ask_and_tell(struct supervisor *v, enum request request,
			struct control_reply *reply)
{
	if (v->s->disabled > 0) {
		snprintf(reply->text, sizeof(reply->text), "%s", SUPERVISOR_DISABLED);
		return -1;
	}
	if (request == REQUEST_CREATE)
		reply->ticket = control_ticket(v->s->control);
	supervisor_ask(v, request);
	return 0;
}

void supervisor_hear_job(void *arg, const struct control_request *request,
			 struct control_reply *reply)
{
	struct supervisor *v = arg;
	struct error e;

	reply->restarts = v->s->restored;
	switch ((enum control_command)request->command) {
	case CONTROL_STATE:
		break;
	case CONTROL_CREATE:
		reply->rc = ask_and_tell(v, REQUEST_CREATE, reply);
		break;
	case CONTROL_VACATE:
		reply->rc = ask_and_tell(v, REQUEST_VACATE, reply);
		break;
	case CONTROL_REQUEUE:
		reply->rc = ask_and_tell(v, REQUEST_REQUEUE, reply);
		break;
	case CONTROL_RESULT:
		control_result(v->s->control, request->ticket, reply);
		break;
	case CONTROL_DISABLE:
	case CONTROL_ENABLE:
		supervisor_enable(v, request->command == CONTROL_ENABLE);
		break;
	case CONTROL_ABLE:
		reply->rc = supervisor_check_able(v, &e);
		if (reply->rc < 0)
			snprintf(reply->text, sizeof(reply->text), "%s", e.text);
		break;
	default:
		reply->rc = -1;
		snprintf(reply->text, sizeof(reply->text), "no such request");
	}
}
