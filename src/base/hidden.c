// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hidden.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* Of ld.so(8), with what older releases of the C library knew; and of libslurm. */
const char *const hidden_variables[] = {
	"LD_ASSUME_KERNEL",
	"LD_AUDIT",
	"LD_BIND_NOT",
	"LD_BIND_NOW",
	"LD_DEBUG",
	"LD_DEBUG_OUTPUT",
	"LD_DYNAMIC_WEAK",
	"LD_HWCAP_MASK",
	"LD_LIBRARY_PATH",
	"LD_ORIGIN_PATH",
	"LD_POINTER_GUARD",
	"LD_PREFER_MAP_32BIT_EXEC",
	"LD_PRELOAD",
	"LD_PROFILE",
	"LD_PROFILE_OUTPUT",
	"LD_SHOW_AUXV",
	"LD_TRACE_LOADED_OBJECTS",
	"LD_USE_LOAD_BIAS",
	"LD_VERBOSE",
	"LD_WARN",
	"SLURM_JWT",
	NULL,
};

const char *hidden_show(const char *setting)
{
	return strncmp(setting, HIDDEN_PREFIX, strlen(HIDDEN_PREFIX)) == 0
		       ? setting + strlen(HIDDEN_PREFIX)
		       : setting;
}

const char *hidden_get(const char *variable)
{
	cleanup_free char *hidden = str_printf(HIDDEN_PREFIX "%s", variable);
	const char *value = hidden ? getenv(hidden) : NULL;

	return value ? value : getenv(variable);
}

void hidden_show_all(void)
{
	for (size_t i = 0; hidden_variables[i]; i++) {
		cleanup_free char *hidden =
			str_printf(HIDDEN_PREFIX "%s", hidden_variables[i]);
		const char *value = hidden ? getenv(hidden) : NULL;

		if (!value)
			continue;
		setenv(hidden_variables[i], value, 1);
		unsetenv(hidden);
	}
}

char **hidden_environment(char *const *environment)
{
	size_t count = 0;
	char **shown;

	while (environment[count])
		count++;
	shown = calloc(count + 1, sizeof(*shown));
	for (size_t i = 0; shown && i < count; i++)
		shown[i] = (char *)hidden_show(environment[i]);
	return shown;
}
