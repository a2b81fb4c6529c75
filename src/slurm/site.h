/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * site.h - slurmctld's running configuration, as plan/site.h judges it.
 */
#ifndef SLURM_SITE_H
#define SLURM_SITE_H

#include "plan/site.h"

/* Where Slurm looks for plugins; owned, NULL where slurmctld does not answer. */
struct site_paths {
	char *plugstack;   /* plugstack.conf */
	char *plugin_dirs; /* PluginDir: directories, with colons */
};

/* Read it; site_free() and site_paths_free() also after a failure. */
int site_read(struct site *site, struct site_paths *paths, struct error *e);

void site_paths_free(struct site_paths *paths);

#endif
