// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/criu/task_self.h"

#include <errno.h>

#include "engine/criu/remote.h"

int task_self_call(pid_t tid, const char *name, long number, unsigned long args[6],
		   const void *data, size_t size, struct error *e)
{
	struct remote *thread = remote_stop_thread(tid, e);
	long result = 0;
	int rc = 0;

	if (!thread)
		return -1;
	if (data) {
		args[1] = remote_room(thread, size);
		rc = remote_write(thread, args[1], data, size, e);
	}
	if (rc == 0)
		rc = remote_call(thread, number, args, &result, e);
	remote_resume(thread);
	if (rc < 0 || result >= 0)
		return rc;
	errno = (int)-result;
	return error_sys(e, "%s", name);
}
