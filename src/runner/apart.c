// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/apart.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/children.h"
#include "runner/relocate.h"
#include "runner/submission.h"

#define TRIES 3

/* Of the runner and its child. */
struct shared {
	bool told;
	int rc;
	struct error error;
	char result[];
};

static void __attribute__((noreturn))
be_child(int (*fn)(void *arg, struct error *e), void *arg, const void *result,
	 size_t size, struct shared *shared, pid_t runner)
{
	children_end_with(runner);
	shared->rc = fn(arg, &shared->error);
	if (size)
		memcpy(shared->result, result, size);
	shared->told = true;
	_exit(0);
}

/* 0 if it has told, and -1 if it was ended; 1 if there is none. */
static int try_once(int (*fn)(void *arg, struct error *e), void *arg, const void *result,
		    size_t size, struct shared *shared)
{
	pid_t runner = getpid(), pid = fork();

	if (pid == 0)
		be_child(fn, arg, result, size, shared, runner);
	if (pid < 0)
		return 1;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return shared->told ? 0 : -1;
}

int apart(int (*fn)(void *arg, struct error *e), void *arg, void *result, size_t size,
	  struct error *e)
{
	size_t room = sizeof(struct shared) + size;
	struct shared *shared = mmap(NULL, room, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int outcome = -1, rc = -1;

	if (shared == MAP_FAILED)
		return fn(arg, e);
	for (int i = 0; i < TRIES && outcome < 0; i++)
		outcome = try_once(fn, arg, result, size, shared);
	if (outcome == 0) {
		rc = shared->rc;
		if (size)
			memcpy(result, shared->result, size);
		if (e)
			*e = shared->error;
	} else if (outcome < 0) {
		error_set(e, "Slurm's library ended the process that asked it");
	}
	munmap(shared, room);
	return outcome > 0 ? fn(arg, e) : rc;
}

/* ---- of Slurm ---- */

struct asked {
	unsigned int job;
	bool hold;
	const struct task *task;
	struct folder *folder;
	const struct folder *saved;
	const char *nodes;
	struct job_view view;
};

static int do_read_for_sure(void *arg, struct error *e)
{
	struct asked *a = arg;

	return job_read_for_sure(a->job, &a->view, e);
}

int apart_read_for_sure(unsigned int job, struct job_view *view, struct error *e)
{
	struct asked a = { .job = job };
	int rc = apart(do_read_for_sure, &a, &a.view, sizeof(a.view), e);

	*view = a.view;
	return rc;
}

static int do_requeue(void *arg, struct error *e)
{
	struct asked *a = arg;

	return job_requeue(a->job, a->hold, e);
}

int apart_requeue(unsigned int job, bool hold, struct error *e)
{
	struct asked a = { .job = job, .hold = hold };

	return apart(do_requeue, &a, NULL, 0, e);
}

static int do_relocate(void *arg, struct error *e)
{
	struct asked *a = arg;

	return relocate(a->task, a->folder, e);
}

int apart_relocate(const struct task *task, struct folder *folder, struct error *e)
{
	struct asked a = { .task = task, .folder = folder };

	return apart(do_relocate, &a, NULL, 0, e);
}

static int do_relocate_is_possible(void *arg, struct error *e)
{
	struct asked *a = arg;

	return relocate_is_possible(a->task, a->nodes, e);
}

int apart_relocate_is_possible(const struct task *task, const char *nodes,
			       struct error *e)
{
	struct asked a = { .task = task, .nodes = nodes };

	return apart(do_relocate_is_possible, &a, NULL, 0, e);
}

static int do_relocate_away(void *arg, struct error *e)
{
	struct asked *a = arg;

	return relocate_away(a->task, a->folder, a->nodes, e);
}

int apart_relocate_away(const struct task *task, struct folder *folder, const char *nodes,
			struct error *e)
{
	struct asked a = { .task = task, .folder = folder, .nodes = nodes };

	return apart(do_relocate_away, &a, NULL, 0, e);
}

static int do_save_submission(void *arg, struct error *e)
{
	struct asked *a = arg;

	return submission_save(a->saved, a->task, e);
}

int apart_save_submission(const struct folder *folder, const struct task *task,
			  struct error *e)
{
	struct asked a = { .task = task, .saved = folder };

	return apart(do_save_submission, &a, NULL, 0, e);
}
