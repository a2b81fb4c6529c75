/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses libslurmcheckpoint: counts, and at some counts asks for checkpoints itself. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <slurmcheckpoint.h>

static void pause_for(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0)
		;
}

/* The result, and what errno says if it is -1. */
static void tell(const char *what, int rc)
{
	printf("%s %d%s%s\n", what, rc, rc < 0 ? " " : "", rc < 0 ? strerror(errno) : "");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	tell("restarted", checkpoint_restarted());
	tell("enable", checkpoint_enable());
	for (int i = 0; i < 3; i++)
		tell("disable", checkpoint_disable());
	tell("now", checkpoint_now());
	printf("critical\n");
	while (access("leave", F_OK) < 0)
		pause_for(50);
	printf("left\n");
	for (int i = 0; i < 3; i++)
		tell("enable", checkpoint_enable());
	tell("now", checkpoint_now());
	printf("saved\n");
	while (access("end", F_OK) < 0)
		pause_for(50);
	printf("end %d\n", checkpoint_restarted() > 0);
	return 0;
}
