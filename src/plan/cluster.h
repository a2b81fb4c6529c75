/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cluster.h - a cluster and its jobs as the policies see them.
 *
 * Plain values, with the time among them. The simulator and whatever reads a living
 * cluster fill them in the same way, so that a policy decides the same for both. All
 * times are whole seconds. Some policies count CPUs alone; others place jobs on nodes.
 */
#ifndef PLAN_CLUSTER_H
#define PLAN_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/fit.h"

enum cluster_phase {
	CLUSTER_WAITING,
	CLUSTER_RUNNING,
	CLUSTER_LEAVING, /* it is being saved, and still has its CPUs */
};

/* Where a job is, or may be, on a cluster whose nodes are known. */
struct cluster_place {
	uint32_t count;	 /* nodes that it has, or asks for; 0: CPUs are counted alone */
	uint32_t cpus;	 /* on each, */
	uint64_t memory; /* and MB */
	uint32_t user;
	uint32_t rank;	     /* of the nodes for which it was submitted */
	bool alone;	     /* on nodes where no other job is */
	bool movable;	     /* it can be checkpointed, and continue on another node */
	const bool *allowed; /* of each node, may it be there? NULL: on all. Not owned */
	const uint32_t *nodes; /* that it has, by their place in the cluster; not owned */
};

struct cluster_job {
	uint32_t id;
	uint32_t cpus;
	uint32_t checkpoints; /* by which it has left its CPUs */
	enum cluster_phase phase;
	bool boosted;	/* CPUs were freed for it */
	bool protected; /* it has waited for too long */
	long submit;
	long start;    /* of the work of this run, after what was saved is restored */
	long done;     /* seconds of work in the runs before this one */
	long estimate; /* seconds of work in all: its time limit */
	long dump;     /* seconds that a checkpoint of it takes, */
	long restore;  /* and the restart */
	double image;  /* bytes that its checkpoint writes */
	long fair_wait; /* seconds that it would have waited without any policy; -1: unknown */
	double factor; /* by which the queue is ordered; order_queue() sets it */
	size_t index;  /* of it in the list that it is in */
	struct cluster_place place;
};

/* Jobs in no order, unless a function says so. */
struct cluster_list {
	struct cluster_job **jobs;
	size_t count, room;
};

struct cluster_node {
	uint32_t cpus;
	uint64_t memory; /* MB */
	bool up;	 /* it takes jobs */
	uint32_t rank;	 /* the higher, the better for a job; all 0: they are alike */
	double speed;	 /* at which work is done there; all 1: not known */
	struct fit_node free;
};

struct cluster {
	long now;
	uint64_t cpus;
	uint64_t free;	  /* of these, used by no job */
	uint64_t leaving; /* of these, of jobs that are being saved */
	struct cluster_list waiting, running;
	uint64_t submitted;	    /* jobs so far */
	uint64_t checkpointed;	    /* of these, ever taken off their CPUs */
	struct cluster_node *nodes; /* NULL: CPUs are counted alone */
	size_t node_count;
	size_t moving; /* jobs that are being saved or restored now */
};

/* Add to a list, or take out in constant time; the job is not the list's. -1: no memory. */
int cluster_list_add(struct cluster_list *list, struct cluster_job *job);
void cluster_list_remove(struct cluster_list *list, struct cluster_job *job);
void cluster_list_free(struct cluster_list *list);

/* Seconds of work that a job has done by now. */
long cluster_done(const struct cluster_job *job, long now);

/* Seconds of work that are left to do by its estimate, at least one. */
long cluster_remaining(const struct cluster_job *job, long now);

/* Seconds since its submission in which it has done no work. */
long cluster_waited(const struct cluster_job *job, long now);

/*
 * Its expansion factor: by how much the time that it has waited makes it longer than its
 * work is. 1 for a job that has not waited. Jobs below ten seconds count as ten seconds.
 */
double cluster_factor(const struct cluster_job *job, long now);

/* When a running job ends by its estimate. */
long cluster_end(const struct cluster_job *job);

/* Seconds that a move of it takes: a checkpoint, and a restart. */
long cluster_move_time(const struct cluster_job *job);

/* What the job asks of each of its nodes. */
struct fit_request cluster_request(const struct cluster_job *job);

/* What is free on the node once the job has left it. */
void cluster_give_back(const struct cluster_node *node, const struct cluster_job *job,
		       struct fit_node *free);

#endif
