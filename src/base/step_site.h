/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step_site.h - what the job's own srun has to know of the cluster's configuration. The
 * runner asks slurmctld at each start of the job and writes it into the directory by which
 * the job speaks with it (control.h); srun reads it there and asks nobody.
 */
#ifndef BASE_STEP_SITE_H
#define BASE_STEP_SITE_H

#include <stdbool.h>

#include "base/error.h"

#define STEP_SITE_FILE "srun"

struct step_site {
	unsigned int release;	/* 2605 for 26.05 */
	unsigned int kill_wait; /* seconds from SIGTERM to SIGKILL */
	unsigned int wait;	/* WaitTime, seconds; 0: for ever */
	bool kill_on_bad_exit;
	bool affinity; /* TaskPlugin has task/affinity: tasks are bound by default */
	bool programs; /* there are programs that run around tasks, as TaskProlog */
	char mpi_default[32]; /* MpiDefault; "": none */
};

/* Replace the file in a directory. */
int step_site_write(const char *dir, const struct step_site *site, struct error *e);

/* Read that of a directory. */
int step_site_read(const char *dir, struct step_site *site, struct error *e);

#endif
