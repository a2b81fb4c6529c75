// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/warning.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"
#include "spank/sbatch.h"

/* Slurm puts SLURM_SPANK_ before the names that a plugin gives to sbatch. */
#define MARK	    "CHECKPOINT_WARNING"
#define MARK_IN_JOB "SLURM_SPANK_" MARK

int warning_ask(spank_t spank, unsigned int grace)
{
	cleanup_free char *value = str_printf("B:%d@%u", CHECKPOINT_SIGNAL_WARN, grace);

	if (slurm_option_isset(opt, "signal"))
		return 0;
	if (!value || slurm_option_set(opt, "signal", value, false) != 0)
		return -1;
	return spank_job_control_setenv(spank, MARK, "1", 1) == ESPANK_SUCCESS ? 0 : -1;
}

const char *warning_of_steps(void)
{
	const char *value = slurm_option_isset(opt, "signal")
				    ? slurm_option_get(opt, "signal")
				    : NULL;

	return value && !strstr(value, "B:") ? value : NULL;
}

bool warning_is_ours(spank_t spank)
{
	char mark[sizeof("1")];

	return spank_getenv(spank, MARK_IN_JOB, mark, sizeof(mark)) == ESPANK_SUCCESS &&
	       spank_unsetenv(spank, MARK_IN_JOB) == ESPANK_SUCCESS;
}
