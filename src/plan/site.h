/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site.h - is a cluster configured so that its jobs can be saved when it matters?
 *
 * What Slurm's configuration says, as plain values, and what is right about it, what is
 * missing, and what to write where.
 */
#ifndef PLAN_SITE_H
#define PLAN_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum site_preempt {
	SITE_PREEMPT_UNSET, /* of a partition or QOS: as the cluster has it */
	SITE_PREEMPT_OFF,
	SITE_PREEMPT_REQUEUE,
	SITE_PREEMPT_CANCEL,
	SITE_PREEMPT_SUSPEND,
};

#define SITE_UNLIMITED (-1L)

/* A partition or a QOS; strings are the owner's of struct site. */
struct site_queue {
	char *name;
	unsigned int tier; /* of a partition: PriorityTier */
	char *preempted;   /* a QOS: list of those that it preempts, or NULL */
	enum site_preempt mode;
	long grace;    /* GraceTime, seconds */
	long max_time; /* seconds, or SITE_UNLIMITED */
};

enum site_preempt_type { SITE_NO_PREEMPTION, SITE_BY_PARTITION, SITE_BY_QOS };

struct site {
	unsigned int release; /* of slurmctld: 2205, 2411 */
	enum site_preempt_type preempt_type;
	enum site_preempt mode; /* of the cluster */
	char *preempt_params;	/* lists, as configured; "" if there are none */
	char *slurmctld_params;
	char *sched_params;
	char *auth_info;
	bool job_requeue;
	unsigned int max_batch_requeue;
	unsigned int exempt_time;  /* PreemptExemptTime, seconds */
	struct site_queue *queues; /* partitions; with SITE_BY_QOS the QOS after them */
	size_t npartitions, nqueues;
	bool private_nodes;	    /* PrivateData=nodes: users see none, */
	bool private_jobs;	    /* and only their own jobs */
	bool qos_known;		    /* slurmdbd has answered */
	unsigned int limit_warning; /* GraceTime of checkpoint.conf, seconds */
};

enum finding_kind {
	FINDING_RIGHT,
	FINDING_ADVICE, /* it works, and could be better */
	FINDING_MISSING,
};

struct finding {
	enum finding_kind kind;
	const char *use;    /* for what: "preemption", "failures", "this node" */
	struct error text;  /* what is so, and why that matters */
	struct error write; /* what to write where; empty if nothing is to be */
};

typedef void (*finding_fn)(void *arg, const struct finding *finding);

/* Judge: fn is called for each finding. */
void site_judge(const struct site *site, finding_fn fn, void *arg);

/*
 * The value of an item of a list as "a,b=1": "" for one without, NULL if it is not there.
 * Case does not matter. Points into list, and ends at a comma.
 */
const char *site_find_item(const char *list, const char *item);

void site_free(struct site *site);

#endif
