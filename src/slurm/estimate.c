// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/estimate.h"

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "slurm/hosts.h"
#include "slurm/quiet.h"
#include "slurm/release.h"

static const char *shown(const char *text)
{
	return text ? text : "";
}

char *estimate_key(const struct job_entry *job)
{
	const job_info_t *i = job->info;

	return str_printf("%u|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%u|%u|%u|%u|%u|%llu|%u|%u|%u",
			  i->user_id, shown(i->account), shown(i->qos),
			  shown(i->partition), shown(i->resv_name), shown(i->licenses),
			  shown(i->features), shown(i->req_nodes), shown(i->exc_nodes),
			  shown(i->tres_per_node), shown(i->tres_per_job), i->num_nodes,
			  i->max_nodes, i->num_cpus, i->num_tasks, i->cpus_per_task,
			  (unsigned long long)i->pn_min_memory, i->pn_min_cpus,
			  i->time_limit, i->shared);
}

static void describe(job_desc_msg_t *desc, const job_info_t *i)
{
	slurm_init_job_desc_msg(desc);
	desc->user_id = i->user_id;
	desc->group_id = i->group_id;
	desc->name = (char *)"smigrate";
	desc->work_dir = (char *)"/";
	desc->account = i->account;
	desc->qos = i->qos;
	desc->reservation = i->resv_name;
	desc->licenses = i->licenses;
	desc->features = i->features;
	desc->tres_per_node = i->tres_per_node;
	desc->tres_per_job = i->tres_per_job;
	desc->tres_per_socket = i->tres_per_socket;
	desc->tres_per_task = i->tres_per_task;
	desc->min_nodes = i->num_nodes;
	desc->max_nodes = i->max_nodes ? i->max_nodes : i->num_nodes;
	desc->min_cpus = i->num_cpus;
	desc->num_tasks = i->num_tasks;
	desc->cpus_per_task = i->cpus_per_task;
	desc->ntasks_per_node = i->ntasks_per_node ? i->ntasks_per_node : NO_VAL16;
	desc->pn_min_cpus = i->pn_min_cpus;
	desc->pn_min_memory = i->pn_min_memory;
	desc->time_limit = i->time_limit;
	if (i->shared == JOB_SHARED_NONE)
		desc->shared = JOB_SHARED_NONE;
}

static char *pick(const struct placement *placement, enum placement_field field,
		  char *own)
{
	const char *value = placement->value[field];

	if (!value)
		return own && *own ? own : NULL;
	return *value ? (char *)value : NULL;
}

static void place(job_desc_msg_t *desc, const job_info_t *i, const struct placement *p)
{
	desc->req_nodes = pick(p, PLACEMENT_NODELIST, i->req_nodes);
	desc->exc_nodes = pick(p, PLACEMENT_EXCLUDE, i->exc_nodes);
	desc->partition = pick(p, PLACEMENT_PARTITION, i->partition);
	desc->features = pick(p, PLACEMENT_CONSTRAINT, i->features);
}

static int take(struct estimate *estimate, const will_run_response_msg_t *answer,
		struct error *e)
{
	estimate->start = answer->start_time;
	estimate->nodes = strdup(shown(answer->node_list));
	return estimate->nodes ? 0 : error_sys(e, "estimate");
}

/* Is it of the request, whatever the nodes are doing? */
static bool is_for_good(int error)
{
	return error == ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE ||
	       error == ESLURM_REQUESTED_PART_CONFIG_UNAVAILABLE ||
	       error == ESLURM_INVALID_NODE_NAME ||
	       error == ESLURM_TOO_MANY_REQUESTED_CPUS;
}

/* slurmctld would make all the hosts. */
static bool is_too_long(const struct placement *p)
{
	const char *nodes = p->value[PLACEMENT_NODELIST];
	const char *exclude = p->value[PLACEMENT_EXCLUDE];

	return (nodes && hosts_are_too_many(nodes)) ||
	       (exclude && hosts_are_too_many(exclude));
}

int estimate_start(const struct job_entry *job, const struct placement *placement,
		   struct estimate *estimate, struct error *e)
{
	will_run_response_msg_t *answer = NULL;
	job_desc_msg_t desc;
	int saved, rc;

	*estimate = (struct estimate){ 0 };
	if (is_too_long(placement))
		return error_set(e,
				 "Slurm is not asked when job %u would start, as a list "
				 "of its nodes stands for more than %d",
				 job->id, HOSTS_MAX);
	slurm_init(NULL);
	describe(&desc, job->info);
	place(&desc, job->info, placement);
	saved = quiet_begin();
	rc = slurm_job_will_run2(&desc, &answer);
	quiet_end(saved);
	if (rc == SLURM_SUCCESS && answer) {
		rc = take(estimate, answer, e);
		slurm_free_will_run_response_msg(answer);
		return rc;
	}
	estimate->never = is_for_good(errno);
	estimate->why = strdup(slurm_strerror(errno));
	return estimate->why ? 0 : error_sys(e, "estimate");
}

void estimate_free(struct estimate *estimate)
{
	free(estimate->nodes);
	free(estimate->why);
	*estimate = (struct estimate){ 0 };
}
