// SPDX-License-Identifier: GPL-2.0-or-later
#include "slurm/job.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "slurm/ctl_conf.h"
#include "slurm/hosts.h"
#include "slurm/quiet.h"
#include "slurm/release.h"
#include "slurm/sacctmgr.h"

#define ASK_AGAIN 1000 /* ms, before a slurmctld is asked again that did not answer */

#ifdef GRACE_PREEMPT

/* Of a partition; cluster if it has none of its own, -1 if it cannot be told. */
static int partition_mode(const char *partition, int cluster)
{
	partition_info_msg_t *msg = NULL;
	int mode = -1;

	if (slurm_load_partitions(0, &msg, SHOW_ALL) != SLURM_SUCCESS)
		return -1;
	for (uint32_t i = 0; i < msg->record_count; i++) {
		const partition_info_t *p = &msg->partition_array[i];

		if (!strcmp(p->name, partition))
			mode = p->preempt_mode != NO_VAL16 ? p->preempt_mode : cluster;
	}
	slurm_free_partition_info_msg(msg);
	return mode;
}

struct qos_mode {
	int cluster;
	int mode;
};

static void read_qos_mode(void *arg, char *word)
{
	struct qos_mode *q = arg;

	if (!strcasecmp(word, "requeue"))
		q->mode = PREEMPT_MODE_REQUEUE;
	else if (!strcasecmp(word, "cluster"))
		q->mode = q->cluster;
	else if (*word)
		q->mode = PREEMPT_MODE_CANCEL; /* or another that does not requeue */
}

/* The same of a QOS, which slurmctld does not tell. */
static int qos_mode(const char *qos, int cluster)
{
	const char *words[] = { "qos", qos, "format=PreemptMode", NULL };
	struct qos_mode q = { .cluster = cluster, .mode = -1 };

	return sacctmgr_show(words, read_qos_mode, &q, NULL) == 0 ? q.mode : -1;
}

/* By which a job is preempted; -1 if it cannot be told. */
static int preempt_mode(const job_info_t *job)
{
	slurm_conf_t *conf = ctl_conf_load(NULL);
	int mode = -1;

	if (!conf)
		return -1;
	if (conf->preempt_type && !strcmp(conf->preempt_type, "preempt/partition_prio"))
		mode = partition_mode(job->partition ? job->partition : "",
				      conf->preempt_mode);
	else if (conf->preempt_type && !strcmp(conf->preempt_type, "preempt/qos") &&
		 job->qos)
		mode = qos_mode(job->qos, conf->preempt_mode);
	ctl_conf_free(conf);
	return mode < 0 ? -1
			: mode & (PREEMPT_MODE_REQUEUE | PREEMPT_MODE_CANCEL |
				  PREEMPT_MODE_SUSPEND);
}

static void read_grace(const job_info_t *job, struct job_view *view)
{
	int mode;

	if (!(job->bitflags & GRACE_PREEMPT) || !job->requeue)
		return;
	mode = preempt_mode(job);
	view->requeued_at_end = mode == PREEMPT_MODE_REQUEUE;
	view->maybe_requeued_at_end = mode == -1;
}

#else

static void read_grace(const job_info_t *job, struct job_view *view)
{
	(void)job;
	(void)view;
}

#endif

/* MaxBatchRequeue; if it cannot be told, Slurm's default. */
static unsigned int max_batch_requeue(void)
{
	unsigned int max = DEFAULT_MAX_BATCH_REQUEUE;
#ifdef HAVE_MAX_BATCH_REQUEUE
	slurm_conf_t *conf = ctl_conf_load(NULL);

	if (conf)
		max = conf->max_batch_requeue;
	ctl_conf_free(conf);
#endif
	return max;
}

unsigned int job_failures_left(unsigned int batch_flag)
{
	unsigned int max = max_batch_requeue();

	return max > batch_flag ? max - batch_flag : 0;
}

/* Has somebody requeued it, perhaps its own script, which then may still run? */
static bool is_queued(const job_info_t *job)
{
	const uint32_t queued = JOB_REQUEUE | JOB_REQUEUE_HOLD | JOB_SPECIAL_EXIT;

	return (job->job_state & JOB_STATE_BASE) == JOB_PENDING ||
	       (job->job_state & queued) != 0;
}

static void fill_view(const job_info_t *job, struct job_view *view)
{
	*view = (struct job_view){
		.submitted = job->submit_time,
		.running = job->job_state == JOB_RUNNING,
		.queued = is_queued(job),
		.preempted = job->preempt_time != 0,
		.requeue = job->requeue != 0,
		.restarts = job->restart_cnt,
		.failures_left = job_failures_left(job->batch_flag),
	};
	snprintf(view->host, sizeof(view->host), "%s",
		 job->batch_host ? job->batch_host : "");
	read_grace(job, view);
}

static int read_view(unsigned int job, struct job_view *view, struct error *e)
{
	job_info_msg_t *msg = NULL;
	int rc = -1;

	if (slurm_load_job(&msg, job_key(job), SHOW_DETAIL) != SLURM_SUCCESS)
		return slurm_failed("cannot read", job, e);
	if (msg->record_count > 0) {
		fill_view(&msg->job_array[0], view);
		rc = 0;
	} else {
		error_set(e, "job %u is not known to Slurm", job);
	}
	slurm_free_job_info_msg(msg);
	if (rc < 0)
		errno = ESLURM_INVALID_JOB_ID;
	return rc;
}

int job_read(unsigned int job, struct job_view *view, struct error *e)
{
	int saved, rc;

	slurm_init(NULL);
	saved = quiet_begin();
	rc = read_view(job, view, e);
	quiet_end(saved);
	return rc;
}

/*
 * Nothing tells when slurmctld is back. libslurm tries to reach it for MessageTimeout;
 * but it fails at once if munged is away.
 */
int job_read_for_sure(unsigned int job, struct job_view *view, struct error *e)
{
	while (job_read(job, view, e) < 0) {
		if (errno == ESLURM_INVALID_JOB_ID)
			return -1;
		poll(NULL, 0, ASK_AGAIN);
	}
	return 0;
}

int job_requeue(unsigned int job, bool hold, struct error *e)
{
	int saved, rc;

	slurm_init(NULL);
	saved = quiet_begin();
	rc = slurm_requeue(job_key(job), hold ? JOB_REQUEUE_HOLD : 0);
	quiet_end(saved);
	return rc == SLURM_SUCCESS ? 0 : slurm_failed("cannot requeue", job, e);
}

static void name_job(job_desc_msg_t *desc, unsigned int job)
{
	slurm_init_job_desc_msg(desc);
	job_desc_set(desc, job);
}

/* slurmctld would make all the hosts, and write them to its log. */
static int check_list(unsigned int job, const char *list, struct error *e)
{
	if (!list || !hosts_are_too_many(list))
		return 0;
	return error_set(e,
			 "cannot change the request of job %u: a list of its nodes "
			 "stands for more than %d",
			 job, HOSTS_MAX);
}

int job_set_nodes(unsigned int job, const char *nodes, const char *exclude,
		  struct error *e)
{
	job_desc_msg_t desc;

	if (check_list(job, nodes, e) < 0 || check_list(job, exclude, e) < 0)
		return -1;
	slurm_init(NULL);
	name_job(&desc, job);
	desc.req_nodes = (char *)nodes;
	desc.exc_nodes = (char *)exclude;
	if (slurm_update_job(&desc) != SLURM_SUCCESS)
		return slurm_failed("cannot set the nodes of", job, e);
	return 0;
}

/* Is it the first of jobs that start together (sbatch's "hetjob")? */
static bool leads_others(unsigned int job)
{
	job_info_msg_t *msg = NULL;
	bool leads;

	if (slurm_load_job(&msg, job_key(job), SHOW_ALL) != SLURM_SUCCESS)
		return false;
	leads = msg->record_count > 0 && msg->job_array[0].het_job_id == job;
	slurm_free_job_info_msg(msg);
	return leads;
}

/*
 * By its name slurmctld changes all of them. (An array's element has a number for that:
 * by its name alone it may be the array.)
 */
static int update_all_parts(job_desc_msg_t *desc, unsigned int job)
{
	job_array_resp_msg_t *answers = NULL;
	char name[16];
	int rc;

	snprintf(name, sizeof(name), "%u", job);
	desc->job_id_str = name;
	rc = slurm_update_job2(desc, &answers);
	if (answers)
		slurm_free_job_array_resp(answers);
	return rc;
}

int job_release(unsigned int job, struct error *e)
{
	job_desc_msg_t desc;
	int rc;

	slurm_init(NULL);
	name_job(&desc, job);
	desc.priority = INFINITE; /* as scontrol release */
	rc = leads_others(job) ? update_all_parts(&desc, job) : slurm_update_job(&desc);
	return rc == SLURM_SUCCESS ? 0 : slurm_failed("cannot release", job, e);
}

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

static int fill_placement(struct placement *p, const job_info_t *job, struct error *e)
{
	p->value[PLACEMENT_NODELIST] = copy(job->req_nodes);
	p->value[PLACEMENT_EXCLUDE] = copy(job->exc_nodes);
	p->value[PLACEMENT_PARTITION] = copy(job->partition);
	p->value[PLACEMENT_CONSTRAINT] = copy(job->features);
	for (int i = 0; i < PLACEMENT_FIELDS; i++) {
		if (!p->value[i])
			return error_sys(e, "job %u", job->job_id);
	}
	return 0;
}

int job_read_placement(unsigned int job, struct placement *placement, struct error *e)
{
	job_info_msg_t *msg = NULL;
	int saved, rc;

	*placement = (struct placement){ 0 };
	slurm_init(NULL);
	saved = quiet_begin();
	rc = slurm_load_job(&msg, job_key(job), SHOW_ALL);
	quiet_end(saved);
	if (rc != SLURM_SUCCESS)
		return slurm_failed("cannot read", job, e);
	rc = msg->record_count > 0 ? fill_placement(placement, &msg->job_array[0], e)
				   : error_set(e, "job %u is not known to Slurm", job);
	slurm_free_job_info_msg(msg);
	return rc;
}

static int update(job_desc_msg_t *desc, const char *what, unsigned int job,
		  struct error *e)
{
	int saved = quiet_begin();
	int rc = slurm_update_job(desc);

	quiet_end(saved);
	return rc == SLURM_SUCCESS ? 0 : slurm_failed(what, job, e);
}

int job_place(unsigned int job, const struct placement *placement, time_t begin,
	      struct error *e)
{
	job_desc_msg_t desc;

	if (check_list(job, placement->value[PLACEMENT_NODELIST], e) < 0 ||
	    check_list(job, placement->value[PLACEMENT_EXCLUDE], e) < 0)
		return -1;
	slurm_init(NULL);
	name_job(&desc, job);
	desc.req_nodes = placement->value[PLACEMENT_NODELIST];
	desc.exc_nodes = placement->value[PLACEMENT_EXCLUDE];
	desc.partition = placement->value[PLACEMENT_PARTITION];
	desc.features = placement->value[PLACEMENT_CONSTRAINT];
	desc.begin_time = begin;
	return update(&desc, "cannot change the request of", job, e);
}

int job_begin(unsigned int job, time_t begin, struct error *e)
{
	return job_place(job, &(struct placement){ 0 }, begin, e);
}

int job_set_priority(unsigned int job, unsigned int priority, unsigned int nice,
		     struct error *e)
{
	job_desc_msg_t desc;

	slurm_init(NULL);
	name_job(&desc, job);
	desc.priority = priority;
	if (priority == JOB_PRIORITY_BY_SLURM)
		desc.nice = nice;
	return update(&desc, "cannot change the priority of", job, e);
}

int job_cancel(const char *name, struct error *e)
{
	slurm_init(NULL);
	if (slurm_kill_job2(name, SIGKILL, 0, NULL) != SLURM_SUCCESS)
		return slurm_failed_by_name("cannot cancel", name, e);
	return 0;
}

int job_signal_batch(const char *name, int signum, struct error *e)
{
	slurm_init(NULL);
	if (slurm_kill_job2(name, (uint16_t)signum, KILL_JOB_BATCH, NULL) !=
	    SLURM_SUCCESS)
		return slurm_failed_by_name("cannot signal", name, e);
	return 0;
}

/* This host's slurm.conf, as libslurm has read it; it exports it in no header. */
extern slurm_conf_t slurm_conf __attribute__((weak));

static const char *name_here(void)
{
	return &slurm_conf && slurm_conf.cluster_name && *slurm_conf.cluster_name
		       ? slurm_conf.cluster_name
		       : NULL;
}

const char *cluster_name(void)
{
	static char name[256];
	slurm_conf_t *conf;

	slurm_init(NULL);
	if (name_here())
		return name_here();
	conf = ctl_conf_load(NULL);
	if (!conf)
		return NULL;
	snprintf(name, sizeof(name), "%s", conf->cluster_name ? conf->cluster_name : "");
	ctl_conf_free(conf);
	return name[0] ? name : NULL;
}
