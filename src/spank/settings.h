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

#endif
