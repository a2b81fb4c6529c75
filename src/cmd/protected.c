// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/protected.h"

#include <errno.h>
#include <unistd.h>

#include "base/protocol.h"
#include "store/event.h"
#include "store/version.h"

int protected_open(struct folder *folder, const char *dir, const char *cluster,
		   const struct job_entry *job, const char *name, int signum,
		   struct error *e)
{
	struct event last;
	int rc = folder_open(folder, dir, job->user_name, cluster, job->id, e);

	if (rc < 0 && errno == ENOENT)
		return error_set(e,
				 "job %s is not checkpointed; it was submitted without "
				 "--checkpoint, or with a --checkpoint-dir that is to be "
				 "given here too, or could not be protected, as its "
				 "output says",
				 name);
	if (rc < 0 && errno == EACCES && geteuid() != job->user)
		return error_set(
			e, "job %s is user %s's, whose checkpoints are closed to you",
			name, job->user_name);
	if (rc == 0)
		rc = event_find_last(folder, NULL, &last, e);
	if (rc > 0 && last.type == EVENT_UNPROTECTED && last.restart == job->restarts)
		return error_set(e, "job %s runs unprotected: %s", name, last.text);
	if (rc < 0)
		return -1;
	if (version_check_request(folder, signum, e) < 0)
		return error_prefix(e, "job %s", name);
	return 0;
}

int protected_may_leave(const struct job_entry *job, struct error *e)
{
	return job->requeue ? 0 : error_set(e, CHECKPOINT_NO_REQUEUE, job->id);
}
