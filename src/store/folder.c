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
#include "store/store.h"
#include "store/user_file.h"

/* Jobs in a row that went on as the next one; more are a ring, or a trap. */
#define LINKS_MAX 1000

static int open_in(struct folder *folder, const struct store *store, unsigned int job,
		   enum store_use use, struct error *e)
{
	cleanup_free char *name = str_printf("%u", job);

	if (!name)
		return error_sys(e, "job %u", job);
	folder->job = job;
	folder->fd = store_enter(store, name, use, e);
	return folder->fd < 0 ? -1 : folder_load(folder, e);
}

int folder_make(struct folder *folder, const char *pattern, const char *user,
		const char *cluster, unsigned int job, struct error *e)
{
	struct store store;
	int rc;

	*folder = (struct folder){ .fd = -1 };
	rc = store_open(&store, pattern, user, cluster, job, STORE_MAKE, e);
	if (rc == 0)
		folder->path = str_printf("%s/%u", store.path, job);
	if (rc == 0 && !folder->path)
		rc = error_sys(e, "job %u", job);
	if (rc == 0)
		rc = open_in(folder, &store, job, STORE_MAKE, e);
	store_close(&store);
	return rc;
}

/* ---- the folder of a job that may go on as another one ---- */

static int no_checkpoints(unsigned int job, const char *dir, struct error *e)
{
	error_set(e, "job %u has no checkpoints in %s", job, dir);
	errno = ENOENT;
	return -1;
}

/*
 * As which job goes on a job whose folder is a link to another one's: to "N" beside it,
 * or, where each job has a directory of its own, to the path of that folder. 0: it is
 * none.
 */
static unsigned int linked_job(const struct store *store, unsigned int job)
{
	cleanup_free char *name = str_printf("%u", job);
	cleanup_free char *target = name ? file_read_link(store->fd, name) : NULL;
	cleanup_free char *path = NULL;
	const char *slash = target ? strrchr(target, '/') : NULL;
	unsigned long long other;

	if (!target || str_to_ull(slash ? slash + 1 : target, UINT_MAX, &other) < 0)
		return 0;
	if (!slash)
		return (unsigned int)other;
	path = job_dir(store->pattern, store->name, store->cluster, (unsigned int)other,
		       NULL);
	return path && !strcmp(path, target) ? (unsigned int)other : 0;
}

/* Open the store of the job in which goes on one that store is of; job becomes that one.
 */
static int go_on(struct store *store, unsigned int *job, struct error *e)
{
	unsigned int other = linked_job(store, *job);
	struct store next;
	int rc;

	if (other == 0) {
		errno = ELOOP;
		return error_sys(e, "%s/%u", store->path, *job);
	}
	*job = other;
	if (!conf_find_percent(store->pattern, 'j'))
		return 0;
	rc = store_open(&next, store->pattern, store->name, store->cluster, other,
			STORE_READ, e);
	store_close(store);
	*store = next;
	return rc;
}

static bool is_link(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

static int open_or_go_on(struct folder *folder, struct store *store, unsigned int job,
			 struct error *e)
{
	for (int links = 0;; links++) {
		cleanup_free char *name = str_printf("%u", job);

		if (!name)
			return error_sys(e, "job %u", job);
		if (!is_link(store->fd, name))
			return open_in(folder, store, job, STORE_READ, e);
		if (links >= LINKS_MAX) {
			errno = ELOOP;
			return error_sys(e, "%s", folder->path);
		}
		if (go_on(store, &job, e) < 0)
			return -1;
	}
}

int folder_open(struct folder *folder, const char *pattern, const char *user,
		const char *cluster, unsigned int job, struct error *e)
{
	cleanup_free char *base = conf_expand_dir(pattern, user, job, e);
	struct store store;
	int rc;

	*folder = (struct folder){ .fd = -1 };
	if (!base)
		return -1;
	folder->path = job_dir(pattern, user, cluster, job, e);
	if (!folder->path)
		return -1;
	rc = store_open(&store, pattern, user, cluster, job, STORE_READ, e);
	if (rc == 0)
		rc = open_or_go_on(folder, &store, job, e);
	/* Its record may be damaged, while it is there. */
	if (rc < 0 && folder->fd < 0 && errno == ENOENT)
		(void)no_checkpoints(job, base, e);
	store_close(&store);
	return rc;
}

/* ---- all folders ---- */

static int ascending(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

/*
 * A symbolic link is one that goes on as another job. A name with zeros before the number
 * is another name for the same, of which there could be any number.
 */
static bool is_folder(int dir, const struct dirent *d, unsigned int *job)
{
	unsigned long long number;

	if (d->d_name[0] < '1' || d->d_name[0] > '9' ||
	    str_to_ull(d->d_name, UINT_MAX, &number) < 0 || !file_is_dir(dir, d))
		return false;
	*job = (unsigned int)number;
	return true;
}

/* A directory that changes while it is read may tell of an entry twice. */
static size_t each_once(unsigned int *jobs, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || jobs[i] != jobs[kept - 1])
			jobs[kept++] = jobs[i];
	}
	return kept;
}

static int list_jobs(const struct store *store, unsigned int **jobs, size_t *count,
		     struct error *e)
{
	cleanup_closedir DIR *dir = file_open_dir(store->fd, ".");
	struct dirent *d;
	size_t room = 0;
	unsigned int job;

	if (!dir)
		return error_sys(e, "%s", store->path);
	while ((d = file_next(dir))) {
		void *grown;

		if (!is_folder(dirfd(dir), d, &job))
			continue;
		if (user_dirs_check(USER_DIRS_FOLDERS, *count + 1, store->path, e) < 0)
			return -1;
		if (*count == room) {
			room = room ? room * 2 : 64;
			grown = reallocarray(*jobs, room, sizeof(**jobs));
			if (!grown)
				return error_sys(e, "%s", store->path);
			*jobs = grown;
		}
		(*jobs)[(*count)++] = job;
	}
	if (errno)
		return error_sys(e, "%s", store->path);
	if (*count)
		qsort(*jobs, *count, sizeof(**jobs), ascending);
	*count = each_once(*jobs, *count);
	return 0;
}

int folder_list(const char *pattern, const char *user, const char *cluster,
		unsigned int **jobs, size_t *count, struct error *e)
{
	struct store store;
	int rc;

	*jobs = NULL;
	*count = 0;
	if (conf_find_percent(pattern, 'j'))
		return error_set(e, "%s: has a directory for each job; name the job",
				 pattern);
	rc = store_open(&store, pattern, user, cluster, 0, STORE_READ, e);
	if (rc == 0)
		rc = list_jobs(&store, jobs, count, e);
	else if (errno == ENOENT)
		rc = 0;
	store_close(&store);
	return rc;
}

/* ---- the record ---- */

/* Where the record is damaged, its copy is as good. */
static int load(struct manifest *record, int fd, struct error *e)
{
	if (manifest_read(record, fd, FOLDER_RECORD, USER_FILE_RECORD, e) == 0)
		return 0;
	manifest_free(record);
	if (errno == ENOENT)
		return 0;
	if (errno != EBADMSG)
		return -1;
	if (manifest_read(record, fd, FOLDER_RECORD_COPY, USER_FILE_RECORD, NULL) == 0)
		return 0;
	manifest_free(record);
	return -1;
}

int folder_load(struct folder *folder, struct error *e)
{
	manifest_free(&folder->record);
	return load(&folder->record, folder->fd, e) < 0
		       ? error_prefix(e, "%s", folder->path)
		       : 0;
}

int folder_save(struct folder *folder, struct error *e)
{
	static const char *const names[] = { FOLDER_RECORD, FOLDER_RECORD_COPY };
	cleanup_free char *text = NULL;
	size_t size;

	text = manifest_encode(&folder->record, &size);
	if (!text)
		return error_sys(e, "%s", folder->path);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (file_replace(folder->fd, names[i], text, size, 0600, e) < 0)
			return error_prefix(e, "%s", folder->path);
	}
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
	while ((d = file_next(dir))) {
		if (d->d_name[0] == '.' || !strcmp(d->d_name, FOLDER_RECORD) ||
		    !strcmp(d->d_name, FOLDER_RECORD_COPY) ||
		    !strcmp(d->d_name, FOLDER_EVENTS))
			continue;
		if (file_remove_tree(folder->fd, d->d_name, e) < 0)
			return -1;
	}
	return errno ? error_sys(e, "%s", folder->path) : 0;
}

/* ---- going on as another job ---- */

/* Is it a symbolic link to just that? */
static bool leads_to(int dir, const char *name, const char *target)
{
	cleanup_free char *found = file_read_link(dir, name);

	return found && !strcmp(found, target);
}

/* One job's folder becomes that of the other, and a link to that is left in its place. */
static int hand_over(const struct store *old, unsigned int from, const struct store *new,
		     unsigned int job, struct error *e)
{
	bool apart = conf_find_percent(old->pattern, 'j') != NULL;
	cleanup_free char *old_name = str_printf("%u", from);
	cleanup_free char *new_name = str_printf("%u", job);
	cleanup_free char *target =
		apart ? str_printf("%s/%u", new->path, job) : str_printf("%u", job);
	struct stat st;

	if (!old_name || !new_name || !target)
		return error_sys(e, "job %u", from);
	if (fstatat(old->fd, old_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(e, "%s/%u", old->path, from);
	if (S_ISDIR(st.st_mode)) {
		/* An empty directory may be there; anything else is refused. */
		if (renameat(old->fd, old_name, new->fd, new_name) < 0)
			return error_sys(e, "%s/%u", new->path, job);
	} else if (!leads_to(old->fd, old_name, target) ||
		   fstatat(new->fd, new_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		return error_set(e, "job %u continues already, as another job", from);
	}
	if (symlinkat(target, old->fd, old_name) < 0 && errno != EEXIST)
		return error_sys(e, "%s/%u", old->path, from);
	return 0;
}

static bool is_there(const struct store *store, unsigned int job)
{
	cleanup_free char *name = str_printf("%u", job);

	return name && faccessat(store->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int folder_adopt(const char *pattern, const char *user, const char *cluster,
		 unsigned int from, unsigned int job, struct error *e)
{
	cleanup_free char *base = conf_expand_dir(pattern, user, from, e);
	struct store old, new = { .fd = -1 };
	int rc;

	if (!base)
		return -1;
	rc = store_open(&old, pattern, user, cluster, from, STORE_READ, e);
	if ((rc < 0 && errno == ENOENT) || (rc == 0 && !is_there(&old, from)))
		rc = no_checkpoints(from, base, e);
	if (rc == 0)
		rc = store_open(&new, pattern, user, cluster, job, STORE_MAKE, e);
	if (rc == 0)
		rc = hand_over(&old, from, &new, job, e);
	store_close(&new);
	store_close(&old);
	return rc;
}

/* ---- removing ---- */

int folder_check_named(const struct folder *folder, const char *user, unsigned int job,
		       struct error *e)
{
	const char *recorded = manifest_get(&folder->record, RECORD_USER);

	if (recorded && !strcmp(recorded, user) &&
	    folder_number(folder, RECORD_JOB, 0) == job && job != 0)
		return 0;
	return error_set(e,
			 "%s: its record does not name job %u and user %s, so nothing is "
			 "done with it; if it is of no use, its owner can remove it "
			 "with rm -r",
			 folder->path, job, user);
}

int folder_remove(const struct folder *folder, const char *user, unsigned int job,
		  struct error *e)
{
	/* The link that a job has left which goes on as another one. */
	if (is_link(AT_FDCWD, folder->path))
		return file_remove_tree(AT_FDCWD, folder->path, e);
	if (folder_check_named(folder, user, job, e) < 0)
		return -1;
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
