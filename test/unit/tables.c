// SPDX-License-Identifier: GPL-2.0-or-later
#include "tables.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void tables_init(struct tables *t, size_t nodes, unsigned int cpus, size_t jobs)
{
	*t = (struct tables){ .job_room = jobs };
	t->nodes.nodes = calloc(nodes + 1, sizeof(*t->nodes.nodes));
	t->jobs.jobs = calloc(jobs + 1, sizeof(*t->jobs.jobs));
	t->names = calloc(nodes + 1, sizeof(*t->names));
	if (!t->nodes.nodes || !t->jobs.jobs || !t->names)
		abort();
	for (size_t i = 0; i < nodes; i++) {
		snprintf(t->names[i], sizeof(t->names[i]), "n%05zu", i);
		t->nodes.nodes[i] = (struct node_entry){
			.name = t->names[i],
			.takes_jobs = true,
			.cpus = cpus,
			.memory = 1000ULL * cpus,
			.features = (char *)"",
			.partitions = (char *)"all",
		};
	}
	t->nodes.count = nodes;
}

static struct job_entry *add(struct tables *t, unsigned int cpus)
{
	struct job_entry *job = &t->jobs.jobs[t->jobs.count++];

	if (t->jobs.count > t->job_room)
		abort();
	*job = (struct job_entry){
		.id = (unsigned int)t->jobs.count,
		.array_task = UINT32_MAX,
		.user = 1000,
		.user_name = (char *)"alice",
		.partition = (char *)"all",
		.nodes = (char *)"",
		.nodelist = (char *)"",
		.exclude = (char *)"",
		.constraint = (char *)"",
		.node_count = 1,
		.one_node = true,
		.cpus = cpus,
		.memory = 500ULL * cpus,
		.requeue = true,
		.submit = TABLES_NOW - 1000,
		.limit = 3600,
	};
	return job;
}

struct job_entry *tables_run(struct tables *t, size_t node, unsigned int cpus)
{
	struct job_entry *job = add(t, cpus);

	job->phase = JOB_RUNS;
	job->nodes = t->names[node];
	job->begin = TABLES_NOW - 600;
	return job;
}

struct job_entry *tables_wait(struct tables *t, unsigned int cpus)
{
	struct job_entry *job = add(t, cpus);

	job->phase = JOB_QUEUED;
	job->competes = true;
	return job;
}

void tables_fill(struct tables *t, size_t running, size_t waiting)
{
	unsigned int cpus = t->nodes.nodes[0].cpus;
	size_t each = (running + t->nodes.count - 1) / t->nodes.count;

	for (size_t i = 0; i < running; i++) {
		size_t node = i / each;
		/* Up to as many CPUs as are there for each, so that holes of all sizes stay. */
		unsigned int most = cpus / (unsigned int)each;

		tables_run(t, node, 1 + (unsigned int)((i * 7919) % most))->limit =
			2000 + (long)((i * 104729) % 80000);
	}
	for (size_t i = 0; i < waiting; i++)
		tables_wait(t, cpus - (unsigned int)(i % (cpus / 2)))->limit = 36000;
}

void tables_free(struct tables *t)
{
	free(t->nodes.nodes);
	free(t->jobs.jobs);
	free(t->names);
}
