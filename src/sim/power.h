/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * power.h - what the nodes of a simulated cluster use: as Slurm's power saving has it, nodes
 * that are idle for SuspendTime are switched off, and boot when a job needs them.
 */
#ifndef SIM_POWER_H
#define SIM_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of each node. A node that is used in part takes a part of what busy and idle differ by. */
struct power_model {
	double busy, idle, off, boot; /* watts */
	long suspend;	/* seconds idle until it is switched off; 0: never */
	long boot_time; /* seconds */
};

extern const struct power_model power_defaults;

/* What has been, of all nodes, until the last job was submitted. */
struct power {
	int64_t *idle_since; /* of each node; INT64_MAX: jobs are there */
	size_t count;
	double off; /* node seconds */
	uint64_t boots;
};

struct power_sums {
	double joules;
	double always_on; /* joules, if no node were ever switched off */
	double bound;	  /* joules, if no node were on that is not used */
};

/* All nodes are idle at second 0. -1 without memory. power_free() in any case. */
int power_init(struct power *p, size_t nodes);

bool power_is_off(const struct power *p, const struct power_model *m, size_t node,
		  int64_t now);

/*
 * A job comes to a node that was idle; true if it has to boot. What is after end is not
 * counted.
 */
bool power_use(struct power *p, const struct power_model *m, size_t node, int64_t now,
	       int64_t end);

/* The last job has left the node. */
void power_leave(struct power *p, size_t node, int64_t now);

/* The sums at the end, used being the node seconds in which jobs had the nodes. */
struct power_sums power_finish(struct power *p, const struct power_model *m, double used,
			       int64_t end);

void power_free(struct power *p);

#endif
