/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inherited.h - what a job must not inherit from a checkpointed job in whose script it
 * was submitted: that one's folder, and a TMPDIR in it.
 *
 * Pure: nothing here needs Slurm.
 */
#ifndef SPANK_INHERITED_H
#define SPANK_INHERITED_H

#include <stdbool.h>

/* The names of the variables that are to go, up to NULL. */
extern const char *const inherited_variables[];

/* Is this TMPDIR the own one of the job with that folder, or in it? Either may be NULL.
 */
bool inherited_is_own(const char *tmpdir, const char *folder);

/* Give this program the TMPDIR that it would have without us, if it has the job's. */
void inherited_reset_tmpdir(void);

/* Take all of it out of this program's environment, which sbatch is about to send. */
void inherited_drop(void);

#endif
