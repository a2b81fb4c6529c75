// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/hook.h"

static void append(struct criu_log *log, const char *text, size_t size)
{
	size_t room = sizeof(log->head) - log->head_size;
	size_t n = size < room ? size : room;

	memcpy(log->head + log->head_size, text, n);
	log->head_size += n;
	text += n;
	size -= n;
	if (size > sizeof(log->tail)) {
		text += size - sizeof(log->tail);
		size = sizeof(log->tail);
	}
	if (log->tail_size + size > sizeof(log->tail)) {
		size_t drop = log->tail_size + size - sizeof(log->tail);

		memmove(log->tail, log->tail + drop, log->tail_size - drop);
		log->tail_size -= drop;
	}
	memcpy(log->tail + log->tail_size, text, size);
	log->tail_size += size;
}

int criu_log_read(struct criu_log *log, int fd)
{
	char buffer[4096];
	ssize_t n = read(fd, buffer, sizeof(buffer));

	if (n < 0)
		return errno == EINTR ? 1 : -1;
	append(log, buffer, (size_t)n);
	return n > 0;
}

int criu_log_save(const struct criu_log *log, int dirfd, const char *name,
		  struct error *e)
{
	cleanup_close int fd = openat(
		dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || fchmod(fd, 0600) < 0 ||
	    file_write_all(fd, log->head, log->head_size) < 0 ||
	    file_write_all(fd, log->tail, log->tail_size) < 0)
		return error_sys(e, "%s", name);
	return 0;
}

/* What criu says, and what a user can do about it. */
static const struct {
	const char *says;
	const char *means;
} meanings[] = {
	{ "Connected TCP socket", "the job holds open TCP connections, which cannot be "
				  "saved; close them before the checkpoint" },
	{ "Can't get 1:16 opt",
	  "this release of CRIU cannot save sockets on this kernel; "
	  "CRIU 4.2 or later can" },
	{ "Can't bind inet socket",
	  "a port at which the job listens is taken on this node" },
	{ "In-flight connection",
	  "a process was connecting to another by TCP just then; try again" },
	{ "Can't open mapped [", "a process has mapped a file that was removed or "
				 "replaced since, as is often done "
				 "with shared memory, which cannot be saved" },
	{ "SysVIPC shmem map",
	  "the job uses shared memory of System V (shmget), which cannot be saved" },
	{ "Can't dump that handle", "a process watches files by inotify, as \"tail -f\" "
				    "does, which cannot be saved" },
	{ "Can't create link remap",
	  "a file that a process has open was removed and has another name, which "
	  "cannot be saved" },
	{ "suspending seccomp failed",
	  "a process has a seccomp filter, which cannot be saved" },
	{ "External socket is used",
	  "the job is connected to a program outside of it by a "
	  "local socket, which cannot be saved" },
	{ "has bad size",
	  "a file that the job had open or was running has changed since" },
	{ "is not permitted to dump", "the job runs a program that may not be saved" },
};

/* Said in every unprivileged run, and of no consequence; or said only to sum up. */
static const char *const ignored[] = {
	"Unexpected error: -1(Operation not permitted)",
	"Can't setup RLIMIT_NOFILE",
	"Dumping FAILED",
	"Restoring FAILED",
};

static int is_ignored(const char *line)
{
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		if (strstr(line, ignored[i]))
			return 1;
	}
	return 0;
}

/* The message of a line "(00.123456) Error (criu/file.c:12): message", or NULL. */
static const char *error_message(const char *line)
{
	const char *error = strstr(line, "Error");
	const char *message = error ? strstr(error, ": ") : NULL;

	return message ? message + 2 : NULL;
}

int criu_log_explain(const struct criu_log *log, struct error *e)
{
	cleanup_free char *text = str_printf("%.*s%.*s", (int)log->head_size, log->head,
					     (int)log->tail_size, log->tail);
	char *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		const char *message = error_message(line);

		if (!message || is_ignored(line))
			continue;
		for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
			if (strstr(line, meanings[i].says))
				return error_set(e, "%s", meanings[i].means);
		}
		return error_set(e, "criu: %s", message);
	}
	return error_set(e, "criu failed without saying why");
}

void criu_log_remark(const struct criu_log *log, struct error *e)
{
	cleanup_free char *text = str_printf("%.*s%.*s", (int)log->head_size, log->head,
					     (int)log->tail_size, log->tail);
	char *rest = text, *line;

	e->text[0] = '\0';
	while (rest && (line = strsep(&rest, "\n"))) {
		const size_t size = strlen(e->text);

		if (strncmp(line, HOOK_REMARK, strlen(HOOK_REMARK)) == 0)
			snprintf(e->text + size, sizeof(e->text) - size, "%s%s",
				 size ? "; " : "", line + strlen(HOOK_REMARK));
	}
}
