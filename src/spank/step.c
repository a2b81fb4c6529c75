// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/step.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"
#include "spank/batch.h"
#include "spank/task_argv.h"

static bool is_users_own(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid();
}

/* The runner of a job makes such a directory on its node (runner/scratch.c). */
static bool is_on_this_node(uint32_t job)
{
	cleanup_free char *prefix = str_printf(CHECKPOINT_SCRATCH_PREFIX "%u-", job);
	cleanup_closedir DIR *dir = opendir(CHECKPOINT_SHARED_MEMORY);
	struct dirent *d;

	while (prefix && dir && (d = readdir(dir))) {
		if (!strncmp(d->d_name, prefix, strlen(prefix)) &&
		    is_users_own(dirfd(dir), d->d_name))
			return true;
	}
	return false;
}

void step_follow(spank_t spank, const struct settings *settings)
{
	cleanup_free char *name = NULL;
	uint32_t job = 0;

	if (batch_is_step(spank) || task_argv_is_container(spank) ||
	    spank_get_item(spank, S_JOB_ID, &job) != ESPANK_SUCCESS ||
	    !is_on_this_node(job) || task_argv_check(settings, NULL) < 0)
		return;
	name = str_printf("%u", job);
	if (!name ||
	    spank_setenv(spank, CHECKPOINT_ENV_STEP_OF, name, 1) != ESPANK_SUCCESS)
		return;
	/* Otherwise the step runs as it would on another node. */
	if (task_argv_enter(spank, settings, NULL) < 0)
		spank_unsetenv(spank, CHECKPOINT_ENV_STEP_OF);
}
