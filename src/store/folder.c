// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/job_dir.h"
#include "base/str.h"
#include "plan/jobspec.h"

/*
 * A directory that may hold a user's checkpoints: the user's own (or root's, who
 * needs none of this to read it), and nobody else's to write.
 */
static int check_private(int fd, const char *path, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(e, "%s", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(e, "%s: belongs to another user", path);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(e, "%s: can be written by other users", path);
	return 0;
}

/* The directory of this path, which is name in parent. */
static int enter(int parent, const char *name, const char *path, struct error *e)
{
	cleanup_close int fd = -1;

	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return error_sys(e, "%s", path);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(e, "%s", path);
	if (check_private(fd, path, e) < 0)
		return -1;
	return take_fd(fd);
}

/* Length of the part of an expanded pattern that has to exist beforehand. */
static size_t fixed_length(const char *pattern)
{
	const char *percent = strchr(pattern, '%');
	size_t length = percent ? (size_t)(percent - pattern) : strlen(pattern);

	if (percent) {
		while (length > 1 && pattern[length - 1] != '/')
			length--;
	}
	return length;
}

/* Open what has to exist beforehand; where it does not, nothing is known of any job. */
static int open_fixed(const char *pattern, const char *path, struct error *e)
{
	size_t length = fixed_length(pattern);
	bool slash = length > 1 && path[length - 1] == '/';
	cleanup_free char *fixed = strndup(path, slash ? length - 1 : length);
	int fd = fixed ? open(fixed, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0 && fixed && errno == ENOENT)
		return error_set(e,
				 "%s, where the checkpoints are to be, does not exist on "
				 "this host",
				 fixed);
	return fd < 0 ? error_sys(e, "%s", fixed ? fixed : path) : fd;
}

static int check_fixed(const char *pattern, const char *path, struct error *e)
{
	cleanup_close int fd = open_fixed(pattern, path, e);

	return fd < 0 ? -1 : 0;
}

/* Open the directory for checkpoints, making what the pattern's % stand for. */
static int open_base(const char *pattern, const char *path, struct error *e)
{
	cleanup_free char *rest = strdup(path + fixed_length(pattern));
	cleanup_close int fd = -1;
	char *next = rest, *name;

	if (!rest)
		return error_sys(e, "%s", path);
	fd = open_fixed(pattern, path, e);
	if (fd < 0)
		return -1;
	while ((name = strsep(&next, "/"))) {
		cleanup_free char *here =
			strndup(path, (size_t)(name - rest) + strlen(name) +
					      fixed_length(pattern));
		int below;

		if (!*name)
			continue;
		if (!here)
			return error_sys(e, "%s", path);
		below = enter(fd, name, here, e);
		if (below < 0)
			return -1;
		close(fd);
		fd = below;
	}
	return take_fd(fd);
}

/* Open the directory in which a job's folder is, made if need be. */
static int open_cluster(const char *pattern, const char *base, const char *cluster,
			struct error *e)
{
	cleanup_free char *path = str_printf("%s/%s", base, cluster);
	cleanup_close int fd = -1;

	if (!path)
		return error_sys(e, "%s", base);
	fd = open_base(pattern, base, e);
	return fd < 0 ? -1 : enter(fd, cluster, path, e);
}

int folder_make(struct folder *folder, const char *pattern, const char *user,
		const char *cluster, unsigned int job, struct error *e)
{
	cleanup_free char *base = conf_expand_dir(pattern, user, job, e);
	cleanup_free char *name = str_printf("%u", job);
	cleanup_close int cluster_fd = -1;

	*folder = (struct folder){ .fd = -1 };
	if (!base || !name)
		return -1;
	cluster_fd = open_cluster(pattern, base, cluster, e);
	if (cluster_fd < 0)
		return -1;
	folder->path = job_dir(pattern, user, cluster, job, e);
	if (!folder->path)
		return -1;
	folder->fd = enter(cluster_fd, name, folder->path, e);
	return folder->fd < 0 ? -1 : folder_load(folder, e);
}

/* ENOENT in errno, if the directory for checkpoints is there at all. */
static int no_checkpoints(const char *pattern, unsigned int job, const char *base,
			  struct error *e)
{
	if (check_fixed(pattern, base, e) < 0) {
		errno = ENODEV;
		return -1;
	}
	error_set(e, "job %u has no checkpoints in %s", job, base);
	errno = ENOENT;
	return -1;
}

int folder_open(struct folder *folder, const char *pattern, const char *user,
		const char *cluster, unsigned int job, struct error *e)
{
	cleanup_free char *base = conf_expand_dir(pattern, user, job, e);
	cleanup_close int fd = -1;

	*folder = (struct folder){ .fd = -1 };
	if (!base)
		return -1;
	folder->path = job_dir(pattern, user, cluster, job, e);
	if (!folder->path)
		return -1;
	fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return no_checkpoints(pattern, job, base, e);
	if (fd < 0)
		return error_sys(e, "%s", folder->path);
	folder->fd = take_fd(fd);
	return folder_load(folder, e);
}

static int ascending(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

static bool is_link(int dir, const struct dirent *d)
{
	struct stat st;

	if (d->d_type != DT_UNKNOWN)
		return d->d_type == DT_LNK;
	return fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISLNK(st.st_mode);
}

int folder_list(const char *pattern, const char *user, const char *cluster,
		unsigned int **jobs, size_t *count, struct error *e)
{
	cleanup_free char *base = NULL;
	cleanup_free char *path = NULL;
	cleanup_closedir DIR *dir = NULL;
	struct dirent *d;

	*jobs = NULL;
	*count = 0;
	if (conf_find_percent(pattern, 'j'))
		return error_set(e, "%s: has a directory for each job; name the job",
				 pattern);
	base = conf_expand_dir(pattern, user, 0, e);
	path = base ? str_printf("%s/%s", base, cluster) : NULL;
	if (!path)
		return -1;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? check_fixed(pattern, base, e)
				       : error_sys(e, "%s", path);
	while ((d = readdir(dir))) {
		unsigned long long job;
		unsigned int *grown;

		/* A symbolic link is one that goes on as another job. */
		if (str_to_ull(d->d_name, UINT_MAX, &job) < 0 || is_link(dirfd(dir), d))
			continue;
		grown = reallocarray(*jobs, *count + 1, sizeof(*grown));
		if (!grown)
			return error_sys(e, "%s", path);
		*jobs = grown;
		grown[(*count)++] = (unsigned int)job;
	}
	if (*count)
		qsort(*jobs, *count, sizeof(**jobs), ascending);
	return 0;
}

int folder_load(struct folder *folder, struct error *e)
{
	cleanup_free char *text = NULL;
	size_t size;

	manifest_free(&folder->record);
	if (faccessat(folder->fd, FOLDER_RECORD, F_OK, 0) < 0 && errno == ENOENT)
		return 0;
	text = file_read(folder->fd, FOLDER_RECORD, MANIFEST_MAX, &size, e);
	if (!text || manifest_decode(&folder->record, text, size, e) < 0)
		return error_prefix(e, "%s", folder->path);
	return 0;
}

int folder_save(struct folder *folder, struct error *e)
{
	cleanup_free char *text = NULL;
	size_t size;

	text = manifest_encode(&folder->record, &size);
	if (!text)
		return error_sys(e, "%s", folder->path);
	if (file_replace(folder->fd, FOLDER_RECORD, text, size, 0600, e) < 0)
		return error_prefix(e, "%s", folder->path);
	return 0;
}

/* Of attributes that both records have. */
static bool differs(const struct folder *ours, const struct folder *theirs,
		    const char *attribute)
{
	const char *a = manifest_get(&ours->record, attribute);
	const char *b = manifest_get(&theirs->record, attribute);

	return a && b && strcmp(a, b) != 0;
}

int folder_check_ours(const struct folder *folder, struct error *e)
{
	struct folder now = { .fd = folder->fd, .path = folder->path };
	unsigned int ours, theirs;
	int rc = folder_load(&now, e);

	ours = folder_number(folder, RECORD_RESTART, 0);
	theirs = folder_number(&now, RECORD_RESTART, 0);
	if (rc == 0 &&
	    (theirs > ours || (theirs == ours && differs(folder, &now, RECORD_RUN)) ||
	     differs(folder, &now, RECORD_JOB))) {
		rc = error_set(e, "%s: the job has been restarted elsewhere",
			       folder->path);
		errno = ESTALE;
	}
	manifest_free(&now.record);
	return rc;
}

/* Rename, but never over what is there. */
static int rename_aside(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	/* A file system that knows no flags, as NFS; only the user's runners write here.
	 */
	if (faccessat(AT_FDCWD, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

int folder_set_aside(struct folder *folder, struct error *e)
{
	for (unsigned int n = 1;; n++) {
		cleanup_free char *aside = str_printf("%s.%u", folder->path, n);

		if (!aside)
			return error_sys(e, "%s", folder->path);
		if (rename_aside(folder->path, aside) == 0)
			break;
		if (errno != EEXIST)
			return error_sys(e, "%s", folder->path);
	}
	close(folder->fd);
	folder->fd = file_make_dir(AT_FDCWD, folder->path, e);
	manifest_free(&folder->record);
	return folder->fd < 0 ? -1 : 0;
}

int folder_strip(struct folder *folder, struct error *e)
{
	cleanup_closedir DIR *dir = file_open_dir(folder->fd, ".");
	struct dirent *d;

	if (!dir)
		return error_sys(e, "%s", folder->path);
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.' || !strcmp(d->d_name, FOLDER_RECORD) ||
		    !strcmp(d->d_name, FOLDER_EVENTS))
			continue;
		if (file_remove_tree(folder->fd, d->d_name, e) < 0)
			return -1;
	}
	return 0;
}

/* Is it a symbolic link to just that? */
static bool leads_to(const char *path, const char *target)
{
	size_t length = strlen(target);
	cleanup_free char *found = malloc(length + 1); /* so that a longer one is seen */

	return found && readlink(path, found, length + 1) == (ssize_t)length &&
	       memcmp(found, target, length) == 0;
}

int folder_adopt(const char *pattern, const char *user, const char *cluster,
		 unsigned int from, unsigned int job, struct error *e)
{
	bool apart = conf_find_percent(pattern, 'j') != NULL;
	cleanup_free char *from_base = conf_expand_dir(pattern, user, from, e);
	cleanup_free char *base = conf_expand_dir(pattern, user, job, e);
	cleanup_free char *old = job_dir(pattern, user, cluster, from, e);
	cleanup_free char *new = job_dir(pattern, user, cluster, job, e);
	cleanup_free char *target =
		apart ? strdup(new ? new : "") : str_printf("%u", job);
	cleanup_close int parent = -1;
	struct stat st;

	if (!from_base || !base || !old || !new)
		return -1;
	if (!target)
		return error_sys(e, "job %u", from);
	if (lstat(old, &st) < 0)
		return errno == ENOENT ? no_checkpoints(pattern, from, from_base, e)
				       : error_sys(e, "%s", old);
	if (S_ISDIR(st.st_mode)) {
		parent = open_cluster(pattern, base, cluster, e);
		if (parent < 0)
			return -1;
		/* An empty directory may be there; anything else is refused. */
		if (rename(old, new) < 0)
			return error_sys(e, "%s", new);
	} else if (!leads_to(old, target) || stat(new, &st) < 0) {
		return error_set(e, "job %u goes on already, as another job", from);
	}
	if (symlink(target, old) < 0 && errno != EEXIST)
		return error_sys(e, "%s", old);
	return 0;
}

int folder_remove(const struct folder *folder, struct error *e)
{
	return file_remove_tree(AT_FDCWD, folder->path, e);
}

void folder_close(struct folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	folder->fd = -1;
	free(folder->path);
	folder->path = NULL;
	manifest_free(&folder->record);
}

unsigned int folder_number(const struct folder *folder, const char *attribute,
			   unsigned int missing)
{
	unsigned long long value;

	if (manifest_get_number(&folder->record, attribute, UINT_MAX, &value) < 0)
		return missing;
	return (unsigned int)value;
}

char *folder_job_name(const struct folder *folder, unsigned int job)
{
	return jobspec_name(job, folder_number(folder, RECORD_ARRAY_JOB, 0),
			    folder_number(folder, RECORD_ARRAY_TASK, 0));
}
