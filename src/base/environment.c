// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/environment.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

static size_t count_of(char *const *environment)
{
	size_t n = 0;

	while (environment[n])
		n++;
	return n;
}

static size_t name_length(const char *setting)
{
	return strcspn(setting, "=");
}

static bool has(char *const *environment, const char *setting)
{
	size_t length = name_length(setting) + 1;

	for (; *environment; environment++) {
		if (!strncmp(*environment, setting, length))
			return true;
	}
	return false;
}

static int put(char **to, size_t *used, char *owned)
{
	to[*used] = owned;
	return to[(*used)++] ? 0 : -1;
}

static int copy(char **to, size_t *used, char *const *environment)
{
	for (; *environment; environment++) {
		if (strncmp(*environment, ENVIRONMENT_ADDED "=",
			    strlen(ENVIRONMENT_ADDED "=")) != 0 &&
		    put(to, used, strdup(*environment)) < 0)
			return -1;
	}
	return 0;
}

/* One more in the list, which is owned by the caller. */
static int note(char **added, const char *setting)
{
	char *more = str_printf("%s%s%s", *added, **added ? "\t" : "", setting);

	if (!more)
		return -1;
	free(*added);
	*added = more;
	return 0;
}

static int fill(char **to, char *const *environment, const char *const *settings,
		size_t count)
{
	const char *before = str_find_variable(environment, ENVIRONMENT_ADDED);
	cleanup_free char *added = strdup(before ? before : "");
	size_t used = 0;

	if (!added || copy(to, &used, environment) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (has(environment, settings[i]))
			continue;
		if (put(to, &used, strdup(settings[i])) < 0 ||
		    note(&added, settings[i]) < 0)
			return -1;
	}
	return *added ? put(to, &used, str_printf(ENVIRONMENT_ADDED "=%s", added)) : 0;
}

char **environment_with(char *const *environment, const char *const *settings,
			size_t count)
{
	char **more = calloc(count_of(environment) + count + 2, sizeof(*more));

	if (more && fill(more, environment, settings, count) == 0)
		return more;
	environment_free(more);
	return NULL;
}

void environment_free(char **environment)
{
	for (size_t i = 0; environment && environment[i]; i++)
		free(environment[i]);
	free(environment);
}
