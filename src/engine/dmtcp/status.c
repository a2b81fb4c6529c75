// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/status.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* The first that keeps the barrier at which the gate stands (gate.h). */
#define MIN_MAJOR 3
#define MIN_MINOR 1

int dmtcp_status_parse(const char *text, struct dmtcp_status *status, struct error *e)
{
	const char *peers = strstr(text, "NUM_PEERS=");
	const char *running = strstr(text, "RUNNING=");
	char word[4] = "";

	if (!peers || sscanf(peers, "NUM_PEERS=%u", &status->peers) != 1 || !running ||
	    sscanf(running, "RUNNING=%3s", word) != 1)
		return error_set(e, "DMTCP's coordinator does not tell its status: %.*s",
				 (int)strcspn(text, "\n"), text);
	status->running = strcmp(word, "yes") == 0;
	return 0;
}

enum dmtcp_answer dmtcp_answer_parse(int exit_status, const char *text)
{
	if (exit_status == 0)
		return DMTCP_DONE;
	return strstr(text, "not in running state") ? DMTCP_LATER : DMTCP_FAILED;
}

char *dmtcp_version_parse(const char *text, const char *program, struct error *e)
{
	const char *number = strstr(text, "(DMTCP)");
	int major = 0, minor = 0;

	if (!number || sscanf(number, "(DMTCP) %d.%d", &major, &minor) != 2) {
		error_set(e, "%s: does not tell its version", program);
		return NULL;
	}
	if (major < MIN_MAJOR || (major == MIN_MAJOR && minor < MIN_MINOR)) {
		error_set(e,
			  "%s is version %d.%d, which is too old; install DMTCP %d.%d or "
			  "later",
			  program, major, minor, MIN_MAJOR, MIN_MINOR);
		return NULL;
	}
	number += strlen("(DMTCP) ");
	return strndup(number, strcspn(number, " \n"));
}

char *dmtcp_log_reason(const char *text)
{
	static const char mark[] = "REASON='";
	const char *last = NULL, *next = text;
	char *reason;

	while ((next = strstr(next, mark)))
		last = next += strlen(mark);
	if (!last)
		return NULL;
	reason = strndup(last, strcspn(last, ";\n"));
	if (reason)
		str_make_printable(reason);
	return reason;
}
