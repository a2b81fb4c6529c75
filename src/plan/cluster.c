// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/cluster.h"

#include <stdlib.h>

#define SHORTEST 10 /* seconds; below it a factor says nothing, as in bounded slowdown */

int cluster_list_add(struct cluster_list *list, struct cluster_job *job)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		void *jobs = reallocarray(list->jobs, room, sizeof(list->jobs[0]));

		if (!jobs)
			return -1;
		list->jobs = jobs;
		list->room = room;
	}
	job->index = list->count;
	list->jobs[list->count++] = job;
	return 0;
}

void cluster_list_remove(struct cluster_list *list, struct cluster_job *job)
{
	struct cluster_job *last = list->jobs[--list->count];

	list->jobs[job->index] = last;
	last->index = job->index;
}

void cluster_list_free(struct cluster_list *list)
{
	free(list->jobs);
	*list = (struct cluster_list){ 0 };
}

long cluster_done(const struct cluster_job *job, long now)
{
	long here =
		job->phase == CLUSTER_RUNNING && now > job->start ? now - job->start : 0;

	return job->done + here;
}

long cluster_remaining(const struct cluster_job *job, long now)
{
	long left = job->estimate - cluster_done(job, now);

	return left > 1 ? left : 1;
}

long cluster_waited(const struct cluster_job *job, long now)
{
	return now - job->submit - cluster_done(job, now);
}

double cluster_factor(const struct cluster_job *job, long now)
{
	long done = cluster_done(job, now);
	long length = job->estimate > done ? job->estimate : done;

	if (length < SHORTEST)
		length = SHORTEST;
	return 1 + (double)(now - job->submit - done) / (double)length;
}

long cluster_end(const struct cluster_job *job)
{
	return job->start + job->estimate - job->done;
}

long cluster_move_time(const struct cluster_job *job)
{
	return job->dump + job->restore;
}

struct fit_request cluster_request(const struct cluster_job *job)
{
	return (struct fit_request){
		.nodes = job->place.count,
		.cpus = job->place.cpus,
		.memory = job->place.memory,
		.user = job->place.user,
		.alone = job->place.alone,
	};
}

void cluster_give_back(const struct cluster_node *node, const struct cluster_job *job,
		       struct fit_node *free)
{
	unsigned long long memory = free->memory + job->place.memory;
	unsigned int cpus = free->cpus + job->place.cpus;

	/* A job that is alone has the whole node, whatever it asks for. */
	free->cpus = job->place.alone || cpus > node->cpus ? node->cpus : cpus;
	free->memory = memory > node->memory ? node->memory : memory;
	free->jobs -= free->jobs > 0;
	free->mixed = free->mixed && free->jobs > 0;
}
