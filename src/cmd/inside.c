// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/inside.h"

#include <stdlib.h>

#include "base/protocol.h"
#include "lib/ask.h"

bool is_inside(void)
{
	return getenv(CHECKPOINT_ENV_IMAGE_DIR) && getenv("SLURM_JOB_ID");
}

static int refuse(const char *why)
{
	struct error e;

	error_set(&e, "this job: %s", why);
	return complain(&e);
}

/* What came of a checkpoint; it may be a restart of it that brings us here. */
static int wait_for(const struct scheckpoint *s, const struct control_reply *begun)
{
	struct control_reply ended;

	if (ask_wait(begun->ticket) < 0 || ask(CONTROL_RESULT, begun->ticket, &ended) < 0)
		return refuse("its runner does not answer");
	if (ended.restarts == begun->restarts && ended.rc < 0)
		return refuse(ended.text);
	tell(s, ended.restarts > begun->restarts
			? "this job: continues from its checkpoint"
			: "this job: checkpointed");
	return EXIT_DONE;
}

int ask_inside(const struct scheckpoint *s, enum control_command command)
{
	struct control_reply reply;

	if (ask(command, 0, &reply) < 0)
		return refuse("it is not checkpointed");
	if (reply.rc < 0)
		return refuse(reply.text);
	if (command == CONTROL_CREATE && !s->no_wait)
		return wait_for(s, &reply);
	if (command == CONTROL_ABLE)
		tell(s, "this job: yes");
	return EXIT_DONE;
}
