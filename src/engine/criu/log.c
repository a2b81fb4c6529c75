// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/hook.h"

/* What the kernel writes behind the path of a file that has none any more. */
#define DELETED " (deleted)"

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

char *criu_log_text(const struct criu_log *log)
{
	return str_printf("%.*s%.*s", (int)log->head_size, log->head, (int)log->tail_size,
			  log->tail);
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
	/*
	 * The message names a file, behind the first and before the second of these; up
	 * to its end if that is empty.
	 */
	const char *before, *after;
	const char *means; /* of that file, if there is one */
} meanings[] = {
	{ "Connected TCP socket", NULL, NULL,
	  "the job holds open TCP connections, which cannot be "
	  "saved; close them before the checkpoint" },
	{ "Can't get 1:16 opt", NULL, NULL,
	  "this release of CRIU cannot save sockets on this kernel; "
	  "CRIU 4.2 or later can" },
	{ "Can't bind inet socket", NULL, NULL,
	  "a port at which the job listens is taken on this node" },
	{ "In-flight connection", NULL, NULL,
	  "a process was connecting to another by TCP just then; try again" },
	{ "Can't open mapped [", "Can't open mapped [", "]",
	  "was removed or replaced since a process of the job has mapped it, as is done "
	  "with shared memory, and by an upgrade with libraries; so the job cannot be "
	  "saved" },
	{ "SysVIPC shmem map", NULL, NULL,
	  "the job uses shared memory of System V (shmget), which cannot be saved" },
	{ "Can't dump that handle", NULL, NULL,
	  "a process watches files by inotify, as \"tail -f\" "
	  "does, which cannot be saved" },
	{ "Can't create link remap", "Can't create link remap for ", ". Use",
	  "was removed while the job has it open, and has another name, so the job "
	  "cannot be saved" },
	{ "Unaccessible path opened", NULL, NULL,
	  "a file that the job has open was moved, and its name is another file's now, "
	  "which cannot be saved" },
	{ "Can't lookup mount=", " path=", "",
	  "is on a file system that is not mounted any more where the job has it open, "
	  "so the job cannot be saved" },
	{ "Can't dump ghost file", "Can't dump ghost file ", " of ",
	  "was removed while the job has it open, and is too large to be saved with the "
	  "job" },
	{ "suspending seccomp failed", NULL, NULL,
	  "a process has a seccomp filter, which cannot be saved" },
	{ "External socket is used", NULL, NULL,
	  "the job is connected to a program outside of it by a "
	  "local socket, which cannot be saved" },
	{ "Failed to resolve mapping", NULL, NULL,
	  "this kernel does not tell which file a process has mapped where the file "
	  "system is overlayfs; Linux 6.8 or later does, as does any where programs are "
	  "on another file system" },
	{ "has bad size", "File ", " has bad size",
	  "is not the same file on this node as when the job was saved: its size "
	  "differs" },
	{ "has bad build-ID", "File ", " has bad build-ID",
	  "is not the same file on this node as when the job was saved: it is another "
	  "build" },
	{ "has bad mode", "File ", " has bad mode",
	  "is not the same file on this node as when the job was saved: its mode "
	  "differs" },
	{ "on restore: No such file", "Can't open file ", " on restore",
	  "is missing on this node, and the job was using it when it was saved" },
	{ "on restore: Permission denied", "Can't open file ", " on restore",
	  "cannot be opened on this node, and the job was using it when it was saved: "
	  "permission denied" },
	{ "is not permitted to dump", NULL, NULL,
	  "the job runs a program that may not be saved" },
};

/*
 * Said at this level though nothing comes of it: in every unprivileged run, or of what
 * a kernel lacks and the job does not use; or said only to sum up.
 */
static const char *const ignored[] = {
	"Unexpected error: -1(Operation not permitted)",
	"Can't setup RLIMIT_NOFILE",
	"Diag module missing",
	"Dumping FAILED",
	"Restoring FAILED",
	"File r/w/x checks can be skipped",
};

/*
 * Where criu tries what the kernel and the machine can do, most of which it can do
 * without: an error there counts only where there is no other.
 */
static const char *const trials[] = {
	"(criu/kerndat.c", "(criu/cpu.c",    "(criu/arch/",
	"(criu/cgroup.c",  "(criu/config.c",
};

static bool has_any(const char *line, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strstr(line, words[i]))
			return true;
	}
	return false;
}

/* The message of a line "(00.123456) Error (criu/file.c:12): message", or NULL. */
static const char *error_message(const char *line)
{
	const char *error = strstr(line, "Error (");
	const char *message = error ? strstr(error, "): ") : NULL;

	return message ? message + 3 : NULL;
}

/* The file that a message names, as an absolute path; owned by the caller, or NULL. */
static char *named_file(const char *message, const char *before, const char *after)
{
	const char *begin = before ? strstr(message, before) : NULL;
	const char *end = NULL;
	char *path;

	if (begin)
		end = *after ? strstr(begin + strlen(before), after)
			     : begin + strlen(begin);

	if (!end)
		return NULL;
	begin += strlen(before);
	/* criu opens paths relative to the root, and so writes them. */
	path = str_printf("%s%.*s", *begin == '/' ? "" : "/", (int)(end - begin), begin);
	if (path && str_ends_with(path, DELETED))
		path[strlen(path) - strlen(DELETED)] = '\0';
	if (path)
		str_make_printable(path);
	return path;
}

/* What the message means, as a sentence in e; false if that is not known. */
static bool has_meaning(const char *message, struct error *e)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		cleanup_free char *file = NULL;

		if (!strstr(message, meanings[i].says))
			continue;
		file = named_file(message, meanings[i].before, meanings[i].after);
		if (meanings[i].before)
			error_set(e, "%s %s", file ? file : "a file", meanings[i].means);
		else
			error_set(e, "%s", meanings[i].means);
		return true;
	}
	return false;
}

/* The first error of each kind; what criu says after it is what came of it. */
struct findings {
	const char *error;
	const char *trial;
};

/* Look at a line; true if what it means is known, and in e. */
static bool look_at(const char *line, struct findings *f, struct error *e)
{
	const char *message = error_message(line);
	const char **first;

	if (!message || has_any(message, ignored, sizeof(ignored) / sizeof(ignored[0])))
		return false;
	if (has_meaning(message, e))
		return true;
	first = has_any(line, trials, sizeof(trials) / sizeof(trials[0])) ? &f->trial
									  : &f->error;
	if (!*first)
		*first = message;
	return false;
}

int criu_log_explain(const struct criu_log *log, struct error *e)
{
	cleanup_free char *text = criu_log_text(log);
	struct findings f = { 0 };
	char *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		if (look_at(line, &f, e))
			return -1;
	}
	if (!f.error)
		f.error = f.trial;
	if (!f.error)
		return error_set(e, "criu failed without saying why");
	return error_set(e, "criu: %s", f.error);
}

void criu_log_remark(const struct criu_log *log, struct error *e)
{
	cleanup_free char *text = criu_log_text(log);
	char *rest = text, *line;

	e->text[0] = '\0';
	while (rest && (line = strsep(&rest, "\n"))) {
		const size_t size = strlen(e->text);

		if (strncmp(line, HOOK_REMARK, strlen(HOOK_REMARK)) == 0)
			snprintf(e->text + size, sizeof(e->text) - size, "%s%s",
				 size ? "; " : "", line + strlen(HOOK_REMARK));
	}
}
