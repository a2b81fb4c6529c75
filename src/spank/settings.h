/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settings.h - what the administrator writes after the plugin's name in
 * plugstack.conf: conf=PATH and runner=PATH.
 */
#ifndef SPANK_SETTINGS_H
#define SPANK_SETTINGS_H

#include "base/error.h"

struct settings {
	const char *conf;   /* path of checkpoint.conf, or NULL: beside slurm.conf */
	const char *runner; /* path of the runner, or NULL: where it was installed */
};

/*
 * Read the plugin's arguments; settings point into them, and they live as long
 * as the plugin is loaded. -1 at the first that is unknown or whose path is not
 * absolute; the others hold nevertheless.
 */
int settings_parse(int argc, char *const argv[], struct settings *settings,
		   struct error *e);

/* The runner's path; and that of task-exec beside it, owned by the caller or NULL. */
const char *settings_runner(const struct settings *settings);
char *settings_task_exec(const struct settings *settings);

#endif
