// SPDX-License-Identifier: GPL-2.0-or-later
#include "slurm/ctl_conf.h"

#include "slurm/quiet.h"
#include "slurm/release.h"

slurm_conf_t *ctl_conf_load(struct error *e)
{
	slurm_conf_t *conf = NULL;
	int saved, rc;

	slurm_init(NULL);
	saved = quiet_begin();
	rc = slurm_load_ctl_conf(0, &conf);
	quiet_end(saved);
	if (rc == SLURM_SUCCESS)
		return conf;
	error_set(e, "slurmctld does not tell its configuration: %s",
		  slurm_strerror(errno));
	return NULL;
}

void ctl_conf_free(slurm_conf_t *conf)
{
	if (!conf)
		return;
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
	slurm_free_conf(conf);
#else
	slurm_free_ctl_conf(conf);
#endif
}
