// SPDX-License-Identifier: GPL-2.0-or-later
#include "spank/settings.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"

/* Where the runner is installed; Meson knows. */
#ifndef RUNNER_PATH
#define RUNNER_PATH "/usr/libexec/slurm-checkpoint/runner"
#endif

/* The path in an argument that begins with key, which ends in "="; or NULL. */
static const char *path_of(const char *arg, const char *key)
{
	size_t length = strlen(key);

	return strncmp(arg, key, length) == 0 && arg[length] == '/' ? arg + length : NULL;
}

int settings_parse(int argc, char *const argv[], struct settings *settings,
		   struct error *e)
{
	int rc = 0;

	*settings = (struct settings){ 0 };
	for (int i = 0; i < argc; i++) {
		const char *conf = path_of(argv[i], "conf=");
		const char *runner = path_of(argv[i], "runner=");

		if (conf)
			settings->conf = conf;
		else if (runner)
			settings->runner = runner;
		else if (rc == 0)
			rc = error_set(e,
				       "plugstack.conf: %s: neither conf=PATH nor "
				       "runner=PATH",
				       argv[i]);
	}
	return rc;
}

const char *settings_runner(const struct settings *settings)
{
	return settings->runner ? settings->runner : RUNNER_PATH;
}

char *settings_task_exec(const struct settings *settings)
{
	const char *runner = settings_runner(settings);
	const char *slash = strrchr(runner, '/');

	return str_printf("%.*s/task-exec", (int)(slash - runner), runner);
}
