/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sacctmgr.h - what slurmdbd knows, asked by sacctmgr and sacct.
 *
 * Not by libslurm's functions for slurmdbd: those load a plugin that needs more of Slurm
 * than is in the library which is not Slurm's own, and the program ends there.
 */
#ifndef SLURM_SACCTMGR_H
#define SLURM_SACCTMGR_H

#include "base/error.h"

/*
 * Call fn for each line that "sacctmgr --noheader --parsable2 show WORDS..." prints; its
 * columns are divided by "|". words ends with NULL. -1 if slurmdbd does not answer.
 */
typedef void (*sacctmgr_fn)(void *arg, char *line);
int sacctmgr_show(const char *const *words, sacctmgr_fn fn, void *arg, struct error *e);

/* The same, of "sacct --noheader --parsable2 --allocations WORDS...". */
int sacct_show(const char *const *words, sacctmgr_fn fn, void *arg, struct error *e);

#endif
