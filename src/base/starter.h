/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * starter.h - programs that start the program which their arguments name: "nice", "srun",
 * "mpirun" and their like, and what of their arguments are their own options.
 */
#ifndef BASE_STARTER_H
#define BASE_STARTER_H

#include <stdbool.h>
#include <stddef.h>

/* Is it done by the shell itself, so that no program of that name runs? */
bool starter_is_builtin(const char *name);

/* Does it run what it starts as several processes of MPI, by itself and not by Slurm? */
bool starter_is_mpi(const char *name);

/* Is it a shell, whose argument is a script, or after -c a script's text? */
bool starter_is_shell(const char *name);

/*
 * Where in the words of a command that begins with words[0] the command begins which it
 * starts; count if it starts none. A word that is not known is "", and passed over.
 */
size_t starter_next(char *const *words, size_t count);

#endif
