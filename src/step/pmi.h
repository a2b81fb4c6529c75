/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pmi.h - the server of PMI-1 and PMI-2 for the tasks of a step on one node.
 *
 * Each task has a socket pair, whose other end is srun's, and says in its first message
 * which of the two it speaks (pmi_message.h). There is no thread, no address and no file,
 * so all of it is saved with the job. What is asked for and how it is answered is as in
 * MPICH's src/pmi and Slurm's mpi/pmi2; processes that a task wants to spawn, and names
 * that it wants to publish, are refused.
 */
#ifndef STEP_PMI_H
#define STEP_PMI_H

#include <poll.h>
#include <stdbool.h>

struct pmi;

/* For tasks that are in a job of this name. NULL and errno. */
struct pmi *pmi_open(long ntasks, const char *name);

/* In the environment of a task's process, which we are: it has its end. -1 and errno. */
int pmi_be_task(const struct pmi *pmi, long task);

/* All tasks are started: their ends are theirs. */
void pmi_started(struct pmi *pmi);

/* What to wait for: fills one of each task at most. */
nfds_t pmi_wait_for(const struct pmi *pmi, struct pollfd *fds);

/* Answer what tasks have asked. false: one of them wants the step to be aborted. */
bool pmi_serve(struct pmi *pmi, const struct pollfd *fds, nfds_t count);

/* How many tasks have said so much as which protocol they speak. */
long pmi_connected(const struct pmi *pmi);

void pmi_close(struct pmi *pmi);

#endif
