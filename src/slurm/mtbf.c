// SPDX-License-Identifier: GPL-2.0-or-later
#include "slurm/mtbf.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "slurm/sacctmgr.h"

#define PERIOD_DAYS 365 /* that are looked back */

/* A node that was drained or shut down on purpose has not failed. */
static bool is_failure(const char *state)
{
	return !strncmp(state, "DOWN", 4) && !strstr(state, "DRAIN") &&
	       !strstr(state, "MAINT") && !strstr(state, "REBOOT") &&
	       !strstr(state, "POWER");
}

static void count_failure(void *arg, char *state)
{
	unsigned int *failures = arg;

	*failures += is_failure(state);
}

int mtbf_of_nodes(const char *nodes, double *seconds, struct error *e)
{
	cleanup_free char *which = str_printf("nodes=%s", nodes);
	cleanup_free char *since = str_printf("start=now-%ddays", PERIOD_DAYS);
	const char *words[] = { "event", which, since, "format=State", NULL };
	unsigned int failures = 0;

	if (!which || !since)
		return error_sys(e, "sacctmgr");
	if (sacctmgr_show(words, count_failure, &failures, e) < 0)
		return -1;
	/* One more than were seen, or none would be taken for never. */
	*seconds = PERIOD_DAYS * 24.0 * 60 * 60 / (failures + 1);
	return 0;
}
