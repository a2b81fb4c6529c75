// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * error - what went wrong last with a job's checkpoints, and what the engine said.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/scheckpoint.h"
#include "store/event.h"
#include "store/user_file.h"

static bool is_failure(const struct event *event)
{
	return event->type == EVENT_FAILED || event->type == EVENT_REFUSED ||
	       event->type == EVENT_HELD || event->type == EVENT_UNPROTECTED ||
	       (event->type == EVENT_END && *event->text);
}

/* The engine's own words about it, owned by the caller; NULL if it had none. */
static char *engine_log(const struct folder *folder, const struct event *event)
{
	bool restart = event->type == EVENT_REFUSED || event->type == EVENT_HELD ||
		       event->type == EVENT_END;
	size_t size;

	return user_file_read(folder->fd, restart ? "criu-restore.log" : "criu-dump.log",
			      USER_FILE_LOG, &size, NULL);
}

static const char *what(const struct event *event)
{
	switch (event->type) {
	case EVENT_FAILED:
		return "no checkpoint was taken";
	case EVENT_REFUSED:
		return "a checkpoint was not continued from";
	case EVENT_HELD:
		return "it could not continue, and was held";
	case EVENT_END:
		return "no checkpoint could be restored, and it failed";
	default:
		return "it ran unprotected";
	}
}

static void print_text(const struct stored_job *job, const struct event *event,
		       const char *log)
{
	printf("JobId=%s Time=%s Node=%s Event=%s Reason=%s\n", job->name,
	       time_text((unsigned long long)event->time), event->node,
	       event_name(event->type), *event->reason ? event->reason : "None");
	printf("   %s: %s\n", what(event), event->text);
	if (log && *log)
		printf("%s%s", log, log[strlen(log) - 1] == '\n' ? "" : "\n");
}

static void add_json(const struct scheckpoint *s, const struct stored_job *job,
		     const struct event *event, const char *log)
{
	struct json_object *o = json_add_job(s->json, job->name, job->user);

	json_seconds(o, "time", event->time);
	json_text(o, "node", event->node);
	json_text(o, "event", event_name(event->type));
	json_text(o, "reason", event->reason);
	json_text(o, "error", event->text);
	json_text(o, "log", log);
}

static int print_error(const struct scheckpoint *s, const struct stored_job *job,
		       void *arg)
{
	cleanup_free char *log = NULL;
	struct event last;
	struct error e;
	int found = event_find_last(job->folder, is_failure, &last, &e);

	(void)arg;
	if (found < 0)
		return complain(&e);
	if (!found) {
		tell(s, "job %s: nothing went wrong", job->name);
		return EXIT_DONE;
	}
	log = engine_log(job->folder, &last);
	str_make_lines_printable(log);
	if (s->json)
		add_json(s, job, &last, log);
	else
		print_text(job, &last, log);
	return EXIT_DONE;
}

int verb_error(const struct scheckpoint *s, int argc, char **argv)
{
	return each_stored(s, argc, argv, print_error, NULL);
}
