/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_output.h - the job's output and error files, as Slurm opened them.
 */
#ifndef RUNNER_OWN_OUTPUT_H
#define RUNNER_OWN_OUTPUT_H

#include "base/error.h"
#include "store/generation.h"

/*
 * Record them in a generation: by length where Slurm appends to them when it
 * starts the job again, with their content where it truncates them.
 */
int own_output_record(struct generation *gen, struct error *e);

/*
 * Record in m their lengths at the first start; and put them back to those when
 * the job starts over, so that nothing of the former try remains.
 */
int own_output_record_start(struct manifest *m, struct error *e);
int own_output_start_over(const struct manifest *m, struct error *e);

#endif
