// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unsavable - a line of a table for each kind: of descriptors, of memory, and of what a
 * process is.
 */
#define _GNU_SOURCE
#include "engine/criu/unsavable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process_stat.h"
#include "base/str.h"
#include "engine/criu/mapping.h"

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202
#endif

#define MAX_PROC_FILE 65536 /* bytes of status and fdinfo that are read */

#define PF_EXITING 0x4 /* of include/linux/sched.h; the same in all kernels */

#define ELSE_CLOSE "have it closed before the checkpoint"

struct process {
	const struct tree *tree;
	pid_t pid;
	struct process_stat stat;
};

/* ---- sentences ---- */

static int refuse(const struct process *p, struct error *e, const char *what,
		  const char *advice)
{
	cleanup_free char *name = tree_process_name(p->tree, p->pid);

	if (name)
		str_make_printable(name);
	return error_set(e, "%s (process %d) %s; %s", name ? name : "a process", p->pid,
			 what, advice);
}

/* A file of its directory in /proc, owned by the caller; NULL if it cannot be read. */
static char *read_of(const struct process *p, const char *file)
{
	cleanup_free char *path = str_printf("%d/%s", p->pid, file);
	size_t size;

	return path ? file_read(p->tree->proc, path, MAX_PROC_FILE, &size, NULL) : NULL;
}

static int read_process(const struct tree *tree, pid_t pid, struct process *p)
{
	*p = (struct process){ .tree = tree, .pid = pid };
	return process_stat_of(&p->stat, tree->proc, pid);
}

/* ---- descriptors ---- */

/* By what its link in /proc begins with. */
static const struct {
	const char *link;
	const char *what, *advice;
} descriptors[] = {
	{ "anon_inode:[io_uring]", "uses io_uring, which cannot be saved",
	  "have it do without: node does with UV_USE_IO_URING=0 in its environment" },
	{ "anon_inode:[perf_event]",
	  "counts events of the processor (perf_event_open), which cannot be saved",
	  "have it do without, as programs do that are not profiled" },
	{ "anon_inode:[userfaultfd]",
	  "handles faults of its memory itself (userfaultfd), which cannot be saved",
	  "have it do without" },
	{ "anon_inode:[fanotify]", "watches files by fanotify, which cannot be saved",
	  ELSE_CLOSE },
	{ "anon_inode:[landlock-ruleset]",
	  "has rules of landlock open, which cannot be saved", ELSE_CLOSE },
	{ "anon_inode:bpf", "has programs or maps of BPF open, which cannot be saved",
	  ELSE_CLOSE },
	{ "anon_inode:[bpf", "has programs or maps of BPF open, which cannot be saved",
	  ELSE_CLOSE },
	{ "anon_inode:kvm", "runs a virtual machine, which cannot be saved",
	  "have the virtual machine save itself" },
	{ "anon_inode:[fscontext]", "is about to mount something, which cannot be saved",
	  ELSE_CLOSE },
	{ "/dev/kvm", "runs virtual machines, which cannot be saved",
	  "have the virtual machine save itself" },
	{ "/dev/fuse", "serves a file system (/dev/fuse), which cannot be saved",
	  "unmount it before the checkpoint" },
	{ "/dev/net/tun",
	  "has a network device open (/dev/net/tun), which cannot be saved", ELSE_CLOSE },
	{ "/dev/nvidia", "uses a GPU, whose memory cannot be saved",
	  "have the program save itself (--checkpoint-engine=app)" },
	{ "/dev/kfd", "uses a GPU, whose memory cannot be saved",
	  "have the program save itself (--checkpoint-engine=app)" },
	{ "/dev/dri/", "uses a GPU, whose memory cannot be saved",
	  "have the program save itself (--checkpoint-engine=app)" },
	{ "/dev/infiniband/", "uses InfiniBand directly, which cannot be saved",
	  "have it use TCP, or shared memory on one node" },
	{ "/secretmem", "has secret memory (memfd_secret), which nobody else can read",
	  "have it do without" },
};

/* By a line of its description in /proc; link is as above. */
static const struct {
	const char *link, *line;
	const char *what, *advice;
} described[] = {
	{ "anon_inode:inotify", "inotify wd:",
	  "watches files by inotify, as \"tail -f\" does, which cannot be saved",
	  "end it before the checkpoint; \"tail -f\" does without if it follows a pipe" },
	{ "anon_inode:[eventfd]", "eventfd-semaphore: 1",
	  "counts by an eventfd with EFD_SEMAPHORE, which would not be restored as one",
	  ELSE_CLOSE },
};

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static int check_described(const struct process *p, const char *number, const char *link,
			   struct error *e)
{
	for (size_t i = 0; i < sizeof(described) / sizeof(described[0]); i++) {
		cleanup_free char *file = NULL, *info = NULL;

		if (!begins(link, described[i].link))
			continue;
		file = str_printf("fdinfo/%s", number);
		info = file ? read_of(p, file) : NULL;
		if (info && strstr(info, described[i].line))
			return refuse(p, e, described[i].what, described[i].advice);
	}
	return 0;
}

static int check_pipe(const struct process *p, const char *number, struct error *e)
{
	cleanup_free char *file = str_printf("fdinfo/%s", number);
	cleanup_free char *info = file ? read_of(p, file) : NULL;
	const char *flags = info ? strstr(info, "flags:") : NULL;

	if (!flags || !(strtol(flags + strlen("flags:"), NULL, 8) & O_DIRECT))
		return 0;
	return refuse(p, e, "has a pipe of packets (O_DIRECT), which cannot be saved",
		      "have it use a pipe of bytes, or a socket");
}

/* A queue is shown as a file of the root directory, where it is not. */
static int check_queue(const struct process *p, int fds, const char *number,
		       struct error *e)
{
	cleanup_close int fd = openat(fds, number, O_PATH | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != MQUEUE_MAGIC)
		return 0;
	return refuse(p, e, "has a message queue open (mq_open), which cannot be saved",
		      ELSE_CLOSE);
}

static int check_descriptor(const struct process *p, int fds, const char *number,
			    struct error *e)
{
	cleanup_free char *link = file_read_link(fds, number);

	if (!link)
		return 0;
	for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
		if (begins(link, descriptors[i].link))
			return refuse(p, e, descriptors[i].what, descriptors[i].advice);
	}
	if (begins(link, "pipe:"))
		return check_pipe(p, number, e);
	if (link[0] == '/' && !strchr(link + 1, '/'))
		return check_queue(p, fds, number, e);
	return check_described(p, number, link, e);
}

static int check_descriptors(const struct process *p, struct error *e)
{
	cleanup_free char *path = str_printf("%d/fd", p->pid);
	cleanup_closedir DIR *dir = path ? file_open_dir(p->tree->proc, path) : NULL;
	struct process now;
	struct dirent *d;

	/* One that is about to end has no memory any more, and root is its owner. */
	if (!dir && errno == EACCES && read_process(p->tree, p->pid, &now) == 0 &&
	    !(now.stat.flags & PF_EXITING))
		return refuse(
			p, e,
			"does not let itself be looked into, since it guards "
			"something, as ssh-agent does, or since its file may be "
			"executed and not read; so it cannot be saved",
			"end it before the checkpoint, start it outside of the job, "
			"or make its file readable");
	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] != '.' &&
		    check_descriptor(p, dirfd(dir), d->d_name, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- memory ---- */

static int check_mapping(const struct process *p, const struct mapping *m,
			 struct error *e)
{
	if (begins(m->name, "/[aio]"))
		return refuse(p, e,
			      "has asynchronous input and output of the kernel set up "
			      "(io_setup), which cannot be saved",
			      "have it do without, as by threads");
	if (begins(m->name, "/secretmem"))
		return refuse(p, e,
			      "has secret memory (memfd_secret), which nobody else can "
			      "read",
			      "have it do without");
	if (begins(m->name, "anon_inode:[io_uring]"))
		return refuse(p, e, descriptors[0].what, descriptors[0].advice);
	if (begins(m->name, "/memfd:") && !m->shared && !begins(m->name, CRIU_CODE))
		return refuse(p, e,
			      "has mapped memory of memfd_create(2) privately, or was "
			      "executed from it, of which the content would be lost",
			      "have it use a file, or shared mappings");
	return 0;
}

static int check_memory(const struct process *p, struct error *e)
{
	struct mappings maps;
	int rc = 0;

	if (mappings_read(&maps, p->tree->proc, p->pid) == 0) {
		for (size_t i = 0; i < maps.count && rc == 0; i++)
			rc = check_mapping(p, &maps.list[i], e);
	}
	mappings_free(&maps);
	return rc;
}

/* ---- what it is ---- */

/* Not one that is about to end with its process. */
static bool has_sleeping_thread(const struct process *p)
{
	cleanup_free char *path = str_printf("%d/task", p->pid);
	cleanup_closedir DIR *dir = path ? file_open_dir(p->tree->proc, path) : NULL;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		struct process_stat stat;

		if (d->d_name[0] != '.' &&
		    process_stat_read(&stat, dirfd(dir), d->d_name) == 0 &&
		    (stat.state == 'S' || stat.state == 'T'))
			return true;
	}
	return false;
}

static int check_threads(const struct process *p, struct error *e)
{
	if (p->stat.state != 'Z' || p->stat.threads <= 1 || !has_sleeping_thread(p))
		return 0;
	return refuse(p, e,
		      "has ended its first thread (pthread_exit), and continues with "
		      "others, which "
		      "cannot be saved",
		      "have the first thread wait for the others (pthread_join)");
}

/* A number of its status; 0 if it is not told. */
static int status_number(const char *status, const char *name)
{
	const char *found = strstr(status, name);

	return found ? atoi(found + strlen(name)) : 0;
}

static int check_status(const struct process *p, struct error *e)
{
	cleanup_free char *status = read_of(p, "status");
	int tracer = status ? status_number(status, "\nTracerPid:") : 0;
	int seccomp = status ? status_number(status, "\nSeccomp:") : 0;
	cleanup_free char *by = tracer ? tree_process_name(p->tree, tracer) : NULL;
	cleanup_free char *what = NULL;

	if (tracer) {
		what = str_printf(
			"is traced by %s (process %d), and only one program can "
			"trace another",
			by ? by : "another", tracer);
		return refuse(p, e, what ? what : "is traced",
			      "end that before the checkpoint");
	}
	if (seccomp)
		return refuse(p, e, "has a seccomp filter, which cannot be saved",
			      "have it do without, as by turning its sandbox off");
	return 0;
}

/* A link of its directory ns, or NULL. */
static char *namespace_of(const struct process *p, pid_t pid, const char *kind)
{
	cleanup_free char *path = str_printf("%d/ns/%s", pid, kind);

	return path ? file_read_link(p->tree->proc, path) : NULL;
}

static int check_namespaces(const struct process *p, struct error *e)
{
	static const char *const kinds[] = { "user", "mnt", "pid",   "net",
					     "ipc",  "uts", "cgroup" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		cleanup_free char *own = namespace_of(p, p->pid, kinds[i]);
		cleanup_free char *jobs = namespace_of(p, p->tree->pids[0], kinds[i]);
		cleanup_free char *what = NULL;

		if (!own || !jobs || !strcmp(own, jobs))
			continue;
		what = str_printf("has a namespace of its own (%s), as what runs in a "
				  "container of bwrap, apptainer or podman, which cannot "
				  "be saved",
				  kinds[i]);
		return refuse(p, e, what ? what : "has a namespace of its own",
			      "run it without the container, or have it save itself "
			      "(--checkpoint-engine=app)");
	}
	return 0;
}

/* ---- sessions ---- */

struct family {
	struct process *list;
	size_t count;
	pid_t *born; /* by index: the session in which it was when it made a child */
};

static size_t find(const struct family *f, pid_t pid)
{
	size_t i = 0;

	while (i < f->count && f->list[i].pid != pid)
		i++;
	return i;
}

/*
 * criu restores a process in its session by having it made by the session's leader, or by
 * who was made by that before leaving the session; or, below the first process alone, by
 * a leader that is made for it.
 */
static int check_session(const struct family *f, const struct process *p, pid_t root,
			 struct error *e)
{
	size_t above = find(f, p->stat.parent);

	if (p->pid == root || p->stat.session == p->pid || p->stat.parent == root ||
	    (above < f->count && f->list[above].stat.session == p->stat.session))
		return 0;
	for (; above < f->count; above = find(f, f->list[above].stat.parent)) {
		if (f->list[above].pid == p->stat.session)
			return 0;
		if (f->born[above] && f->born[above] != p->stat.session)
			break;
		f->born[above] = p->stat.session;
	}
	return refuse(
		p, e,
		"is in a session whose first process has ended, and another process "
		"has taken it in, so it could not be restored",
		"start it with setsid, or have the leader of its session wait for "
		"it");
}

static int check_sessions(const struct tree *tree, struct family *f, struct error *e)
{
	f->born = calloc(tree->count + 1, sizeof(*f->born));
	if (!f->born)
		return error_sys(e, "job's processes");
	for (size_t i = 0; i < f->count; i++) {
		if (check_session(f, &f->list[i], tree->pids[0], e) < 0)
			return -1;
	}
	return 0;
}

/* ---- all of it ---- */

static int (*const checks[])(const struct process *p, struct error *e) = {
	check_threads, check_status, check_namespaces, check_descriptors, check_memory,
};

static int check_process(const struct process *p, struct error *e)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (checks[i](p, e) < 0)
			return -1;
	}
	return 0;
}

int unsavable_check(const struct tree *tree, struct error *e)
{
	cleanup_free struct process *list = calloc(tree->count + 1, sizeof(*list));
	struct family f = { .list = list };
	int rc = 0;

	if (!list)
		return error_sys(e, "job's processes");
	for (size_t i = 0; i < tree->count && rc == 0; i++) {
		/* One that is gone is not looked at. */
		if (read_process(tree, tree->pids[i], &list[f.count]) == 0)
			rc = check_process(&list[f.count++], e);
	}
	if (rc == 0)
		rc = check_sessions(tree, &f, e);
	free(f.born);
	return rc;
}
