// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/step_site.h"

#include <stdio.h>
#include <string.h>

#include "slurm/ctl_conf.h"

static bool is_set(const char *text)
{
	return text && *text && strcmp(text, "none") != 0 && strcmp(text, "(null)") != 0;
}

int step_site_load(struct step_site *site, struct error *e)
{
	slurm_conf_t *conf = ctl_conf_load(e);
	unsigned int year = 0, month = 0;

	if (!conf)
		return -1;
	if (conf->version)
		(void)sscanf(conf->version, "%u.%u", &year, &month);
	*site = (struct step_site){
		.release = year * 100 + month,
		.kill_wait = conf->kill_wait,
		.wait = conf->wait_time,
		.kill_on_bad_exit = conf->kill_on_bad_exit != 0,
		.affinity = conf->task_plugin && strstr(conf->task_plugin, "affinity"),
		.programs = is_set(conf->task_prolog) || is_set(conf->task_epilog) ||
			    is_set(conf->srun_prolog) || is_set(conf->srun_epilog),
	};
	if (is_set(conf->mpi_default))
		snprintf(site->mpi_default, sizeof(site->mpi_default), "%s",
			 conf->mpi_default);
	ctl_conf_free(conf);
	return 0;
}
