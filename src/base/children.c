// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/children.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/cleanup.h"

static void kill_all(void)
{
	cleanup_fclose FILE *f = fopen("/proc/thread-self/children", "re");
	int child;

	while (f && fscanf(f, "%d", &child) == 1)
		kill(child, SIGKILL);
}

void children_end_all(void)
{
	do
		kill_all();
	while (wait(NULL) > 0);
}
