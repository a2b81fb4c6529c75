// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/install.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/dmtcp/status.h"
#include "engine/tool.h"

#define LAUNCH "dmtcp_launch"

/* DmtcpPath is that of dmtcp_launch, or of a directory with it, or with bin/. */
static char *find_launch_in(const char *path)
{
	cleanup_free char *dirs = str_printf("%s:%s/bin", path, path);
	const char *slash = strrchr(path, '/');

	if (slash && strcmp(slash + 1, LAUNCH) == 0)
		return access(path, X_OK) == 0 ? strdup(path) : NULL;
	return dirs ? tool_find(dirs, LAUNCH) : NULL;
}

static char *find_launch(const struct conf *conf, struct error *e)
{
	const char *path = getenv("PATH");
	char *found;

	if (conf->dmtcp_path) {
		found = find_launch_in(conf->dmtcp_path);
		if (!found)
			error_set(e, "DmtcpPath=%s: there is no " LAUNCH,
				  conf->dmtcp_path);
		return found;
	}
	found = path ? tool_find(path, LAUNCH) : NULL;
	if (!found)
		error_set(e, "DMTCP is not installed on this node; install DMTCP 3.1 or "
			     "later, or set DmtcpPath in checkpoint.conf");
	return found;
}

bool dmtcp_is_wanted(const struct conf *conf)
{
	cleanup_free char *launch = find_launch(conf, NULL);

	return launch || conf->dmtcp_path;
}

char *dmtcp_find(const struct conf *conf, const char *name, struct error *e)
{
	cleanup_free char *launch = find_launch(conf, e);
	cleanup_free char *path = NULL;

	if (!launch)
		return NULL;
	path = str_printf("%.*s%s", (int)(strlen(launch) - strlen(LAUNCH)), launch, name);
	if (path && access(path, X_OK) == 0)
		return take_ptr(path);
	error_sys(e, "%s", path ? path : name);
	return NULL;
}

char *dmtcp_version(const struct conf *conf, struct error *e)
{
	cleanup_free char *program = find_launch(conf, e);
	char *argv[] = { program, (char *)"--version", NULL };
	cleanup_free char *text = NULL;

	if (!program || tool_run(argv, &text, e) < 0)
		return NULL;
	return dmtcp_version_parse(text, program, e);
}
