// SPDX-License-Identifier: GPL-2.0-or-later
#include "placed.h"

#include <string.h>

#include "testing.h"

void placed_init(struct placed *p, size_t nodes, uint32_t cpus)
{
	memset(p, 0, sizeof(*p));
	p->c.now = PLACED_NOW;
	p->c.nodes = p->nodes;
	p->c.node_count = nodes;
	for (size_t i = 0; i < nodes; i++)
		p->nodes[i] = (struct cluster_node){
			.cpus = cpus,
			.memory = 1000,
			.up = true,
			.speed = 1,
			.free = { .cpus = cpus, .memory = 1000 },
		};
}

void placed_free(struct placed *p)
{
	moves_free(&p->moves);
	cluster_list_free(&p->c.waiting);
	cluster_list_free(&p->c.running);
}

static struct cluster_job *add(struct placed *p, uint32_t cpus)
{
	struct cluster_job *job = &p->jobs[p->count];

	*job = (struct cluster_job){
		.id = (uint32_t)p->count,
		.cpus = cpus,
		.submit = PLACED_NOW - 5000,
		.dump = 10,
		.restore = 10,
		.image = 1e9,
		.place = { .count = 1,
			   .cpus = cpus,
			   .memory = 100,
			   .movable = true,
			   .nodes = &p->at[p->count] },
	};
	p->count++;
	return job;
}

struct cluster_job *placed_run(struct placed *p, uint32_t node, uint32_t cpus, long left)
{
	struct cluster_job *job = add(p, cpus);
	const struct fit_request request = cluster_request(job);

	job->phase = CLUSTER_RUNNING;
	job->start = PLACED_NOW - 5000;
	job->estimate = 5000 + left;
	p->at[job->id] = node;
	fit_take(&p->nodes[node].free, &request);
	assert_int_equal(cluster_list_add(&p->c.running, job), 0);
	return job;
}

struct cluster_job *placed_wait(struct placed *p, uint32_t cpus)
{
	struct cluster_job *job = add(p, cpus);

	job->phase = CLUSTER_WAITING;
	job->estimate = 1000;
	assert_int_equal(cluster_list_add(&p->c.waiting, job), 0);
	return job;
}

void placed_assert_move(const struct placed *p, size_t i, const struct cluster_job *job,
			size_t from, size_t to)
{
	assert_true(i < p->moves.count);
	assert_ptr_equal(p->moves.moves[i].job, job);
	assert_int_equal(p->moves.moves[i].from, from);
	assert_int_equal(p->moves.moves[i].to, to);
}
