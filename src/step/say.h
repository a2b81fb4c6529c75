/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * say.h - what srun tells the user on stderr, in Slurm's words.
 */
#ifndef STEP_SAY_H
#define STEP_SAY_H

#include <stdbool.h>

/* With --quiet only errors are told. */
void say_set_quiet(bool quiet);

/* "srun: ..." */
void say_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "srun: error: ..." */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "slurmstepd: error: ...", which Slurm has from the daemon that a step has there. */
void say_daemon_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
