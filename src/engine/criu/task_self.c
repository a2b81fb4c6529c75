// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/criu/task_self.h"

#include <errno.h>

#include "engine/criu/remote.h"

int task_self_call(pid_t tid, const char *name, long number, unsigned long args[6],
		   const struct task_self_data *data, struct error *e)
{
	struct remote *thread = remote_stop_thread(tid, e);
	long result = 0;
	int rc = 0;

	if (!thread)
		return -1;
	if (data) {
		args[data->argument] = remote_room(thread, data->size);
		rc = remote_write(thread, args[data->argument], data->bytes, data->size,
				  e);
	}
	if (rc == 0)
		rc = remote_call(thread, number, args, &result, e);
	remote_resume(thread);
	if (rc < 0 || result >= 0)
		return rc;
	errno = (int)-result;
	return error_sys(e, "%s", name);
}
