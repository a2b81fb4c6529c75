/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor.h - what "scheckpoint doctor" says of this node, beside the cluster
 * (plan/site.h), and of all nodes.
 */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include "cmd/scheckpoint.h"
#include "plan/site.h"
#include "slurm/site.h"

/* Whom it tells of what it finds on this node. */
struct doctor {
	const struct scheckpoint *s;
	const char *user; /* whose jobs; NULL: those of all, as root asks */
	finding_fn fn;
	void *arg;
};

void doctor_find(const struct doctor *d, enum finding_kind kind, const char *use,
		 const char *write, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Does plugstack.conf load the plugin, and can it be loaded by the Slurm that is here? */
void doctor_plugin(const struct doctor *d, const struct site_paths *paths);

/* Can they save jobs here? Each is tried by its self-test. */
void doctor_engines(const struct doctor *d);

/* May checkpoints be kept in CheckpointDir, and will nobody else harm them there? */
void doctor_dir(const struct doctor *d);

/* As root: directories there that are not those of the users whose they should be. */
void doctor_strangers(const struct doctor *d);

/* The configuration, the plugin, the engines and the directory. */
void doctor_node(const struct doctor *d, const struct site_paths *paths);

/*
 * The same as one line of JSON, for doctor_nodes(); token is the name of a file in
 * CheckpointDir, whose content is told, or "".
 */
int doctor_tell_node(const struct scheckpoint *s, const char *token);

/* Have each node do that, as a step of srun's, and print a table. */
int doctor_nodes(const struct scheckpoint *s);

#endif
