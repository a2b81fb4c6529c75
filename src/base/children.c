// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/children.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* How many there were that we may kill: of a set-user-ID program's nobody can wait. */
static int kill_all(void)
{
	int killed = 0;
	cleanup_fclose FILE *f = fopen("/proc/thread-self/children", "re");
	int child;

	while (f && fscanf(f, "%d", &child) == 1)
		killed += kill(child, SIGKILL) == 0;
	return killed;
}

void children_end_all(void)
{
	while (kill_all() > 0 && wait(NULL) > 0)
		;
}

void children_end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}
