/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl_conf.h - slurmctld's configuration. Used inside slurm/ alone.
 */
#ifndef SLURM_CTL_CONF_H
#define SLURM_CTL_CONF_H

#include <slurm/slurm.h>

#include "base/error.h"

/* Ask slurmctld. NULL and a sentence if it does not tell. */
slurm_conf_t *ctl_conf_load(struct error *e);

/* CONF may be NULL. */
void ctl_conf_free(slurm_conf_t *conf);

#endif
