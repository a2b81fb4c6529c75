// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/children.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/protocol.h"
#include "base/str.h"
#include "runner/control.h"
#include "runner/cpu_record.h"
#include "runner/directories.h"
#include "runner/mark.h"
#include "runner/own_output.h"
#include "runner/relocate.h"
#include "runner/room.h"
#include "slurm/job.h"
#include "store/output.h"
#include "store/version.h"

/* Of the runner and its worker. */
struct checkpoint_shared {
	volatile int asked; /* the request that it is to serve */
	struct checkpoint_result result;
};

/* ---- in the worker ---- */

struct work {
	const struct checkpoint *c;
	struct checkpoint_shared *shared;
	enum request request;
	struct generation gen;
	bool preempted;
	bool kept_out; /* of the queue: Slurm would not take it back */
	enum leaving leaving;
	struct own_output_keep keep;
	bool committed;
	bool superseded;
	bool ended;
	bool gone;
	bool broken;
	struct timespec began;
};

static double seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (double)(now.tv_sec - began->tv_sec) +
	       (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

static int describe(struct work *w, struct error *e)
{
	struct manifest *m = &w->gen.manifest;
	const struct checkpoint *c = w->c;

	if (manifest_set(m, "job", "%u", c->task->job) < 0 ||
	    manifest_set(m, ATTR_VERSION, "%s", VERSION) < 0 ||
	    manifest_set(m, "cluster", "%s", c->task->cluster) < 0 ||
	    manifest_set(m, "restart", "%u", c->task->restart) < 0 ||
	    manifest_set(m, "node", "%s", c->task->node) < 0 ||
	    manifest_set(m, "engine", "%s", c->engine->name) < 0 ||
	    manifest_set(m, "reason", "%s", request_reason(w->request, w->preempted)) <
		    0 ||
	    manifest_set(m, "time", "%lld", (long long)time(NULL)) < 0 ||
	    manifest_set(m, "seconds", "%.3f", seconds_since(&w->began)) < 0 ||
	    cpu_record_describe(c->folder, m) < 0)
		return error_sys(e, "generation %u", w->gen.number);
	return directories_describe(c->job, m, e);
}

/* As far as it got; told is what says that this is all. */
static void tell(const struct work *w)
{
	struct checkpoint_result *result = &w->shared->result;

	result->request = w->request;
	result->leaving = w->leaving == LEAVE_IGNORE ? LEAVE_NOT : w->leaving;
	result->ended = w->ended;
	result->gone = w->gone;
	result->broken = w->broken;
	result->superseded = w->superseded;
	result->preempted = w->preempted;
	result->generation = w->gen.number;
	result->bytes = manifest_bytes(&w->gen.manifest);
	result->seconds = seconds_since(&w->began);
	result->committed = w->committed;
}

static int commit(struct work *w, struct error *e)
{
	const struct checkpoint *c = w->c;

	errno = 0;
	if ((c->engine->saved_itself && mark_set(c->folder, &w->gen, e) < 0) ||
	    generation_commit(&w->gen, c->folder, e) < 0) {
		w->superseded = errno == ESTALE;
		return -1;
	}
	w->committed = true;
	tell(w);
	return 0;
}

static int record_output(void *arg, const struct engine_file *file, struct error *e)
{
	struct work *w = arg;

	return own_output_record(&w->gen, file, &w->keep, e);
}

/* Does it depend on what Slurm says of the job? */
static bool asks_slurm(const struct work *w)
{
	return w->c->task->job != 0 && w->request != REQUEST_INTERVAL &&
	       w->request != REQUEST_CREATE;
}

/* What the request comes to; slurmctld is asked only where it decides. */
static enum leaving decide(struct work *w)
{
	const struct checkpoint *c = w->c;
	struct request_facts facts = { .eternal = c->task->eternal };
	struct job_view view;

	/* Without an answer nothing is stopped: the checkpoint is taken all the same. */
	w->kept_out = false;
	if (asks_slurm(w) && job_read(c->task->job, &view, NULL) == 0) {
		facts.kept_out = w->kept_out = !view.requeue;
		facts.preempted = w->preempted = view.preempted;
		/* Who has to put its request back must be queued while still there. */
		facts.requeued_at_end =
			view.requeued_at_end && !relocate_is_due(c->folder);
		facts.failures_left = view.failures_left;
	}
	return request_leaving(w->request, &facts);
}

/* Who asked for it to leave is told before the job is stopped that it cannot. */
static int check_leaving(const struct work *w, struct error *e)
{
	if (!w->kept_out ||
	    (w->request != REQUEST_REQUEUE && w->request != REQUEST_VACATE))
		return 0;
	return error_set(e, CHECKPOINT_NO_REQUEUE, w->c->task->job);
}

/* What it has done since its last checkpoint may be done again for less. */
static bool leaves_unsaved(const struct work *w)
{
	return w->c->task->conf.preempt_save == PREEMPT_SAVE_WORTHWHILE &&
	       (w->request == REQUEST_WARN || w->request == REQUEST_LOOK) &&
	       (w->leaving == LEAVE_QUEUE || w->leaving == LEAVE_END) &&
	       !worth_saving(&w->c->worth);
}

/* Is the job to run on, here? */
static bool runs_on(const struct work *w)
{
	return w->leaving == LEAVE_NOT || w->leaving == LEAVE_IGNORE;
}

/* Does the job stop with it, be it to go on from it at once? */
static bool stops(const struct work *w)
{
	return !w->c->engine->resumes || !runs_on(w);
}

/*
 * A job that stops has written nothing behind what is recorded, if it stands still now.
 * Of one that runs on enough has to be recorded to bring it back here.
 */
static int describe_stop(struct work *w, struct error *e)
{
	if (runs_on(w) && w->keep.large.text[0])
		return error_set(e, "%s", w->keep.large.text);
	if (stops(w) && w->c->engine->restores_code &&
	    manifest_set(&w->gen.manifest, OUTPUT_STOPPED, "yes") < 0)
		return error_sys(e, "generation %u", w->gen.number);
	return 0;
}

/* The job stands; all images are written. */
static int seal(void *arg, struct error *e)
{
	struct work *w = arg;
	enum request asked = (enum request)w->shared->asked;

	if (request_overrides(w->request, asked)) {
		w->request = asked;
		w->leaving = decide(w);
	}
	if (directories_save(w->c->job, &w->gen, e) < 0 ||
	    own_output_record_all(&w->gen, &w->keep, e) < 0 || describe(w, e) < 0 ||
	    describe_stop(w, e) < 0)
		return -1;
	if (!stops(w))
		return 0;
	return commit(w, e) < 0 ? -1 : SEAL_AND_STOP;
}

static void remove_half_written(const struct checkpoint *c)
{
	(void)generation_clean(c->folder, NULL);
}

static int take(struct work *w, int cancel_fd, int done_fd, struct error *e)
{
	const struct checkpoint *c = w->c;
	struct engine_dump dump = { .mode = w->leaving == LEAVE_NOT ? DUMP_AND_GO_ON
								    : DUMP_AND_STOP,
				    .gen = &w->gen,
				    .output = record_output,
				    .seal = seal,
				    .arg = w,
				    .cancel_fd = cancel_fd,
				    .done_fd = done_fd };
	int rc;

	if (room_check(c->task, c->folder, e) < 0 ||
	    generation_begin(&w->gen, c->folder, e) < 0)
		return -1;
	rc = c->engine->dump(c->run, c->job, &dump, e);
	w->gone = rc == DUMP_GONE;
	w->broken = rc == DUMP_BROKEN;
	if (rc < 0 || w->gone || w->broken)
		return -1;
	w->ended = rc == DUMP_ENDED;
	if (!w->committed && commit(w, e) < 0)
		return -1;
	/* It is a success by now, and those before it are in nobody's way. */
	if (generation_retire(c->folder, c->task->keep, &w->shared->result.remark) == 0)
		w->shared->result.remark.text[0] = '\0';
	return 0;
}

static void work(const struct checkpoint *c, struct checkpoint_shared *shared,
		 int cancel_fd, int done_fd)
{
	struct checkpoint_result *result = &shared->result;
	struct work w = {
		.c = c,
		.shared = shared,
		.request = c->request,
		.gen = { .fd = -1 },
		.keep = { .appends = c->task->append,
			  .files = c->task->files,
			  .job = c->task->job },
	};
	cleanup_close int gate = -1;

	clock_gettime(CLOCK_BOOTTIME, &w.began);
	result->request = w.request;
	w.leaving = result->leaving = decide(&w);
	result->preempted = w.preempted;
	result->unsaved = leaves_unsaved(&w);
	if (w.leaving == LEAVE_IGNORE || result->unsaved)
		return;
	result->rc = check_leaving(&w, &result->error);
	if (result->rc < 0)
		return;
	gate = control_shut(c->job->mounts[MOUNT_CONTROL].source, cancel_fd,
			    &result->error);
	result->disallowed = gate < 0;
	result->rc = gate < 0 ? -1 : take(&w, cancel_fd, done_fd, &result->error);
	tell(&w);
	generation_close(&w.gen);
}

/* ---- in the runner ---- */

/* The descriptors of one that is to be started, the runner's ends and the worker's. */
struct ends {
	int ended[2], done[2], cancel[2];
};

static void close_pair(int fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static void close_ends(struct ends *ends)
{
	close_pair(ends->ended);
	close_pair(ends->done);
	close_pair(ends->cancel);
}

static void forget(struct checkpoint_shared *shared)
{
	munmap(shared, sizeof(*shared));
}

static struct checkpoint_shared *share(enum request request, struct error *e)
{
	struct checkpoint_shared *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED) {
		error_sys(e, "no memory for a checkpoint's worker");
		return NULL;
	}
	shared->asked = (int)request;
	return shared;
}

static int open_ends(struct ends *ends, struct error *e)
{
	*ends = (struct ends){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipe2(ends->ended, O_CLOEXEC) == 0 && pipe2(ends->done, O_CLOEXEC) == 0 &&
	    pipe2(ends->cancel, O_CLOEXEC) == 0)
		return 0;
	error_sys(e, "no pipe for a checkpoint's worker");
	close_ends(ends);
	return -1;
}

static void __attribute__((noreturn))
be_worker(const struct checkpoint *c, struct checkpoint_shared *shared,
	  const struct ends *ends, pid_t runner)
{
	children_end_with(runner);
	close(ends->cancel[1]);
	work(c, shared, ends->cancel[0], ends->done[1]);
	shared->result.told = true;
	_exit(0);
}

int checkpoint_start(struct checkpoint_worker *worker, const struct checkpoint *c,
		     struct error *e)
{
	struct checkpoint_shared *shared;
	struct ends ends;
	pid_t runner = getpid(), pid;

	if (open_ends(&ends, e) < 0)
		return -1;
	shared = share(c->request, e);
	pid = shared ? fork() : -1;
	if (pid == 0)
		be_worker(c, shared, &ends, runner);
	if (pid < 0) {
		if (shared) {
			error_sys(e, "no process for a checkpoint's worker");
			forget(shared);
		}
		close_ends(&ends);
		return -1;
	}
	close(ends.ended[1]);
	close(ends.done[1]);
	close(ends.cancel[0]);
	*worker = (struct checkpoint_worker){ .pid = pid,
					      .shared = shared,
					      .ended_fd = ends.ended[0],
					      .done_fd = ends.done[0],
					      .cancel_fd = ends.cancel[1] };
	return 0;
}

void checkpoint_abort(const struct checkpoint_worker *worker)
{
	if (worker->pid > 0)
		(void)file_write_all(worker->cancel_fd, "", 1);
}

void checkpoint_ask(const struct checkpoint_worker *worker, enum request request)
{
	if (worker->pid > 0)
		worker->shared->asked = (int)request;
}

static void close_worker(struct checkpoint_worker *worker)
{
	close(worker->cancel_fd);
	close(worker->ended_fd);
	close(worker->done_fd);
	forget(worker->shared);
	*worker = (struct checkpoint_worker){ 0 };
}

int checkpoint_finish(struct checkpoint_worker *worker, const struct checkpoint *c,
		      struct checkpoint_result *result)
{
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*result = worker->shared->result;
	close_worker(worker);
	if (!result->told)
		result->rc = -1;
	if (result->request == REQUEST_NONE)
		result->request = c->request;
	if (result->rc < 0)
		remove_half_written(c);
	return result->told ? 0 : -1;
}
