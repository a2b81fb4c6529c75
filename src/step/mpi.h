/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mpi.h - by which protocol the tasks of a step find each other (--mpi), so that they are
 * one program of MPI and not each its own.
 */
#ifndef STEP_MPI_H
#define STEP_MPI_H

#include <poll.h>
#include <stdbool.h>

#include "base/error.h"
#include "step/step.h"

enum mpi_protocol {
	MPI_NONE,
	MPI_PMI,     /* PMI-1 or PMI-2, as each task says */
	MPI_PMIX,    /* any release of it */
	MPI_SLURMS,  /* one that we do not know */
	MPI_REFUSED, /* none at all */
};

/* By which one: that of --mpi; otherwise the cluster's MpiDefault, where there are several. */
enum mpi_protocol mpi_protocol_of_step(const struct step *step);

/*
 * Serve the tasks that are to be started, and say so in what will be their environment. -1 and
 * one sentence: somebody else is to start them.
 */
int mpi_open(struct step *step, struct error *e);

/* After that has failed, before srun becomes another program: leave nothing behind. */
void mpi_give_up(void);

/* In the environment of a task's process, which we are. -1 and errno. */
int mpi_be_task(const struct step *step, long task);

/* All tasks are started. */
void mpi_started(struct step *step);

/* What to wait for: fills at most mpi_max() of them, and says how many. */
nfds_t mpi_max(const struct step *step);
nfds_t mpi_wait_for(const struct step *step, struct pollfd *fds);

/* Answer what tasks have asked. false: one of them wants the step to be aborted. */
bool mpi_serve(struct step *step, const struct pollfd *fds, nfds_t count);

/* All tasks have ended: report if they were to find each other, and none has tried to. */
void mpi_close(struct step *step);

#endif
