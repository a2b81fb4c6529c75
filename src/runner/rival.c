// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/rival.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

static int watch_at(int watch, const char *path, uint32_t events)
{
	return path ? inotify_add_watch(watch, path, events | IN_ONLYDIR) : -1;
}

static int watch_folder(int watch, const struct folder *folder)
{
	cleanup_free char *path = str_printf("/proc/self/fd/%d", folder->fd);

	return watch_at(watch, path, IN_MOVED_TO);
}

int rival_watch(const struct folder *folder)
{
	cleanup_free char *parent = str_printf("%s/..", folder->path);
	cleanup_close int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (watch < 0 || watch_folder(watch, folder) < 0)
		return -1;
	/* Its removal is told there. */
	(void)watch_at(watch, parent, IN_DELETE);
	return take_fd(watch);
}

void rival_watch_again(int watch, const struct folder *folder)
{
	(void)watch_folder(watch, folder);
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
