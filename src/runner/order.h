/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order.h - Slurm's order to end, and whether it was meant for this start of the job.
 *
 * When a node fails, slurmctld orders it to end the jobs that were there, and tries for
 * some seconds to reach it. Where the job is started on that node again meanwhile, which
 * Slurm does as soon as the node is back, the order ends that start: slurmd goes by the
 * number of the job.
 */
#ifndef RUNNER_ORDER_H
#define RUNNER_ORDER_H

#include <stdbool.h>

#include "runner/task.h"
#include "store/folder.h"

/* Why a job leaves that was ended so. */
#define ORDER_MISTAKEN "Slurm ended it by an order that was for an earlier start of it"

/*
 * Has a SIGCONT come that nobody has read? Slurm sends one just before the SIGTERM by
 * which it ends a job, and before a --signal=TERM of the user's; scancel --signal=TERM
 * sends SIGTERM alone. All signals are blocked in the caller.
 */
bool order_is_waiting(void);

/*
 * Does slurmctld, for all that, have the job run here? It is asked, and waited for. False
 * where the signal may have been the user's.
 */
bool order_is_mistaken(const struct task *task, const struct folder *folder);

#endif
