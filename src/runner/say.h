/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * say.h - the runner's own sentences, in the job's output.
 */
#ifndef RUNNER_SAY_H
#define RUNNER_SAY_H

/* What each of them begins with. */
#define SAY_NAME "slurm-checkpoint: "

/*
 * Print one line, "slurm-checkpoint: job N: " and the sentence, on the job's
 * standard error. Slurm opens that for appending, so the line stands between what
 * the job wrote before and what it writes next.
 */
void say(unsigned int job, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
