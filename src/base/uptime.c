// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/uptime.h"

#include <time.h>

double uptime_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
