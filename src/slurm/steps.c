// SPDX-License-Identifier: GPL-2.0-or-later
#include "slurm/steps.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <slurm/slurm.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "slurm/quiet.h"
#include "slurm/release.h"

#define LOOK_MS 200 /* between two looks whether they have ended: nobody tells */
#define LOOKS	150

static int load(unsigned int job, job_step_info_response_msg_t **msg)
{
	int saved, rc;

	slurm_init(NULL);
	saved = quiet_begin();
	rc = load_steps(job, msg);
	quiet_end(saved);
	return rc == SLURM_SUCCESS ? 0 : -1;
}

int steps_running(unsigned int job, time_t *newest, struct error *e)
{
	job_step_info_response_msg_t *msg = NULL;
	int count = 0;

	if (job == 0)
		return 0;
	if (load(job, &msg) < 0)
		return errno == ESLURM_INVALID_JOB_ID
			       ? 0
			       : slurm_failed("cannot read the steps of", job, e);
	/* The batch script and what holds the job together have numbers beyond. */
	for (uint32_t i = 0; i < msg->job_step_count; i++) {
		const job_step_info_t *step = &msg->job_steps[i];

		if (step->step_id.step_id >= SLURM_MAX_NORMAL_STEP_ID ||
		    step->step_id.job_id != job)
			continue;
		count++;
		if (newest && step->start_time > *newest)
			*newest = step->start_time;
	}
	slurm_free_job_step_info_response_msg(msg);
	return count;
}

/*
 * One element of an array has the array's number, by which slurmctld would signal the
 * steps of all of them.
 */
static char *name_of(unsigned int job)
{
	const char *array = getenv("SLURM_ARRAY_JOB_ID");
	const char *task = getenv("SLURM_ARRAY_TASK_ID");
	const char *own = getenv("SLURM_JOB_ID");

	if (array && task && own && strtoul(own, NULL, 10) == job)
		return str_printf("%s_%s", array, task);
	return str_printf("%u", job);
}

int steps_signal(unsigned int job, int signum, struct error *e)
{
	cleanup_free char *text = name_of(job);
	int saved, rc;

	slurm_init(NULL);
	saved = quiet_begin();
	rc = text ? slurm_kill_job2(text, (uint16_t)signum, KILL_STEPS_ONLY, NULL)
		  : SLURM_ERROR;
	quiet_end(saved);
	return rc == SLURM_SUCCESS ? 0
				   : slurm_failed("cannot signal the steps of", job, e);
}

int steps_end(unsigned int job, int cancel_fd, struct error *e)
{
	struct pollfd cancel = { .fd = cancel_fd, .events = POLLIN };
	int running = steps_running(job, NULL, e);

	if (running <= 0)
		return running;
	if (steps_signal(job, SIGKILL, e) < 0)
		return -1;
	for (int i = 0; i < LOOKS; i++) {
		running = steps_running(job, NULL, e);
		if (running <= 0)
			return running;
		if (poll(&cancel, 1, LOOK_MS) > 0)
			break;
	}
	return error_set(e, "a step of job %u does not end", job);
}
