// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "plan/site.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Releases from which something is so. */
#define SEND_USER_SIGNAL  2302 /* PreemptParameters knows it */
#define END_IS_FAILURE	  2405 /* a job's own end within its GraceTime counts as one */
#define REQUEUE_DELAY	  2511 /* SchedulerParameters knows it */
#define MAX_BATCH_REQUEUE 2302 /* can be configured */

#define CRED_EXPIRE  120 /* seconds, Slurm's default */
#define LONG_DELAY   30	 /* seconds; more is told */
#define FEW_REQUEUES 20
#define PERIODIC     60 /* seconds; so much earlier may Slurm warn of a time limit */

struct judge {
	const struct site *site;
	finding_fn fn;
	void *arg;
};

static void find(const struct judge *j, enum finding_kind kind, const char *use,
		 const char *write, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static void find(const struct judge *j, enum finding_kind kind, const char *use,
		 const char *write, const char *format, ...)
{
	struct finding finding = { .kind = kind, .use = use };
	va_list ap;

	va_start(ap, format);
	vsnprintf(finding.text.text, sizeof(finding.text.text), format, ap);
	va_end(ap);
	snprintf(finding.write.text, sizeof(finding.write.text), "%s", write);
	j->fn(j->arg, &finding);
}

const char *site_find_item(const char *list, const char *item)
{
	const size_t length = strlen(item);

	for (; *list; list += strcspn(list, ","), list += *list == ',') {
		if (strncasecmp(list, item, length) != 0)
			continue;
		if (list[length] == '=')
			return list + length + 1;
		if (list[length] == ',' || list[length] == '\0')
			return list + length;
	}
	return NULL;
}

/* ---- preemption ---- */

static void judge_warning(const struct judge *j)
{
	const struct site *s = j->site;
	bool newer = s->release >= SEND_USER_SIGNAL;
	bool by_newer = newer && site_find_item(s->preempt_params, "send_user_signal");
	bool by_older = site_find_item(s->slurmctld_params, "preempt_send_user_signal");

	if (by_newer || by_older)
		find(j, FINDING_RIGHT, "preemption", "",
		     "jobs are told before they are preempted");
	else
		find(j, FINDING_MISSING, "preemption",
		     newer ? "slurm.conf: PreemptParameters=send_user_signal"
			   : "slurm.conf: SlurmctldParameters=preempt_send_user_signal",
		     "jobs are not told before they are preempted, and so not saved");
}

static enum site_preempt mode_of(const struct site *s, const struct site_queue *q)
{
	return q->mode == SITE_PREEMPT_UNSET ? s->mode : q->mode;
}

/* Is a queue one that makes way for others? */
static bool makes_way(const struct site *s, const struct site_queue *q)
{
	const size_t first = s->preempt_type == SITE_BY_QOS ? s->npartitions : 0;
	const size_t end = s->preempt_type == SITE_BY_QOS ? s->nqueues : s->npartitions;

	if (mode_of(s, q) == SITE_PREEMPT_OFF)
		return false;
	for (size_t i = first; i < end; i++) {
		const struct site_queue *other = &s->queues[i];

		if (s->preempt_type == SITE_BY_PARTITION && other->tier > q->tier)
			return true;
		if (other->preempted && site_find_item(other->preempted, q->name))
			return true;
	}
	return false;
}

static void judge_queue(const struct judge *j, const struct site_queue *q)
{
	const bool qos = j->site->preempt_type == SITE_BY_QOS;
	const char *kind = qos ? "QOS" : "partition";
	struct error write;

	if (mode_of(j->site, q) == SITE_PREEMPT_SUSPEND) {
		find(j, FINDING_ADVICE, "preemption", "",
		     "%s %s: jobs are suspended for others, and keep their memory on the "
		     "node; no checkpoint is taken",
		     kind, q->name);
		return;
	}
	if (mode_of(j->site, q) == SITE_PREEMPT_CANCEL)
		find(j, FINDING_ADVICE, "preemption", "",
		     "%s %s has PreemptMode=CANCEL: jobs that are saved continue later "
		     "all "
		     "the same, and those that are not are lost",
		     kind, q->name);
	snprintf(write.text, sizeof(write.text),
		 qos ? "sacctmgr modify qos %s set GraceTime=60"
		     : "slurm.conf: PartitionName=%s ... GraceTime=60",
		 q->name);
	if (q->grace == 0)
		find(j, FINDING_MISSING, "preemption", write.text,
		     "%s %s has GraceTime=0: its jobs are ended before they are saved",
		     kind, q->name);
	else
		find(j, FINDING_RIGHT, "preemption", "",
		     "%s %s makes way for others: a job has %ld seconds to be saved",
		     kind, q->name, q->grace);
}

static void judge_queues(const struct judge *j)
{
	const struct site *s = j->site;
	const bool qos = s->preempt_type == SITE_BY_QOS;
	bool found = false;

	if (qos && !s->qos_known) {
		find(j, FINDING_MISSING, "preemption", "",
		     "PreemptType=preempt/qos, and slurmdbd does not tell which QOS "
		     "there "
		     "are");
		return;
	}
	for (size_t i = qos ? s->npartitions : 0; i < (qos ? s->nqueues : s->npartitions);
	     i++) {
		if (!makes_way(s, &s->queues[i]))
			continue;
		found = true;
		judge_queue(j, &s->queues[i]);
	}
	if (!found)
		find(j, FINDING_MISSING, "preemption",
		     qos ? "sacctmgr modify qos HIGH set Preempt=LOW"
			 : "slurm.conf: PriorityTier and PreemptMode=REQUEUE of "
			   "partitions",
		     "no %s makes way for another", qos ? "QOS" : "partition");
}

static void judge_preemption(const struct judge *j)
{
	const struct site *s = j->site;

	if (s->preempt_type == SITE_NO_PREEMPTION) {
		find(j, FINDING_MISSING, "preemption",
		     "slurm.conf: PreemptType=preempt/partition_prio, "
		     "PreemptMode=REQUEUE",
		     "no job is preempted on this cluster");
		return;
	}
	judge_warning(j);
	judge_queues(j);
	if (s->exempt_time == 0)
		find(j, FINDING_ADVICE, "preemption",
		     "slurm.conf: PreemptExemptTime, some minutes",
		     "a job may be preempted as soon as it has started, and urgent ones "
		     "in "
		     "a row leave it little time to work");
	else
		find(j, FINDING_RIGHT, "preemption", "",
		     "a job that has started is left alone for %u seconds",
		     s->exempt_time);
}

/* ---- going on ---- */

static long requeue_delay(const struct site *s)
{
	const char *delay = NULL;

	if (s->release >= REQUEUE_DELAY)
		delay = site_find_item(s->sched_params, "requeue_delay");
	if (!delay)
		delay = site_find_item(s->auth_info, "cred_expire");
	return delay && *delay ? strtol(delay, NULL, 10) : CRED_EXPIRE;
}

static void judge_requeue(const struct judge *j)
{
	const struct site *s = j->site;
	const long delay = requeue_delay(s);

	if (s->job_requeue)
		find(j, FINDING_RIGHT, "requeue", "", "jobs may be requeued");
	else
		find(j, FINDING_MISSING, "requeue", "slurm.conf: JobRequeue=1",
		     "jobs are not requeued unless they say --requeue, and so do not "
		     "continue when they have left or lost their node");
	if (delay > LONG_DELAY)
		find(j, FINDING_ADVICE, "requeue",
		     s->release >= REQUEUE_DELAY
			     ? "slurm.conf: SchedulerParameters=requeue_delay=2"
			     : "slurm.conf: AuthInfo=cred_expire=10",
		     "a job that has left its node waits %ld seconds at least", delay);
	else
		find(j, FINDING_RIGHT, "requeue", "",
		     "a job that has left its node waits %ld seconds at least", delay);
}

static void judge_failures(const struct judge *j)
{
	const struct site *s = j->site;
	const char *counts =
		s->release >= END_IS_FAILURE
			? "; a preemption counts as one, unless it would be the last"
			: "";

	if (s->max_batch_requeue >= FEW_REQUEUES)
		find(j, FINDING_RIGHT, "failures", "",
		     "a job is held after %u failures%s", s->max_batch_requeue, counts);
	else
		find(j, FINDING_ADVICE, "failures",
		     s->release >= MAX_BATCH_REQUEUE ? "slurm.conf: MaxBatchRequeue=100"
						     : "",
		     "a job is held after %u failures%s", s->max_batch_requeue, counts);
}

/* ---- time limits ---- */

static void judge_limits(const struct judge *j)
{
	const struct site *s = j->site;
	const long least = (long)s->limit_warning + PERIODIC;
	bool found = false;

	for (size_t i = 0; i < s->npartitions; i++) {
		const struct site_queue *q = &s->queues[i];

		if (q->max_time == SITE_UNLIMITED || q->max_time > least)
			continue;
		found = true;
		find(j, FINDING_MISSING, "time limits",
		     "checkpoint.conf: GraceTime, or slurm.conf: MaxTime",
		     "partition %s: jobs of %ld seconds are saved for their time limit "
		     "as "
		     "soon as they start, since that may be %ld seconds before it",
		     q->name, q->max_time, least);
	}
	if (!found)
		find(j, FINDING_RIGHT, "time limits", "",
		     "jobs are saved %u to %ld seconds before their time limit",
		     s->limit_warning, least);
}

/* ---- moves ---- */

static void judge_privacy(const struct judge *j)
{
	const struct site *s = j->site;

	if (s->private_nodes)
		find(j, FINDING_ADVICE, "moves", "slurm.conf: PrivateData without nodes",
		     "PrivateData=nodes hides the nodes from users, whose smigrate and "
		     "doctor --all-nodes then know of none; those of administrators do");
	if (s->private_jobs)
		find(j, FINDING_ADVICE, "moves", "slurm.conf: PrivateData without jobs",
		     "PrivateData=jobs hides the jobs of others from users, whose "
		     "smigrate takes nodes for free that are not");
}

void site_judge(const struct site *site, finding_fn fn, void *arg)
{
	const struct judge j = { .site = site, .fn = fn, .arg = arg };

	judge_preemption(&j);
	judge_requeue(&j);
	judge_failures(&j);
	judge_limits(&j);
	judge_privacy(&j);
}

void site_free(struct site *site)
{
	for (size_t i = 0; i < site->nqueues; i++) {
		free(site->queues[i].name);
		free(site->queues[i].preempted);
	}
	free(site->queues);
	free(site->preempt_params);
	free(site->slurmctld_params);
	free(site->sched_params);
	free(site->auth_info);
	*site = (struct site){ 0 };
}
