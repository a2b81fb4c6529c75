// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/identity.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A user's ids, asked for once: each question may go to a server. */
struct identity {
	char *user;
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	int ngroups;
	struct identity *next;
};

static struct identity *known;

static int read_groups(struct identity *id)
{
	id->ngroups = 32;
	for (;;) {
		int room = id->ngroups;
		void *grown = reallocarray(id->groups, (size_t)room, sizeof(gid_t));

		if (!grown)
			return -1;
		id->groups = grown;
		if (getgrouplist(id->user, id->gid, id->groups, &id->ngroups) >= 0)
			return 0;
		if (id->ngroups <= room)
			id->ngroups = room * 2;
	}
}

static const struct identity *learn(const char *user, struct error *e)
{
	const struct passwd *pw = getpwnam(user);
	struct identity *id;

	if (!pw) {
		error_set(e, "user %s is not known here", user);
		return NULL;
	}
	id = calloc(1, sizeof(*id));
	if (id) {
		id->uid = pw->pw_uid;
		id->gid = pw->pw_gid;
		id->user = strdup(user);
	}
	if (!id || !id->user || read_groups(id) < 0) {
		error_sys(e, "user %s", user);
		free(id);
		return NULL;
	}
	id->next = known;
	return known = id;
}

static const struct identity *find(const char *user, struct error *e)
{
	for (const struct identity *id = known; id; id = id->next) {
		if (!strcmp(id->user, user))
			return id;
	}
	return learn(user, e);
}

int identity_become(const char *user, struct error *e)
{
	const struct identity *id;

	if (getuid() != 0)
		return 0;
	id = find(user, e);
	if (!id)
		return -1;
	if (setgroups((size_t)id->ngroups, id->groups) < 0 || setegid(id->gid) < 0 ||
	    seteuid(id->uid) < 0) {
		error_sys(e, "cannot act as user %s", user);
		identity_back();
		return -1;
	}
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
