/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - what DMTCP's programs print, understood.
 */
#ifndef ENGINE_DMTCP_STATUS_H
#define ENGINE_DMTCP_STATUS_H

#include <stdbool.h>

#include "base/error.h"

struct dmtcp_status {
	unsigned int peers; /* processes of the job that the coordinator knows */
	bool running;	    /* and all of them run: there are some, and no checkpoint */
};

/* What "dmtcp_command --status" prints. -1 if it is anything else. */
int dmtcp_status_parse(const char *text, struct dmtcp_status *status, struct error *e);

/* What dmtcp_command came to. */
enum dmtcp_answer {
	DMTCP_DONE,   /* it was done, or at least begun */
	DMTCP_LATER,  /* the processes are not all in a state in which it could be */
	DMTCP_FAILED, /* there is no coordinator, or nothing that is understood */
};

enum dmtcp_answer dmtcp_answer_parse(int exit_status, const char *text);

/*
 * The release in what "dmtcp_launch --version" prints, owned by the caller; NULL and one
 * sentence if it is none, or too old. program is for messages.
 */
char *dmtcp_version_parse(const char *text, const char *program, struct error *e);

/* The reason of the last error in a log of DMTCP's, owned; NULL if there is none. */
char *dmtcp_log_reason(const char *text);

#endif
