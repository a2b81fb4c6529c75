// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/parent_job.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/present.h"
#include "base/protocol.h"

const char *const parent_job_variables[] = {
	CHECKPOINT_ENV_IMAGE_DIR,
	CHECKPOINT_ENV_RESTART,
	ENVIRONMENT_ADDED,
	NULL,
};

/* Or the directory itself. */
static bool is_below(const char *dir, const char *path)
{
	size_t length = strlen(dir);

	return !strncmp(path, dir, length) && (path[length] == '/' || !path[length]);
}

bool parent_job_owns_tmpdir(const char *tmpdir, const char *folder)
{
	size_t length = folder ? strlen(folder) : 0;

	if (!tmpdir || length == 0)
		return false;
	return is_below(CHECKPOINT_SHORT_TMPDIR, tmpdir) ||
	       (is_below(folder, tmpdir) && strlen(tmpdir) > length);
}

void parent_job_reset_tmpdir(void)
{
	cleanup_free char *text = NULL;
	const char *outer;
	size_t size;

	if (!parent_job_owns_tmpdir(getenv("TMPDIR"), getenv(CHECKPOINT_ENV_IMAGE_DIR)))
		return;
	text = present_read(&size, NULL);
	outer = text ? present_find(text, size, PRESENT_TMPDIR) : NULL;
	if (outer)
		setenv("TMPDIR", outer, 1);
	else
		unsetenv("TMPDIR");
}

const char *parent_job_next_added(struct parent_job_added *added)
{
	while (added->rest && added->seen++ < ENVIRONMENT_ADDED_MAX) {
		char *value = strsep(&added->rest, "\t");
		const char *name = strsep(&value, "="), *now;

		now = value && *name ? added->value_of(added->arg, name) : NULL;
		if (now && !strcmp(now, value))
			return name;
	}
	return NULL;
}

static const char *own_value(void *arg, const char *name)
{
	return getenv(name);
}

static void drop_added(void)
{
	const char *list = getenv(ENVIRONMENT_ADDED), *name;
	cleanup_free char *copy = list ? strdup(list) : NULL;
	struct parent_job_added added = { .rest = copy, .value_of = own_value };

	while ((name = parent_job_next_added(&added)))
		unsetenv(name);
}

void parent_job_drop(void)
{
	parent_job_reset_tmpdir();
	drop_added();
	for (size_t i = 0; parent_job_variables[i]; i++)
		unsetenv(parent_job_variables[i]);
}
