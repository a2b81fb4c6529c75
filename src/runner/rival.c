// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/rival.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

int rival_watch(const struct folder *folder)
{
	cleanup_free char *path = str_printf("/proc/self/fd/%d", folder->fd);
	cleanup_close int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (!path || watch < 0 ||
	    inotify_add_watch(watch, path, IN_MOVED_TO | IN_ONLYDIR) < 0)
		return -1;
	return take_fd(watch);
}

bool rival_has_come(int watch, const struct folder *folder)
{
	char events[4096];

	/* Whatever was written: most of it is ours. */
	while (read(watch, events, sizeof(events)) > 0)
		;
	errno = 0;
	return folder_check_ours(folder, NULL) < 0 && errno == ESTALE;
}
