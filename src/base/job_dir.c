// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/job_dir.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/conf.h"
#include "base/str.h"

char *job_dir_user(void)
{
	const struct passwd *pw;

	do {
		errno = 0;
		pw = getpwuid(geteuid());
	} while (!pw && errno == EINTR);
	if (pw)
		return strdup(pw->pw_name);
	/* Who is known by a name is not to be looked for by a number. */
	if (errno == EIO || errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		return NULL;
	return str_printf("%u", geteuid());
}

const char *job_dir_cluster(const char *name)
{
	return !name || !*name || strchr(name, '/') || name[0] == '.' ? "cluster" : name;
}

char *job_dir(const char *pattern, const char *user, const char *cluster,
	      unsigned int job, struct error *e)
{
	cleanup_free char *base = conf_expand_dir(pattern, user, job, e);
	char *path = base ? str_printf("%s/%s/%u", base, cluster, job) : NULL;

	if (base && !path)
		error_sys(e, "%s", base);
	return path;
}
