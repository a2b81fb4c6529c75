// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hook - criu's action script. When all images are written, and the job still
 * stands frozen, criu asks it for leave; it asks the runner, and waits until the
 * generation is committed. If the runner says no, or is gone, criu lets the job
 * go on where it stood.
 *
 * When a job has been restored, and its processes do not run yet, its timers are seen to
 * (timers.h). In a network of its own the connections that leave it are ended: nobody
 * answers to them any more.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/unix_socket.h"
#include "engine/criu/hook.h"
#include "engine/criu/timers.h"
#include "engine/network.h"

int main(void)
{
	const char *action = getenv("CRTOOLS_SCRIPT_ACTION");
	const char *path = getenv(HOOK_ENV_SOCKET);
	char answer = 0;
	int fd;

	if (action && !strcmp(action, "pre-resume")) {
		timers_rearm();
		if (getenv(HOOK_ENV_OWN_NET))
			network_close_outside();
	}
	if (!action || strcmp(action, "post-dump") != 0)
		return 0;
	fd = path ? unix_socket_connect(path) : -1;
	if (fd < 0 || read(fd, &answer, 1) != 1)
		return 1;
	return answer == HOOK_YES ? 0 : 1;
}
