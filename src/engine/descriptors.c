// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

/* ---- which there are ---- */

static bool is_inherited(int fd, int except)
{
	int flags = fcntl(fd, F_GETFD);

	return fd != except && flags >= 0 && !(flags & FD_CLOEXEC);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int *descriptors_inherited(void)
{
	cleanup_closedir DIR *dir = opendir("/proc/self/fd");
	cleanup_free int *list = malloc(sizeof(*list));
	size_t count = 0;
	struct dirent *d;

	while (dir && list && (d = file_next(dir))) {
		int fd = atoi(d->d_name), *grown;

		if (d->d_name[0] == '.' || !is_inherited(fd, dirfd(dir)))
			continue;
		grown = reallocarray(list, count + 2, sizeof(*grown));
		if (!grown)
			return NULL;
		list = grown;
		list[count++] = fd;
	}
	if (!dir || !list || errno)
		return NULL;
	qsort(list, count, sizeof(*list), compare);
	list[count] = -1;
	return take_ptr(list);
}

/* ---- open them again ---- */

static char *name_of(int fd)
{
	cleanup_free char *link = str_printf("/proc/self/fd/%d", fd);
	char *name = link ? file_read_link(AT_FDCWD, link) : NULL;

	if (name && name[0] == '/')
		return name;
	free(name);
	return NULL;
}

static bool is_same_file(int a, int b)
{
	struct stat of_a, of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 &&
	       of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

/* The same file, by its name in this mount namespace; or -1. */
static int open_by_name(int fd, int flags)
{
	cleanup_free char *name = name_of(fd);
	cleanup_close int again = -1;

	/* Without waiting for the other end of a fifo. */
	if (name)
		again = open(name, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (again < 0 || !is_same_file(fd, again) || fcntl(again, F_SETFL, flags) < 0)
		return -1;
	return take_fd(again);
}

/* A file without a name and with the same content; or -1. */
static int replace_removed(int fd, int flags, const struct stat *st, const char *dir)
{
	cleanup_free char *link = str_printf("/proc/self/fd/%d", fd);
	cleanup_close int in = link ? open(link, O_RDONLY | O_CLOEXEC) : -1;
	cleanup_close int out = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	cleanup_free char *name = str_printf("/proc/self/fd/%d", out);

	if (in < 0 || out < 0 || !name ||
	    file_copy(in, out, (uint64_t)st->st_size, dir, NULL) < 0)
		return -1;
	return open(name, flags | O_CLOEXEC);
}

/* A descriptor that is the job's own, or -1. */
static int open_again(int fd, const char *dir)
{
	int flags = fcntl(fd, F_GETFL);
	off_t position = lseek(fd, 0, SEEK_CUR);
	cleanup_close int again = -1;
	struct stat st;

	if (flags < 0 || fstat(fd, &st) < 0)
		return -1;
	again = S_ISREG(st.st_mode) && st.st_nlink == 0
			? replace_removed(fd, flags, &st, dir)
			: open_by_name(fd, flags);
	if (again < 0 || (position > 0 && lseek(again, position, SEEK_SET) != position))
		return -1;
	return take_fd(again);
}

static bool is_one_open_file(int a, int b)
{
	return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b) == 0;
}

/* The descriptor before this one that is the same open file, or -1. */
static int twin_of(const int *list, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (is_one_open_file(list[j], list[i]))
			return (int)j;
	}
	return -1;
}

/*
 * Twins have to be found while all are as they were inherited, so each is opened again
 * under another number first.
 */
static void open_all_again(const int *list, int *again, const char *dir)
{
	for (size_t i = 0; list[i] >= 0; i++) {
		int twin = twin_of(list, i);

		again[i] = twin < 0 ? open_again(list[i], dir) : again[twin];
	}
}

void descriptors_reopen(const char *dir)
{
	cleanup_free int *list = descriptors_inherited();
	cleanup_free int *again = NULL;
	size_t count = 0;

	while (list && list[count] >= 0)
		count++;
	again = calloc(count + 1, sizeof(*again));
	if (!list || !again)
		return;
	open_all_again(list, again, dir);
	for (size_t i = 0; i < count; i++) {
		if (again[i] >= 0)
			dup2(again[i], list[i]);
	}
}
