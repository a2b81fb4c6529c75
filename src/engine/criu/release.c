// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/release.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/argv.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process_stat.h"
#include "base/str.h"
#include "engine/criu/call.h"
#include "engine/criu/mapping.h"
#include "engine/criu/thread.h"
#include "engine/tree.h"

#define SETTLED 0.1   /* seconds */
#define LIMIT	10000 /* milliseconds for criu-release, which takes one a process */

static bool has_trapped(int proc, pid_t pid, const struct mapping *code)
{
	cleanup_free char *path = str_printf("%d/task", pid);
	cleanup_closedir DIR *dir = path ? file_open_dir(proc, path) : NULL;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		pid_t tid = atoi(d->d_name);
		unsigned long place;

		if (tid <= 0 || tid == pid)
			continue;
		place = thread_place(proc, pid, tid);
		if (place >= code->start && place < code->end)
			return true;
	}
	return false;
}

/* In what criu alone could bring to its end. */
static bool is_at_work(int proc, pid_t pid)
{
	const struct mapping *code;
	struct mappings maps;
	bool is = false;

	if (mappings_read(&maps, proc, pid) == 0) {
		code = mappings_find(&maps, CRIU_CODE);
		is = (code && has_trapped(proc, pid, code)) ||
		     call_is_left(&maps, proc, pid);
	}
	mappings_free(&maps);
	return is;
}

pid_t release_find_trapped(const struct sandbox *sb)
{
	struct tree tree;
	pid_t found = 0;

	if (tree_read(&tree, sb, NULL) < 0)
		return 0;
	for (size_t i = 0; i < tree.count && !found; i++) {
		if (tree_is_traced(tree.proc, tree.pids[i]) &&
		    is_at_work(tree.proc, tree.pids[i]))
			found = tree.pids[i];
	}
	tree_free(&tree);
	return found;
}

void settled_note(struct settled *settled, const struct tree *tree)
{
	settled->pids = calloc(tree->count + 1, sizeof(*settled->pids));
	for (size_t i = 0; settled->pids && i < tree->count; i++) {
		struct process_stat stat;

		if (process_stat_of(&stat, tree->proc, tree->pids[i]) == 0 &&
		    process_stat_age(&stat) >= SETTLED)
			settled->pids[settled->count++] = tree->pids[i];
	}
}

void settled_free(struct settled *settled)
{
	free(settled->pids);
	*settled = (struct settled){ NULL, 0 };
}

/* What it says by its end, or by its deadline. */
static void hear(int output, pid_t pid, char *text, size_t size)
{
	struct pollfd end = { .fd = output, .events = POLLIN };
	int n;

	while ((n = poll(&end, 1, LIMIT)) < 0 && errno == EINTR)
		;
	if (n > 0)
		(void)!read(output, text, size - 1);
	else
		kill(pid, SIGKILL);
	text[strcspn(text, "\n")] = '\0';
}

static int run(const struct sandbox *sb, char *const *argv, struct error *e)
{
	char *envp[] = { NULL };
	struct sandbox_program program = { .argv = argv, .envp = envp };
	char text[sizeof(e->text)] = "";
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(e, "criu-release");
	program.out = fds[1];
	pid = sandbox_exec(sb, SANDBOX_INSIDE, &program, e);
	close(fds[1]);
	if (pid > 0)
		hear(fds[0], pid, text, sizeof(text));
	close(fds[0]);
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error_set(e, "%s", text[0] ? text : "they do not answer");
}

int release(const struct settled *settled, const struct sandbox *sb, struct error *e)
{
	cleanup_argv struct argv argv = { 0 };

	argv_add(&argv, CRIU_RELEASE_PATH);
	for (size_t i = 0; i < settled->count; i++)
		argv_addf(&argv, "%d", settled->pids[i]);
	return argv_end(&argv, e) < 0 ? -1 : run(sb, argv.words, e);
}
