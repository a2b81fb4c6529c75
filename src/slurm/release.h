/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * release.h - what Slurm's releases differ in. Used inside slurm/ alone.
 */
#ifndef SLURM_RELEASE_H
#define SLURM_RELEASE_H

#include <errno.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <string.h>

#include "base/error.h"

/* How a job is named to slurmctld. */
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
static inline slurm_step_id_t job_key(unsigned int job)
{
	slurm_step_id_t id = SLURM_STEP_ID_INITIALIZER;

	id.job_id = job;
	return id;
}

static inline void job_desc_set(job_desc_msg_t *desc, unsigned int job)
{
	desc->step_id = job_key(job);
}

/* slurmctld knows who asks. */
static inline void node_set_asker(update_node_msg_t *msg, uid_t user)
{
	(void)msg;
	(void)user;
}

static inline int load_steps(unsigned int job, job_step_info_response_msg_t **msg)
{
	slurm_step_id_t id = job_key(job);

	return slurm_get_job_steps(&id, msg, SHOW_ALL);
}
#else
static inline void node_set_asker(update_node_msg_t *msg, uid_t user)
{
	msg->reason_uid = user;
}

static inline void job_desc_set(job_desc_msg_t *desc, unsigned int job)
{
	desc->job_id = job;
}

static inline uint32_t job_key(unsigned int job)
{
	return job;
}

static inline int load_steps(unsigned int job, job_step_info_response_msg_t **msg)
{
	return slurm_get_job_steps(0, job, NO_VAL, msg, SHOW_ALL);
}
#endif

/* How often a job may fail to start before it is held. Before 23.02 that was fixed. */
#define DEFAULT_MAX_BATCH_REQUEUE 5
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0)
#define HAVE_MAX_BATCH_REQUEUE
#endif

/* PreemptParameters came at the same time. */
#ifdef HAVE_MAX_BATCH_REQUEUE
#define conf_preempt_params(conf) ((conf)->preempt_params)
#else
#define conf_preempt_params(conf) NULL
#endif

/* The library has it, and slurm.h speaks of it, but declares it nowhere. */
extern void slurm_free_will_run_response_msg(will_run_response_msg_t *msg);

/* errno is Slurm's own, and so is its text. */
static inline int slurm_failed(const char *what, unsigned int job, struct error *e)
{
	return error_set(e, "%s job %u: %s", what, job, slurm_strerror(errno));
}

static inline int slurm_failed_by_name(const char *what, const char *name,
				       struct error *e)
{
	return error_set(e, "%s job %s: %s", what, name, slurm_strerror(errno));
}

#endif
