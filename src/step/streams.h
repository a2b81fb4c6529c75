/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * streams.h - what goes between srun's own stdin, stdout and stderr, or files in their
 * place, and the pipes of its tasks.
 *
 * Output is passed on by lines, as Slurm does, so those of different tasks are not mixed;
 * with --unbuffered as it comes. Where somebody reads slowly the tasks wait, and srun itself
 * does not: it writes to a pipe what there is room for.
 */
#ifndef STEP_STREAMS_H
#define STEP_STREAMS_H

#include <poll.h>

#include "base/error.h"
#include "step/step.h"

struct streams;

/*
 * Open what the options name, and make the pipes of all tasks. NULL and one sentence, which
 * is in Slurm's words, on failure.
 */
struct streams *streams_open(struct step *step, struct error *e);

/* What to wait for: fills at most streams_max() of them, and says how many. */
nfds_t streams_max(const struct streams *s);
nfds_t streams_wait_for(struct streams *s, struct pollfd *fds);

/* Pass on what can be passed on now; fds are those of streams_wait_for(). */
void streams_serve(struct streams *s, const struct pollfd *fds, nfds_t count);

/* All tasks have ended: pass on what they have left, and wait until it is read. */
void streams_finish(struct streams *s);

#endif
