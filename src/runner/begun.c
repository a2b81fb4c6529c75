// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/begun.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process_stat.h"
#include "runner/own_output.h"
#include "runner/say.h"
#include "store/node_dirs.h"

/* What Slurm and we write into the output of a job that does not run (bytes). */
#define TALK_MAX 65536

/* The attribute: "user.slurm-checkpoint.CLUSTER.JOB", of one letter. */
struct attribute {
	char name[XATTR_NAME_MAX + 1];
};

static const int outputs[] = { STDOUT_FILENO, STDERR_FILENO };
static const char letters[] = {
	[BEGUN_NOT] = 'n', [BEGUN_UNPROTECTED] = 'u', [BEGUN_PROTECTED] = 'p'
};

/* -1 if the name is too long for one. */
static int attribute_of(struct attribute *attribute, const struct task *task)
{
	int length = snprintf(attribute->name, sizeof(attribute->name),
			      "user.slurm-checkpoint.%s.%u", task->cluster, task->job);

	return length < (int)sizeof(attribute->name) ? 0 : -1;
}

void begun_note(const struct task *task, enum begun begun)
{
	struct attribute attribute;

	if (attribute_of(&attribute, task) < 0)
		return;
	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *path = own_output_path(outputs[i]);

		if (path)
			(void)fsetxattr(outputs[i], attribute.name, &letters[begun], 1,
					0);
	}
}

void begun_forget(const struct task *task)
{
	struct attribute attribute;

	if (attribute_of(&attribute, task) < 0)
		return;
	for (size_t i = 0; i < 2; i++)
		(void)fremovexattr(outputs[i], attribute.name);
}

/* ---- a file that no start has left anything on ---- */

/* Seconds since slurmstepd, our parent, was started; negative if it does not tell. */
static double parent_age(void)
{
	cleanup_close int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct process_stat stat;

	return process_stat_of(&stat, proc, getppid()) < 0 ? -1 : process_stat_age(&stat);
}

/*
 * Seconds since a file was made, by the clock of where it is: that of a server may differ
 * from ours. Negative if that does not tell.
 */
static double file_age(int fd)
{
	struct statx st;

	if (futimens(fd, NULL) < 0 ||
	    statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &st) < 0 ||
	    !(st.stx_mask & STATX_BTIME))
		return -1;
	return (double)(st.stx_mtime.tv_sec - st.stx_btime.tv_sec) +
	       ((double)st.stx_mtime.tv_nsec - (double)st.stx_btime.tv_nsec) / 1e9;
}

/* Did this very start of the job make it? */
static bool is_new(int fd)
{
	double start = parent_age(), file;
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_size)
		return false;
	file = file_age(fd);
	/* Both clocks are those of ticks. */
	return start >= 0 && file >= 0 && file <= start + 0.05;
}

/* Does its file system keep attributes, so that an earlier start would have left its own?
 */
static bool takes(int fd, const struct attribute *attribute)
{
	return fsetxattr(fd, attribute->name, &letters[BEGUN_NOT], 1, 0) == 0;
}

/* slurmstepd writes its name, or after "[" the time. */
static bool is_talk(const char *line)
{
	return strncmp(line, "slurmstepd", strlen("slurmstepd")) == 0 ||
	       strncmp(line, SAY_NAME, strlen(SAY_NAME)) == 0 ||
	       (line[0] == '[' && isdigit((unsigned char)line[1]) &&
		strstr(line, "] error: "));
}

/* Has nobody written into it but Slurm and we? */
static bool has_talk_only(const char *path)
{
	size_t size;
	cleanup_free char *text = file_read(AT_FDCWD, path, TALK_MAX, &size, NULL);

	if (!text || memchr(text, '\0', size))
		return false;
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return false;
		*end = '\0';
		if (!is_talk(line))
			return false;
	}
	return true;
}

/* ---- all of them ---- */

/* As %N in the file's name would have it, and not as a part of another word. */
static bool names(const char *path, const char *node)
{
	size_t length = strlen(node);

	for (const char *at = path; length && (at = strstr(at, node)); at++) {
		if ((at == path || !isalnum((unsigned char)at[-1])) &&
		    !isalnum((unsigned char)at[length]))
			return true;
	}
	return false;
}

/* Can every node find the file, as far as its name tells? */
static bool is_of_all_nodes(const char *path, const char *node)
{
	char host[HOST_NAME_MAX + 1] = "";

	if (gethostname(host, sizeof(host) - 1) < 0)
		return false;
	host[strcspn(host, ".")] = '\0';
	return !node_dirs_hold(path) && !names(path, node) && !names(path, host);
}

static enum begun look(int fd, const char *path, const struct task *task,
		       const struct attribute *attribute)
{
	char letter = '\0';

	if (!is_of_all_nodes(path, task->node))
		return BEGUN_UNKNOWN;
	(void)fgetxattr(fd, attribute->name, &letter, 1);
	if (letter == letters[BEGUN_PROTECTED])
		return BEGUN_PROTECTED;
	if (letter == letters[BEGUN_UNPROTECTED])
		return BEGUN_UNPROTECTED;
	if (is_new(fd) || (takes(fd, attribute) && has_talk_only(path)))
		return BEGUN_NOT;
	return BEGUN_UNKNOWN;
}

enum begun begun_look(const struct task *task)
{
	bool seen[] = { [BEGUN_PROTECTED] = false };
	struct attribute attribute;

	if (attribute_of(&attribute, task) < 0)
		return BEGUN_UNKNOWN;
	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *path = own_output_path(outputs[i]);

		if (path)
			seen[look(outputs[i], path, task, &attribute)] = true;
	}
	if (seen[BEGUN_PROTECTED])
		return BEGUN_PROTECTED;
	if (seen[BEGUN_UNPROTECTED])
		return BEGUN_UNPROTECTED;
	return seen[BEGUN_NOT] && !seen[BEGUN_UNKNOWN] ? BEGUN_NOT : BEGUN_UNKNOWN;
}
