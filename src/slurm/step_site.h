/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step_site.h - what a job's own srun has to know (base/step_site.h), from slurmctld.
 */
#ifndef SLURM_STEP_SITE_H
#define SLURM_STEP_SITE_H

#include "base/step_site.h"

int step_site_load(struct step_site *site, struct error *e);

#endif
