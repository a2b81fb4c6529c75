/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site.h - slurmctld's running configuration, as plan/site.h judges it.
 */
#ifndef SLURM_SITE_H
#define SLURM_SITE_H

#include "plan/site.h"

/* Read it; *plugstack is the path of plugstack.conf, owned by the caller. */
int site_read(struct site *site, char **plugstack, struct error *e);

#endif
