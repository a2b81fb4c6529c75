// SPDX-License-Identifier: GPL-2.0-or-later
#include "slurm/job.h"

#include <errno.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>

/* errno is Slurm's own, and so is its text. */
static int slurm_failed(const char *what, unsigned int job, struct error *e)
{
	return error_set(e, "%s job %u: %s", what, job, slurm_strerror(errno));
}

int job_read(unsigned int job, struct job_view *view, struct error *e)
{
	job_info_msg_t *msg = NULL;
	int rc = -1;

	slurm_init(NULL);
	if (slurm_load_job(&msg, job, SHOW_DETAIL) != SLURM_SUCCESS)
		return slurm_failed("cannot read", job, e);
	if (msg->record_count > 0) {
		view->preempted = msg->job_array[0].preempt_time != 0;
		view->end_time = msg->job_array[0].end_time;
		rc = 0;
	} else {
		error_set(e, "job %u is not known to Slurm", job);
	}
	slurm_free_job_info_msg(msg);
	return rc;
}

int job_requeue(unsigned int job, bool hold, struct error *e)
{
	slurm_init(NULL);
	if (slurm_requeue(job, hold ? JOB_REQUEUE_HOLD : 0) != SLURM_SUCCESS)
		return slurm_failed("cannot requeue", job, e);
	return 0;
}
