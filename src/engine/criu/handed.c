// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/handed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/descriptors.h"

#define MAX_FDINFO 4096

/* Above all numbers that a program is likely to have inherited. */
#define HANDED_FROM 500

/* ---- what criu calls them ---- */

/* It is saved without being told of, since its other end may be anywhere. */
static bool is_pipe(const char *key)
{
	return !strncmp(key, "pipe:", strlen("pipe:"));
}

/* The mount by which it was opened, or -1. */
static int mount_of(int fd)
{
	cleanup_free char *path = str_printf("/proc/self/fdinfo/%d", fd);
	size_t size;
	cleanup_free char *text =
		path ? file_read(AT_FDCWD, path, MAX_FDINFO, &size, NULL) : NULL;
	const char *line = text ? strstr(text, "mnt_id:") : NULL;

	return line ? atoi(line + strlen("mnt_id:")) : -1;
}

static char *link_of(int fd)
{
	cleanup_free char *path = str_printf("/proc/self/fd/%d", fd);

	return path ? file_read_link(AT_FDCWD, path) : NULL;
}

/*
 * criu(8), --external and --inherit-fd; a pipe without a name has its link in /proc as
 * its key. NULL if criu has none for it.
 */
static char *key_of(int fd)
{
	char *link = link_of(fd);
	int mount = mount_of(fd);
	struct stat st;

	if (link && is_pipe(link))
		return link;
	free(link);
	if (fstat(fd, &st) < 0 || S_ISSOCK(st.st_mode) || mount < 0)
		return NULL;
	if (isatty(fd))
		return str_printf("tty[%lx:%lx]", (unsigned long)st.st_rdev,
				  (unsigned long)st.st_dev);
	return str_printf("file[%x:%lx]", (unsigned int)mount, (unsigned long)st.st_ino);
}

/* ---- dump ---- */

static bool is_of_other(int fd, const char *link)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_uid != geteuid() &&
	       (is_pipe(link) || isatty(fd));
}

int handed_check(const struct tree *tree, struct error *e)
{
	cleanup_free int *list = descriptors_inherited();

	for (size_t i = 0; list && list[i] >= 0; i++) {
		cleanup_free char *link = link_of(list[i]);

		if (!link || !is_of_other(list[i], link))
			continue;
		if (isatty(list[i]) || tree_holder(tree, link))
			return error_set(
				e,
				"its %s (descriptor %d) is a %s of another user's, which "
				"could not be opened again elsewhere; redirect it to a "
				"file",
				list[i] == STDIN_FILENO ? "input" : "output", list[i],
				is_pipe(link) ? "pipe" : "terminal");
	}
	return list ? 0 : error_sys(e, "descriptors");
}

/* Two numbers of one open file have one key, and criu keeps them together. */
static int add(struct argv *argv, char **all, int fd, const char *key)
{
	char *longer;

	if (strstr(*all, key))
		return 0;
	longer = str_printf("%s%s%d=%s", *all, **all ? " " : "", fd, key);
	if (!longer)
		return -1;
	free(*all);
	*all = longer;
	if (!is_pipe(key)) {
		argv_add(argv, "--external");
		argv_add(argv, key);
	}
	return 0;
}

int handed_dump(struct argv *argv, struct manifest *m, struct error *e)
{
	cleanup_free int *list = descriptors_inherited();
	cleanup_free char *all = strdup("");

	if (!list || !all)
		return error_sys(e, "descriptors");
	for (size_t i = 0; list[i] >= 0; i++) {
		cleanup_free char *key = key_of(list[i]);

		if (key && add(argv, &all, list[i], key) < 0)
			return error_sys(e, "descriptors");
	}
	if (manifest_set(m, CRIU_ATTR_HANDED, "%s", all) < 0)
		return error_sys(e, "descriptors");
	return 0;
}

/* ---- restore ---- */

int handed_add(struct handed *handed, struct argv *argv, int fd, const char *key)
{
	size_t count = 0;
	int *grown;

	while (handed->fds && handed->fds[count] >= 0)
		count++;
	grown = reallocarray(handed->fds, count + 2, sizeof(*grown));
	if (!grown)
		return -1;
	handed->fds = grown;
	grown[count] = grown[count + 1] = -1;
	grown[count] = fcntl(fd, F_DUPFD, HANDED_FROM);
	if (grown[count] < 0)
		return -1;
	argv_add(argv, "--inherit-fd");
	argv_addf(argv, "fd[%d]:%s", grown[count], key);
	return 0;
}

/* A word "FD=KEY". */
static int hand(struct handed *handed, struct argv *argv, const char *word)
{
	int fd, end = 0;

	if (sscanf(word, "%d=%n", &fd, &end) != 1 || end == 0)
		return -1;
	return handed_add(handed, argv, fd, word + end);
}

int handed_restore(struct handed *handed, struct argv *argv, const struct manifest *m,
		   struct error *e)
{
	const char *all = manifest_get(m, CRIU_ATTR_HANDED);
	cleanup_free char *copy = strdup(all ? all : "");
	char *rest = copy, *word;

	handed->fds = NULL;
	if (!copy)
		return error_sys(e, "descriptors");
	while ((word = strsep(&rest, " "))) {
		if (*word && hand(handed, argv, word) < 0)
			return error_sys(e, "descriptor %s of the job", word);
	}
	return 0;
}

void handed_close(struct handed *handed)
{
	for (size_t i = 0; handed->fds && handed->fds[i] >= 0; i++)
		close(handed->fds[i]);
	free(handed->fds);
	handed->fds = NULL;
}
