/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sbatch.h - what sbatch and the library it is linked with export to their
 * cli_filter plugins, and which has been the same from 22.05 to 26.05. In no
 * public header, so declared here, and weak: all must be there (sbatch_can_set)
 * before any is used.
 */
#ifndef SPANK_SBATCH_H
#define SPANK_SBATCH_H

#include <slurm/slurm.h>
#include <stdbool.h>

/* sbatch's options; their type is Slurm's own business. */
extern char opt[] __attribute__((weak));

/* sbatch's exit status for errors, from SLURM_EXIT_ERROR. */
extern int error_exit __attribute__((weak));

/* slurm.conf as this program has read it. */
extern slurm_conf_t slurm_conf __attribute__((weak));

/*
 * Options by their long name. Set returns 0 when value was taken; it may write
 * to value in passing, whatever its type says. Get returns memory of Slurm's
 * own allocator, or a constant.
 */
extern int slurm_option_set(void *options, const char *name, const char *value,
			    bool early) __attribute__((weak));
extern bool slurm_option_isset(void *options, const char *name) __attribute__((weak));
extern char *slurm_option_get(void *options, const char *name) __attribute__((weak));

static inline bool sbatch_can_set(void)
{
	return opt && &slurm_conf && slurm_option_set && slurm_option_isset &&
	       slurm_option_get;
}

#endif
