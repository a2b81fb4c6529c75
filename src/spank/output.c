// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/output.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/protocol.h"
#include "spank/sbatch.h"

/*
 * Tells the batch task that appending was our wish and not the user's; holds
 * what SLURM_OPEN_MODE would have been. Slurm puts SLURM_SPANK_ before the names
 * of the variables that a plugin gives to sbatch.
 */
#define MARK	       "CHECKPOINT_OPEN_MODE"
#define MARK_IN_JOB    "SLURM_SPANK_" MARK
#define MARK_TRUNCATE  "t"
#define MARK_NOT_GIVEN "none"
#define MARK_APPEND    "a" /* it was the user's or the site's wish, too */

/* Slurm's own word to srun about --open-mode: "a", "t" or not set. */
#define SLURM_OPEN_MODE "SLURM_OPEN_MODE"

int output_keep(spank_t spank)
{
	const char *mark = MARK_NOT_GIVEN;

	if (slurm_option_isset(opt, "open-mode")) {
		/* Slurm's memory, of a few bytes; sbatch is about to end */
		const char *mode = slurm_option_get(opt, "open-mode");

		mark = mode && mode[0] == 't' ? MARK_TRUNCATE : MARK_APPEND;
	} else if (slurm_conf.job_file_append) {
		mark = MARK_APPEND;
	}
	if (strcmp(mark, MARK_APPEND) != 0 &&
	    slurm_option_set(opt, "open-mode", "append", false) != 0)
		return -1;
	return spank_job_control_setenv(spank, MARK, mark, 1) == ESPANK_SUCCESS ? 0 : -1;
}

static void truncate_output(int fd)
{
	struct stat st;

	/* Slurm has opened it and would have truncated it, so nothing new can fail */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) < 0)
		slurm_error("checkpoint: cannot empty the job's output file: %m");
}

bool output_is_kept(spank_t spank)
{
	char start[1];

	return spank_getenv(spank, MARK_IN_JOB, start, sizeof(start)) !=
	       ESPANK_ENV_NOEXIST;
}

const char *output_begin(spank_t spank, bool from_beginning)
{
	char mark[sizeof(MARK_NOT_GIVEN)];

	if (spank_getenv(spank, MARK_IN_JOB, mark, sizeof(mark)) != ESPANK_SUCCESS)
		return NULL;
	spank_unsetenv(spank, MARK_IN_JOB);
	if (strcmp(mark, MARK_APPEND) == 0)
		return CHECKPOINT_APPEND_USER;
	if (strcmp(mark, MARK_TRUNCATE) == 0)
		spank_setenv(spank, SLURM_OPEN_MODE, MARK_TRUNCATE, 1);
	else
		spank_unsetenv(spank, SLURM_OPEN_MODE);
	if (from_beginning) {
		truncate_output(STDOUT_FILENO);
		truncate_output(STDERR_FILENO);
	}
	return CHECKPOINT_APPEND_PLUGIN;
}
