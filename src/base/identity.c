// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/identity.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

int identity_become(const char *user, struct error *e)
{
	const struct passwd *pw;

	if (getuid() != 0)
		return 0;
	pw = getpwnam(user);
	if (!pw)
		return error_set(e, "user %s is not known here", user);
	if (initgroups(user, pw->pw_gid) < 0 || setegid(pw->pw_gid) < 0 ||
	    seteuid(pw->pw_uid) < 0)
		return error_sys(e, "cannot act as user %s", user);
	return 0;
}

void identity_back(void)
{
	if (getuid() != 0)
		return;
	/* What was given up would be missed in all that follows. */
	if (seteuid(0) < 0 || setegid(0) < 0 || setgroups(0, NULL) < 0)
		abort();
}
