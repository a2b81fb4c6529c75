// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/mapping.h"
#include "engine/criu/nameless.h"

#define SHM   "/dev/shm"
#define MEMFD "/memfd:" /* as the kernel shows it */

#define MAX_DEPTH 16 /* of directories in it */

/* ---- those that have another name ---- */

/* A name of the file below a directory, by an open descriptor of where it is, or -1. */
static int find_name(int dirfd, ino_t inode, unsigned int depth, char **name)
{
	cleanup_closedir DIR *dir = file_open_dir(dirfd, ".");
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		cleanup_close int below = -1;
		int found;

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (d->d_type == DT_REG && d->d_ino == inode) {
			*name = strdup(d->d_name);
			return *name ? fcntl(dirfd, F_DUPFD_CLOEXEC, 0) : -1;
		}
		if (d->d_type != DT_DIR || depth == 0)
			continue;
		below = openat(dirfd, d->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		found = below < 0 ? -1 : find_name(below, inode, depth - 1, name);
		if (found >= 0)
			return found;
	}
	return -1;
}

/* What follows "DIR/" in it, if that is a name; else NULL. */
static const char *name_in(const char *dir, const char *path)
{
	size_t length = strlen(dir);

	if (strncmp(path, dir, length) != 0 || path[length] != '/')
		return NULL;
	return strchr(path + length + 1, '/') ? NULL : path + length + 1;
}

bool shm_is_nameless(const struct mapping *m, const char *known_as, const char *dir)
{
	const char *wanted = name_in(known_as, m->name);
	cleanup_close int dirfd = -1, where = -1;
	cleanup_free char *name = NULL;
	struct stat st;

	if (!mapping_is_nameless(m) || !wanted)
		return false;
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 || fstat(dirfd, &st) < 0 || st.st_dev != m->dev)
		return false;
	where = find_name(dirfd, m->inode, MAX_DEPTH, &name);
	if (where < 0)
		return true;
	(void)linkat(where, name, dirfd, wanted, 0);
	return false;
}

/* Whether all that the process has mapped has a name now. */
static bool name_mapped_by(const struct tree *tree, pid_t pid, const char *dir)
{
	struct mappings maps;
	bool all = true;

	if (mappings_read(&maps, tree->proc, pid) == 0) {
		for (size_t i = 0; i < maps.count; i++) {
			if (shm_is_nameless(&maps.list[i], SHM, dir))
				all = false;
		}
	}
	mappings_free(&maps);
	return all;
}

/* ---- those that never had one ---- */

static const struct mapping *find_split(const struct tree *tree,
					const struct mappings *maps)
{
	for (size_t i = 0; i < maps->count; i++) {
		const struct mapping *m = &maps->list[i];

		if (m->shared && strncmp(m->name, MEMFD, strlen(MEMFD)) == 0 &&
		    nameless_is_open(tree, m->dev, m->inode))
			return m;
	}
	return NULL;
}

int shm_check_memfd(const struct tree *tree, struct error *e)
{
	int rc = 0;

	for (size_t i = 0; i < tree->count && rc == 0; i++) {
		struct mappings maps;
		const struct mapping *split;

		if (mappings_read(&maps, tree->proc, tree->pids[i]) == 0 &&
		    (split = find_split(tree, &maps)))
			rc = error_set(e,
				       "process %d has mapped memory of memfd_create(2) "
				       "of which a descriptor is open (%s), which criu "
				       "cannot save without privilege",
				       tree->pids[i], split->name + 1);
		mappings_free(&maps);
	}
	return rc;
}

/* ---- those that have none ---- */

static int wait_for(pid_t pid, int output, struct error *e)
{
	char text[sizeof(e->text)] = "";
	int status;

	(void)file_read_all(output, text, sizeof(text) - 1);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_sys(e, "criu-relink");
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return error_set(e, "%s", text[0] ? text : "criu-relink was killed");
}

static int relink(const struct sandbox *sb, struct error *e)
{
	cleanup_free char *root = str_printf("%d", sb->root);
	char *argv[] = { (char *)CRIU_RELINK_PATH, (char *)SHM, root, NULL };
	char *envp[] = { NULL };
	struct sandbox_program program = { .argv = argv, .envp = envp };
	cleanup_close int output = -1;
	int fds[2];
	pid_t pid;

	if (!root || pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(e, "criu-relink");
	output = fds[0];
	program.out = fds[1];
	pid = sandbox_exec(sb, SANDBOX_INSIDE, &program, e);
	close(fds[1]);
	return pid < 0 ? -1 : wait_for(pid, output, e);
}

int shm_name_mapped(const struct tree *tree, const struct sandbox *sb, const char *dir,
		    struct error *e)
{
	bool all = true;

	for (size_t i = 0; i < tree->count; i++) {
		if (!name_mapped_by(tree, tree->pids[i], dir))
			all = false;
	}
	return all ? 0 : relink(sb, e);
}
