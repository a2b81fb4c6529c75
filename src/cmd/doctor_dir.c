// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * doctor_dir - the directory of the checkpoints: whether it is there, whether the user
 * can write to it, whether others could put something of theirs in its place, and whether
 * other nodes can see it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/local_disk.h"
#include "base/str.h"
#include "cmd/doctor.h"
#include "store/catalog.h"
#include "store/store.h"

#define USE   "directory"
#define WRITE "checkpoint.conf: CheckpointDir"

/* The part of a path that is there: path is cut to it. */
static void cut_to_existing(char *path)
{
	char *slash;

	while (access(path, F_OK) < 0 && (slash = strrchr(path, '/')))
		*(slash > path ? slash : slash + 1) = '\0';
}

static void check_shared(const struct doctor *d, const char *dir, const char *there)
{
	const char *disk = local_disk(there);

	if (disk)
		doctor_find(d, FINDING_ADVICE, USE, WRITE,
			    "%s lies on %s, a file system of one node; unless all nodes "
			    "see the same there, no job continues on another: "
			    "scheckpoint doctor --all-nodes tells",
			    dir, disk);
}

/* Who can write to a directory can put another one in the place of what is in it. */
static bool is_open_to_others(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !(st->st_mode & S_ISVTX);
}

/* A directory on the way; false if something is wrong with it. */
static bool check_part(const struct doctor *d, const char *path)
{
	cleanup_free char *write = str_printf("a shell: chmod go-w %s", path);
	struct stat st;

	if (stat(path, &st) < 0 || !write)
		return true;
	if (is_open_to_others(&st)) {
		doctor_find(d, FINDING_MISSING, USE, write,
			    "others can write to %s, and so replace the checkpoints in "
			    "it by their own",
			    path);
		return false;
	}
	if (st.st_uid == 0 || st.st_uid == geteuid() || getpwuid(st.st_uid))
		return true;
	doctor_find(d, FINDING_ADVICE, USE, "",
		    "%s belongs to user nobody, who can replace the checkpoints in it",
		    path);
	return true;
}

static bool check_way(const struct doctor *d, const char *there)
{
	cleanup_free char *path = realpath(there, NULL);
	bool right = true;
	char *slash = path;

	while (slash && (slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		right = check_part(d, path) && right;
		*slash = '/';
	}
	return (!path || check_part(d, path)) && right;
}

static void check_of_user(const struct doctor *d)
{
	struct error e = { .text = "" };
	cleanup_free char *dir = conf_expand_dir(d->s->dir, d->user, 0, &e);
	cleanup_free char *there = dir ? strdup(dir) : NULL;
	struct stat st;

	if (!there) {
		doctor_find(d, FINDING_MISSING, USE, WRITE, "%s", e.text);
		return;
	}
	cut_to_existing(there);
	if (stat(there, &st) < 0 || !S_ISDIR(st.st_mode))
		doctor_find(d, FINDING_MISSING, USE, WRITE, "%s: %s is not a directory",
			    dir, there);
	else if (store_judge(d->s->dir, d->user, &e) < 0)
		doctor_find(d, FINDING_MISSING, USE, "", "%s", e.text);
	else if (access(there, W_OK | X_OK) < 0)
		doctor_find(d, FINDING_MISSING, USE, WRITE,
			    "%s: user %s cannot write to %s", dir, d->user, there);
	else if (!strcmp(there, "/"))
		doctor_find(d, FINDING_MISSING, USE, WRITE,
			    "%s: no directory of it is there", dir);
	else
		doctor_find(d, FINDING_RIGHT, USE, "",
			    "user %s can keep checkpoints in %s; all "
			    "nodes must see it",
			    d->user, dir);
	check_shared(d, dir, there);
}

/* What is the same for all users: what stands before "%". It must be there. */
static void check_of_all(const struct doctor *d)
{
	cleanup_free char *fixed =
		strndup(d->s->dir, strcspn(d->s->dir, "%")); /* "/scratch/" */
	char *slash = fixed ? strrchr(fixed, '/') : NULL;
	struct stat st;

	if (!slash)
		return;
	*(slash > fixed ? slash : slash + 1) = '\0';
	if (stat(fixed, &st) < 0 || !S_ISDIR(st.st_mode))
		doctor_find(d, FINDING_MISSING, USE, WRITE, "%s: %s", fixed,
			    stat(fixed, &st) < 0 ? strerror(errno) : "not a directory");
	else if (check_way(d, fixed))
		doctor_find(d, FINDING_RIGHT, USE, "",
			    "%s is there, and all nodes must see it; whether a user can "
			    "keep checkpoints in %s, doctor --user=NAME tells",
			    fixed, d->s->dir);
	check_shared(d, d->s->dir, fixed);
}

static void tell_stranger(void *arg, const char *user, const struct error *e)
{
	(void)user;
	doctor_find(arg, FINDING_MISSING, USE, "", "%s", e->text);
}

void doctor_strangers(const struct doctor *d)
{
	(void)catalog_strangers(d->s->dir, tell_stranger, (void *)d, NULL);
}

void doctor_dir(const struct doctor *d)
{
	if (d->user)
		check_of_user(d);
	else
		check_of_all(d);
}
