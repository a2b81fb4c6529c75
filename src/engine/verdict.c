// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/digest.h"
#include "store/lock.h"

#define BAD_LASTS 60 /* seconds */
#define GOOD	  "good\n"
#define MAX_SIZE  4096 /* bytes of a file */
#define BOOT_ID	  "/proc/sys/kernel/random/boot_id"
#define BOOT_LEN  36

int verdict_open_dir(const char *parent)
{
	cleanup_free char *path =
		str_printf("%s/.slurm-checkpoint-%u", parent, geteuid());
	cleanup_close int fd = -1;
	struct stat st;

	if (!path || (mkdir(path, 0700) < 0 && errno != EEXIST))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
	    (st.st_mode & 07777) != 0700)
		return -1;
	return take_fd(fd);
}

/* "BOOT-DIGEST"; owned, or NULL. */
static char *name_of(const char *key, const char *suffix)
{
	size_t size;
	cleanup_free char *boot = file_read(AT_FDCWD, BOOT_ID, BOOT_LEN + 1, &size, NULL);
	char hex[DIGEST_HEX + 1];

	if (!boot || size < BOOT_LEN)
		return NULL;
	digest_of(key, strlen(key), hex);
	return str_printf("%.*s-%s%s", BOOT_LEN, boot, hex, suffix);
}

/* By the file's time: it is not in the future, and not long past. */
static bool is_recent(int dir, const char *name)
{
	struct timespec now;
	struct stat st;

	clock_gettime(CLOCK_REALTIME, &now);
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_mtime <= now.tv_sec && now.tv_sec - st.st_mtime < BAD_LASTS;
}

enum verdict verdict_read(int dir, const char *key, struct error *why)
{
	cleanup_free char *name = name_of(key, "");
	size_t size;
	cleanup_free char *text =
		name ? file_read(dir, name, MAX_SIZE, &size, NULL) : NULL;

	if (!text || size == 0)
		return VERDICT_UNKNOWN;
	if (!strcmp(text, GOOD))
		return VERDICT_GOOD;
	if (!is_recent(dir, name))
		return VERDICT_UNKNOWN;
	error_set(why, "%s", text);
	return VERDICT_BAD;
}

static void remove_of_earlier_boots(int dir, const char *name)
{
	cleanup_closedir DIR *d = file_open_dir(dir, ".");
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] != '.' &&
		    strncmp(entry->d_name, name, BOOT_LEN) != 0)
			(void)unlinkat(dir, entry->d_name, 0);
	}
}

void verdict_write(int dir, const char *key, const struct error *why)
{
	cleanup_free char *name = name_of(key, "");
	const char *text = why ? why->text : GOOD;

	if (!name || file_replace(dir, name, text, strlen(text), 0600, NULL) < 0)
		return;
	remove_of_earlier_boots(dir, name);
}

int verdict_lock(int dir, const char *key, unsigned int seconds)
{
	cleanup_free char *name = name_of(key, ".lock");
	cleanup_close int fd =
		name ? openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)
		     : -1;

	if (fd < 0 || (flock(fd, LOCK_EX | LOCK_NB) < 0 &&
		       lock_wait(fd, -1, seconds, NULL) != LOCK_OURS))
		return -1;
	return take_fd(fd);
}
