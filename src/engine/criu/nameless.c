// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/nameless.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/shm.h"

#define STOP_TIMEOUT 10 /* seconds; one that waits for a disk does not stop */

#define MAX_FDINFO 4096

static size_t find_lost(const struct nameless *n, dev_t dev, ino_t inode)
{
	for (size_t i = 0; i < n->losts; i++) {
		if (n->lost[i].dev == dev && n->lost[i].inode == inode)
			return i;
	}
	return NONE;
}

size_t nameless_mapped(const struct nameless *n, const struct mapping *m)
{
	return m->shared ? find_lost(n, m->dev, m->inode) : NONE;
}

/* ---- descriptors ---- */

static int read_fdinfo(int proc, pid_t pid, const char *number, int *flags,
		       long long *position)
{
	cleanup_free char *path = str_printf("%d/fdinfo/%s", pid, number);
	size_t size;
	cleanup_free char *text =
		path ? file_read(proc, path, MAX_FDINFO, &size, NULL) : NULL;

	return text && sscanf(text, "pos: %lld flags: %o", position,
			      (unsigned int *)flags) == 2
		       ? 0
		       : -1;
}

typedef int (*descriptor_fn)(void *arg, size_t lost, const char *number, struct error *e);

/* Call visit for every descriptor of a lost file, until it is not 0. */
static int visit_descriptors(const struct nameless *n, pid_t pid, descriptor_fn visit,
			     void *arg, struct error *e)
{
	cleanup_free char *path = str_printf("%d/fd", pid);
	cleanup_closedir DIR *dir = path ? file_open_dir(n->proc, path) : NULL;
	struct dirent *d;
	int rc = 0;

	while (rc == 0 && dir && (d = readdir(dir))) {
		struct stat st;
		size_t lost;

		if (d->d_name[0] == '.' || fstatat(dirfd(dir), d->d_name, &st, 0) < 0)
			continue;
		lost = find_lost(n, st.st_dev, st.st_ino);
		if (lost != NONE)
			rc = visit(arg, lost, d->d_name, e);
	}
	return rc;
}

static int found_one(void *arg, size_t lost, const char *number, struct error *e)
{
	(void)arg, (void)lost, (void)number, (void)e;
	return 1;
}

struct keeping {
	const struct nameless *n;
	struct user *user;
};

static int keep_descriptor(void *arg, size_t lost, const char *number, struct error *e)
{
	struct keeping *k = arg;
	struct user *u = k->user;
	struct held held = { .lost = lost, .number = atoi(number), .with = -1 };
	struct held *grown = reallocarray(u->held, u->helds + 1, sizeof(*grown));
	long long position;

	if (!grown)
		return error_sys(e, "process %d", u->pid);
	u->held = grown;
	if (read_fdinfo(k->n->proc, u->pid, number, &held.flags, &position) < 0)
		return error_sys(e, "process %d: descriptor %s", u->pid, number);
	if (position != 0)
		return error_set(
			e,
			"process %d reads or writes a file that was removed, and "
			"that is mapped as well",
			u->pid);
	u->held[u->helds++] = held;
	return 0;
}

/* ---- who uses them ---- */

static bool is_stopped(const struct nameless *n, pid_t pid)
{
	for (size_t i = 0; i < n->count; i++) {
		if (n->users[i].pid == pid)
			return true;
	}
	return false;
}

static bool uses_lost(const struct nameless *n, pid_t pid)
{
	struct mappings maps;
	bool uses = false;

	if (mappings_read(&maps, n->proc, pid) == 0) {
		for (size_t i = 0; i < maps.count && !uses; i++)
			uses = shm_is_nameless(&maps.list[i], n->dir, n->dir);
	}
	mappings_free(&maps);
	return uses || visit_descriptors(n, pid, found_one, NULL, NULL) == 1;
}

static int add_lost(struct nameless *n, const struct mapping *m)
{
	size_t at = find_lost(n, m->dev, m->inode);
	uint64_t end = m->offset + (m->end - m->start);

	if (at == NONE) {
		struct lost *grown = reallocarray(n->lost, n->losts + 1, sizeof(*grown));

		if (!grown)
			return -1;
		n->lost = grown;
		at = n->losts++;
		n->lost[at] = (struct lost){ .dev = m->dev, .inode = m->inode };
	}
	if (n->lost[at].size < end)
		n->lost[at].size = end;
	return 0;
}

static int note_maps(struct nameless *n, struct user *u, struct error *e)
{
	if (mappings_read(&u->maps, n->proc, u->pid) < 0)
		return error_sys(e, "process %d", u->pid);
	for (size_t i = 0; i < u->maps.count; i++) {
		if (shm_is_nameless(&u->maps.list[i], n->dir, n->dir) &&
		    add_lost(n, &u->maps.list[i]) < 0)
			return error_sys(e, "process %d", u->pid);
	}
	return 0;
}

static int stop_user(struct nameless *n, pid_t pid, struct error *e)
{
	struct user *grown = reallocarray(n->users, n->count + 1, sizeof(*grown));
	struct user *u;
	bool gone;

	if (!grown)
		return error_sys(e, "process %d", pid);
	n->users = grown;
	u = &n->users[n->count];
	*u = (struct user){ .pid = pid, .remote = remote_stop(pid, &gone, e) };
	if (!u->remote)
		return gone ? 0 : -1;
	n->count++;
	return note_maps(n, u, e);
}

static void alarmed(int signum)
{
	(void)signum;
}

/*
 * Who is stopped hands nothing on; so when a look at all of them finds nobody more, these
 * are all.
 */
static int stop_users(struct nameless *n, const struct sandbox *sb, struct error *e)
{
	struct tree tree;
	size_t before;
	int rc;

	do {
		before = n->count;
		rc = tree_read(&tree, sb, e);
		for (size_t i = 0; rc == 0 && i < tree.count; i++) {
			if (!is_stopped(n, tree.pids[i]) && uses_lost(n, tree.pids[i]))
				rc = stop_user(n, tree.pids[i], e);
		}
		tree_free(&tree);
	} while (rc == 0 && n->count != before);
	return rc;
}

static int stop_users_in_time(struct nameless *n, const struct sandbox *sb,
			      struct error *e)
{
	const struct sigaction interrupt = { .sa_handler = alarmed };
	struct sigaction old;
	int rc;

	sigaction(SIGALRM, &interrupt, &old);
	alarm(STOP_TIMEOUT);
	rc = stop_users(n, sb, e);
	alarm(0);
	sigaction(SIGALRM, &old, NULL);
	return rc;
}

static int note_descriptors(struct nameless *n, struct error *e)
{
	for (size_t i = 0; i < n->count; i++) {
		struct keeping keeping = { .n = n, .user = &n->users[i] };

		if (visit_descriptors(n, n->users[i].pid, keep_descriptor, &keeping, e) <
		    0)
			return -1;
	}
	return 0;
}

/* ---- all of it ---- */

int nameless_find(struct nameless *n, const struct sandbox *sb, const char *dir,
		  struct error *e)
{
	*n = (struct nameless){
		.dir = dir, .proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
	};
	if (n->proc < 0)
		return error_sys(e, "/proc");
	if (stop_users_in_time(n, sb, e) < 0)
		return -1;
	return note_descriptors(n, e);
}

void nameless_free(struct nameless *n)
{
	for (size_t i = 0; i < n->count; i++) {
		remote_resume(n->users[i].remote);
		mappings_free(&n->users[i].maps);
		free(n->users[i].held);
		free(n->users[i].with);
	}
	free(n->users);
	for (size_t i = 0; i < n->losts; i++)
		free(n->lost[i].path);
	free(n->lost);
	if (n->proc >= 0)
		close(n->proc);
}

bool nameless_is_open(const struct tree *tree, dev_t dev, ino_t inode)
{
	struct lost file = { .dev = dev, .inode = inode };
	const struct nameless of_it = { .proc = tree->proc, .lost = &file, .losts = 1 };
	bool open = false;

	for (size_t i = 0; i < tree->count && !open; i++)
		open = visit_descriptors(&of_it, tree->pids[i], found_one, NULL, NULL) ==
		       1;
	return open;
}

static bool is_mapped(const struct tree *tree, dev_t dev, ino_t inode)
{
	bool mapped = false;

	for (size_t i = 0; i < tree->count && !mapped; i++) {
		struct mappings maps;

		if (mappings_read(&maps, tree->proc, tree->pids[i]) == 0) {
			for (size_t k = 0; k < maps.count && !mapped; k++)
				mapped = maps.list[k].dev == dev &&
					 maps.list[k].inode == inode;
		}
		mappings_free(&maps);
	}
	return mapped;
}

bool nameless_is_used(const struct tree *tree, dev_t dev, ino_t inode)
{
	return is_mapped(tree, dev, inode) || nameless_is_open(tree, dev, inode);
}
