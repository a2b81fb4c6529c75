// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * criu-relink DIR ROOT - relink.h, from inside a job's namespaces, for the job whose
 * first process is ROOT there. Prints one sentence if it fails.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/criu/relink.h"

/* A signal that the user sends to all of the job is not meant for it. */
static void block_signals(void)
{
	sigset_t mask;

	sigfillset(&mask);
	sigdelset(&mask, SIGALRM);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

int main(int argc, char **argv)
{
	struct sandbox sb = { .init = getpid() };
	struct error e;

	if (argc != 3)
		return 2;
	block_signals();
	sb.root = atoi(argv[2]);
	if (relink_nameless(&sb, argv[1], &e) == 0)
		return 0;
	printf("%s\n", e.text);
	return 1;
}
