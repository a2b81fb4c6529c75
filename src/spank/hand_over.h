/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hand_over.h - what a task is to execute, from the plugin to the program task-exec.
 *
 * Slurm's array of arguments cannot grow, or since 23.11 only at its beginning. So
 * the plugin has Slurm execute task-exec, with the task's own arguments or without
 * its first one, and writes into the environment what to make of them. One variable
 * may be too short for it: there are as many as it takes.
 *
 * Pure: nothing here needs Slurm.
 */
#ifndef SPANK_HAND_OVER_H
#define SPANK_HAND_OVER_H

#include <stddef.h>

#include "base/error.h"

struct hand_over {
	char *const *argv; /* the task's new arguments, or NULL: those that it has */
	size_t originals;  /* how many of task-exec's, from the last on, they replace */
	const char *original; /* what the first of these is, or NULL: not known */
	const char *runner;   /* to be executed with all that as its arguments, or NULL */
};

/* Longest value of a variable; the kernel and Slurm take twice as much. */
#define HAND_OVER_PIECE ((size_t)64 * 1024)

/* Name of the variable of piece n, owned by the caller; NULL without memory. */
char *hand_over_variable(size_t n);

/* The pieces as one text, owned by the caller; NULL without memory. */
char *hand_over_encode(const struct hand_over *h);

/*
 * What task-exec, which was started with argc arguments, itself the first, is to
 * execute: a vector that ends with NULL, owned by the caller with all in it. NULL if
 * text is damaged.
 *
 * If text was written for other arguments, the task is executed as it is, and e says
 * so; e is empty otherwise. For a runner that is a failure, too.
 */
char **hand_over_decode(const char *text, int argc, char *const *argv, struct error *e);

/*
 * The text in our environment, from where it is removed. Owned by the caller; NULL if
 * there is none.
 */
char *hand_over_take(struct error *e);

void hand_over_free(char **argv);

#endif
