// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/quiet.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int quiet_begin(void)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (saved >= 0 && null >= 0)
		dup2(null, STDERR_FILENO);
	if (null >= 0)
		close(null);
	return saved;
}

void quiet_end(int saved)
{
	int error = errno;

	if (saved >= 0) {
		dup2(saved, STDERR_FILENO);
		close(saved);
	}
	errno = error;
}
