// SPDX-License-Identifier: GPL-2.0-or-later
#include "step/demand.h"

static bool is_set(long number)
{
	return number != STEP_UNSET;
}

static long count_tasks(const struct srun_options *o, const struct room *room)
{
	if (is_set(o->ntasks))
		return o->ntasks;
	if (is_set(o->ntasks_per_node))
		return o->ntasks_per_node;
	/* As many as there is room for, if each says how many CPUs it has. */
	if (is_set(o->cpus_per_task) && room->cpus >= o->cpus_per_task)
		return room->cpus / o->cpus_per_task;
	return 1;
}

static uint64_t count_memory(const struct srun_options *o, const struct demand *r)
{
	if (o->has_mem_per_cpu)
		return o->mem_per_cpu * (uint64_t)r->cpus;
	return o->has_mem ? o->mem : 0;
}

int demand_make(struct demand *r, const struct srun_options *o, const struct room *room)
{
	long cpus;

	*r = (struct demand){ .ntasks = count_tasks(o, room),
			      .cpus_per_task =
				      is_set(o->cpus_per_task) ? o->cpus_per_task : 0,
			      .shares = o->overlap };
	/* Since 21.08 who says how many CPUs a task has means just these. */
	r->exact = o->exact || r->cpus_per_task > 0;
	r->per_node_void = is_set(o->ntasks_per_node) && r->ntasks > o->ntasks_per_node;
	cpus = r->ntasks * (r->cpus_per_task ? r->cpus_per_task : 1);
	if (cpus > room->cpus) {
		if (!o->overcommit)
			return -1;
		cpus = room->cpus;
	}
	r->cpus = r->exact ? cpus : room->cpus;
	r->mem = room->mem ? count_memory(o, r) : 0;
	return r->mem > room->mem ? -1 : 0;
}
