// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/tail.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#define TAIL_MAX (64 << 10) /* bytes: some hundred lines */

static bool begins(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/*
 * "slurmstepd: error: *** JOB 12 ON n1 CANCELLED AT ... DUE TO PREEMPTION ***"; what is
 * before "error" is another text in each release, and by LogTimeFormat:
 * "slurmstepd-n1: ", "[2026-11-29T17:48:14.502] ".
 */
static bool is_of_job(const char *line, unsigned int job)
{
	cleanup_free char *ours = str_printf("slurm-checkpoint: job %u: ", job);
	cleanup_free char *jobs = str_printf("error: *** JOB %u ON ", job);
	cleanup_free char *steps = str_printf("error: *** STEP %u.", job);
	cleanup_free char *step = str_printf("StepId=%u.", job);

	if (!ours || !jobs || !steps || !step || !job)
		return false;
	if (begins(line, ours) || strstr(line, jobs) || strstr(line, steps))
		return true;
	return (begins(line, "slurmstepd") || *line == '[') && strstr(line, step);
}

bool tail_is_ours(const char *path, uint64_t length, unsigned int job,
		  unsigned int before)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	cleanup_free char *text = malloc(TAIL_MAX + 1);
	char *rest = text, *line;
	ssize_t size;

	if (fd < 0 || !text)
		return false;
	size = pread(fd, text, TAIL_MAX, (off_t)length);
	if (size <= 0 || size == TAIL_MAX || text[size - 1] != '\n' ||
	    memchr(text, '\0', (size_t)size))
		return false;
	text[size] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (*line && !is_of_job(line, job) && !is_of_job(line, before))
			return false;
	}
	return true;
}
