// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/criu/numbers.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "engine/criu/criu.h"
#include "plan/pids.h"

#define DEFAULT_LIMIT 32768   /* the kernel's, on machines with few CPUs */
#define LIMIT_MAX     4194304 /* the kernel's PID_MAX_LIMIT, which systemd sets */

pid_t numbers_limit(void)
{
	size_t size;
	cleanup_free char *text =
		file_read(AT_FDCWD, "/proc/sys/kernel/pid_max", 64, &size, NULL);
	int limit = text ? atoi(text) : 0;

	return limit > 0 ? limit : DEFAULT_LIMIT;
}

/* Since Linux 6.14 a pid namespace has a limit of its own, the largest that there is. */
static bool is_limited(void)
{
	struct utsname name;
	int major, minor;

	return uname(&name) < 0 || sscanf(name.release, "%d.%d", &major, &minor) != 2 ||
	       major < 6 || (major == 6 && minor < 14);
}

bool numbers_are_few(struct error *why)
{
	pid_t limit = numbers_limit();

	if (!is_limited() || limit >= LIMIT_MAX)
		return false;
	error_set(why,
		  "kernel.pid_max is %d: jobs that were saved where it is larger may not "
		  "continue here; set it to %d on all nodes",
		  limit, LIMIT_MAX);
	return true;
}

int numbers_check(const struct generation *gen, struct error *e)
{
	const struct manifest *m = &gen->manifest;
	unsigned long long highest, criu;
	pid_t limit = numbers_limit();

	if (!is_limited() ||
	    manifest_get_number(m, CRIU_ATTR_HIGHEST, INT_MAX, &highest) < 0 ||
	    manifest_get_number(m, CRIU_ATTR_RESTORE_PID, INT_MAX, &criu) < 0 ||
	    (highest < (unsigned long long)limit &&
	     criu + PIDS_FOR_RESTORE <= (unsigned long long)limit))
		return 0;
	return error_set(
		e,
		"its processes have numbers up to %llu, and this node has them up "
		"to %d; allow more with \"sysctl kernel.pid_max=4194304\"",
		highest, limit - 1);
}
