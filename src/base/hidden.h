/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hidden.h - variables of a job's environment that would act on our own programs.
 *
 * The runner is executed in the place of the job's script, with the script's environment.
 * Some variables in it are words to the dynamic loader (ld.so(8)), so that the runner
 * would load libraries of the user's in the place of those that it was built with, and
 * may end at once; one is a word to libslurm, which would ask slurmctld with a token of
 * the user's. The plugin gives these variables other names, and the runner gives them
 * their own again in what the job gets.
 */
#ifndef BASE_HIDDEN_H
#define BASE_HIDDEN_H

/* Their own names, up to NULL. */
extern const char *const hidden_variables[];

/* What stands before the name meanwhile. */
#define HIDDEN_PREFIX "SLURM_CHECKPOINT_HIDDEN_"

/* NAME=VALUE under its own name: in the same text, behind the prefix if it has that. */
const char *hidden_show(const char *setting);

/* The value of a variable of the job's, hidden or not; NULL if it is not set. */
const char *hidden_get(const char *variable);

/* Give all of our environment their own names again, to become the job's script. */
void hidden_show_all(void);

/* An environment under their own names: to be freed, but not the strings; or NULL. */
char **hidden_environment(char *const *environment);

#endif
