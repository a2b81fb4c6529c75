/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step.h - one step: what its parts share. Used inside step/ alone.
 */
#ifndef STEP_STEP_H
#define STEP_STEP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/step_site.h"
#include "step/binding.h"
#include "step/multi.h"
#include "step/pattern.h"
#include "step/demand.h"
#include "step/slots.h"
#include "step/srun_options.h"

struct mpi;

struct task {
	pid_t pid;  /* 0: it has ended, or was not started */
	int status; /* as from wait(2) */
	bool reported;
	char *output, *error, *input; /* files of its own; NULL: pipes of ours */
	int in[2], out[2], err[2];    /* pipes; -1: none */
	cpu_set_t cpus;
};

struct step {
	struct srun_options options;
	struct step_site site;
	struct demand demand;
	struct slots slots;
	struct multi multi;	    /* with --multi-prog */
	struct mpi *mpi;	    /* once the tasks are to be started */
	struct cpus job_cpus, cpus; /* of the job, and of the step */
	struct pattern_values names;
	const char *job;
	char *control; /* the directory by which the job speaks with its runner */
	struct task *tasks;
	long ntasks;
	bool bound;    /* the tasks are bound to CPUs, */
	bool confined; /* the job has just its CPUs, and no others */
};

#endif
