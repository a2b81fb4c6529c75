// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task-exec - what Slurm executes for a task whose arguments the plugin has changed:
 * becomes the task. As the job's user, in place of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "spank/hand_over.h"
#include "spank/join.h"

/* As slurmstepd, which ends a task that cannot be executed with errno. */
static _Noreturn void become(char **argv)
{
	char *program = path_find(argv[0]);
	int failed;

	if (program)
		argv[0] = program;
	execv(argv[0], argv);
	failed = errno;
	fprintf(stderr, "slurm-checkpoint: error: execve(): %s: %s\n", argv[0],
		strerror(failed));
	_exit(failed);
}

int main(int argc, char **argv)
{
	struct error e;
	cleanup_free char *text = hand_over_take(&e);
	char **task = text ? hand_over_decode(text, argc, argv, &e) : NULL;

	if (!task) {
		fprintf(stderr,
			"slurm-checkpoint: error: the task cannot be executed: %s\n",
			e.text);
		return EXIT_FAILURE;
	}
	join_job();
	if (*e.text)
		fprintf(stderr,
			"slurm-checkpoint: error: the task is executed without what "
			"plugins have set for it: %s\n",
			e.text);
	become(task);
}
