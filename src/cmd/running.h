/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * running.h - ask running jobs. The request is a signal that Slurm carries to the job's
 * runner, so Slurm decides who may ask; the answer is an event in the job's folder.
 */
#ifndef CMD_RUNNING_H
#define CMD_RUNNING_H

#include "base/control.h"
#include "base/protocol.h"
#include "cmd/wait.h"
#include "slurm/nodes.h"

struct ask {
	int signum;
	enum control_command inside; /* the same from within the job */
	answer_fn answer;
	bool leaves; /* the job is to leave its node */
	/*
	 * Those among which it is to go elsewhere, if it is: its runner is told before
	 * where to, by --nodelist, --exclude and --hold. Or NULL.
	 */
	const struct node_table *elsewhere;
	/* What is left to do when all have answered; may be NULL. */
	int (*afterwards)(const struct scheckpoint *s, struct asked *asked, size_t count);
};

/* Do words or options say which jobs? --nodelist only if by_nodes. */
bool running_named(const struct scheckpoint *s, int argc, bool by_nodes);

/*
 * Ask those that the words name, or else the options select, and wait for their answers,
 * unless --no-wait is given; without any of them, the job inside of which this process
 * is. The exit status of the command: EXIT_DONE if all have done what was asked.
 */
int running_ask(const struct scheckpoint *s, int argc, char **argv, const struct ask *ask,
		bool by_nodes);

#endif
