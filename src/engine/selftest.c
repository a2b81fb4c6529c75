// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/children.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/libc.h"
#include "base/str.h"
#include "engine/selftest_job.h"
#include "engine/verdict.h"
#include "store/folder.h"

extern char **environ;

/*
 * Seconds for a self-test. It takes less than one, but fifty times that where a processor
 * is emulated, or has a hundred jobs to start. What stands still is given up earlier, by
 * the engine.
 */
#define LIMIT	   60
#define WAIT_LIMIT 90 /* seconds for that of another job, and our own after it */
#define OUTPUT	   "output"
#define MAX_OUTPUT 4096 /* bytes; it prints six words */

/* ---- what it depends on ---- */

void selftest_identify_file(FILE *out, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		fprintf(out, "%s -\n", path);
	else
		fprintf(out, "%s %llu %llu %llu %lld.%09ld\n", path,
			(unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
			(unsigned long long)st.st_size, (long long)st.st_mtim.tv_sec,
			st.st_mtim.tv_nsec);
}

static void identify_node(FILE *out)
{
	cleanup_free char *libc = libc_build_id();
	struct utsname system;

	if (uname(&system) == 0)
		fprintf(out, "%s %s %s\n", system.release, system.version,
			system.machine);
	fprintf(out, "%s\n", libc ? libc : "-");
}

/* All that makes a verdict another one; owned, or NULL. */
static char *make_key(const struct engine *engine, const struct engine_job *job,
		      struct error *e)
{
	cleanup_free char *key = NULL;
	struct wishes wishes;
	size_t size;
	FILE *out = open_memstream(&key, &size);
	int rc;

	if (!out) {
		error_sys(e, "self-test");
		return NULL;
	}
	wishes_init(&wishes);
	fprintf(out, "%s %s\n", VERSION, engine->name);
	identify_node(out);
	selftest_identify_file(out, SELFTEST_JOB_PATH);
	rc = engine->identify(job, &wishes, out, e);
	if (fclose(out) == EOF)
		rc = error_sys(e, "self-test");
	return rc < 0 ? NULL : take_ptr(key);
}

/* ---- the test, in a process of its own ---- */

enum stage {
	STAGE_WAITING,
	STAGE_STARTING,
	STAGE_SAVING,
	STAGE_RESTORING,
	STAGE_GOING_ON
};

static const char *const failures[] = {
	[STAGE_WAITING] = "could not be tried",
	[STAGE_STARTING] = "could not be started",
	[STAGE_SAVING] = "could not be saved",
	[STAGE_RESTORING] = "could not be restored",
	[STAGE_GOING_ON] = "did not continue as it should after a restart",
};

/* What the process tells of itself. */
struct report {
	enum stage stage;
	bool finished;
	bool failed; /* once finished */
	struct error error;
};

struct tester {
	const struct engine *engine;
	struct engine_job job;
	struct wishes wishes;
	struct folder folder;
	struct generation gen;
	struct engine_run *run;
	const char *dir;
	char *output;
	char *argv[2];
	int watch; /* readable when the job has printed something */
	int report;
	sigset_t sigmask;
	bool committed;
};

static void tell(const struct tester *t, struct report *report)
{
	(void)!write(t->report, report, sizeof(*report));
}

static void begin(const struct tester *t, enum stage stage)
{
	struct report report = { .stage = stage };

	tell(t, &report);
}

static char *make_dir(const char *dir, const char *name, struct error *e)
{
	char *path = str_printf("%s/%s", dir, name);

	if (path && (mkdir(path, 0700) == 0 || errno == EEXIST))
		return path;
	error_sys(e, "%s/%s", dir, name);
	free(path);
	return NULL;
}

/* A batch job has /dev/null and a file for both, opened where the node's mounts are. */
static int open_stdio(struct tester *t, struct error *e)
{
	cleanup_close int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	cleanup_close int out = open(
		t->output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	if (in < 0 || out < 0 || dup2(in, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		return error_sys(e, "%s", t->output);
	t->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (t->watch < 0 || inotify_add_watch(t->watch, t->output, IN_MODIFY) < 0)
		return error_sys(e, "%s", t->output);
	return 0;
}

/* As the job's, but for what is the job's own. */
static int describe_job(struct tester *t, const struct engine_job *job, struct error *e)
{
	char *run = make_dir(t->dir, "run", e);
	char *tmp = run ? make_dir(t->dir, "tmp", e) : NULL;
	char *target = tmp ? make_dir(t->folder.path, FOLDER_TMP, e) : NULL;

	if (!target)
		return -1;
	t->argv[0] = (char *)SELFTEST_JOB_PATH;
	t->job = *job;
	t->job.folder = &t->folder;
	t->job.argv = t->argv;
	t->job.envp = environ;
	t->job.sigmask = &t->sigmask;
	t->job.nodes = 1;
	t->job.job = 0;
	t->job.restored = 0;
	t->job.wishes = &t->wishes;
	t->job.scratch = run;
	for (int i = 0; i < MOUNTS; i++)
		t->job.mounts[i] = t->job.local[i] = (struct engine_mount){ NULL, NULL };
	t->job.mounts[MOUNT_TMPDIR] =
		(struct engine_mount){ t->engine->mounts ? tmp : target, target };
	return 0;
}

static int prepare(struct tester *t, const struct engine_job *job, struct error *e)
{
	cleanup_fclose FILE *nowhere = fopen("/dev/null", "we");

	wishes_init(&t->wishes);
	if (!nowhere || t->engine->identify(job, &t->wishes, nowhere, e) < 0)
		return nowhere ? -1 : error_sys(e, "/dev/null");
	sigemptyset(&t->sigmask);
	t->output = str_printf("%s/" OUTPUT, t->dir);
	if (!t->output)
		return error_sys(e, "self-test");
	if (open_stdio(t, e) < 0 ||
	    folder_make(&t->folder, t->dir, "", "selftest", 0, e) < 0)
		return -1;
	return describe_job(t, job, e);
}

/* Until it has printed something, or has ended. */
static void wait_for_output(const struct tester *t)
{
	struct pollfd fds[] = { { .fd = t->watch, .events = POLLIN },
				{ .fd = t->engine->event_fd(t->run), .events = POLLIN } };

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
}

static int start(struct tester *t, struct error *e)
{
	t->run = t->engine->start(&t->job, e);
	if (t->run)
		wait_for_output(t);
	return t->run ? 0 : -1;
}

static int no_output(void *arg, const struct engine_file *file, struct error *e)
{
	(void)arg, (void)file, (void)e;
	return 0;
}

static int commit(void *arg, struct error *e)
{
	struct tester *t = arg;

	if (generation_commit(&t->gen, &t->folder, e) < 0)
		return -1;
	t->committed = true;
	return SEAL_AND_STOP;
}

static int save(struct tester *t, struct error *e)
{
	struct engine_dump dump = { .mode = DUMP_AND_STOP,
				    .gen = &t->gen,
				    .output = no_output,
				    .seal = commit,
				    .arg = t };
	int cancel[2], done[2], rc;

	if (pipe2(cancel, O_CLOEXEC) < 0 || pipe2(done, O_CLOEXEC) < 0)
		return error_sys(e, "pipe");
	if (generation_begin(&t->gen, &t->folder, e) < 0)
		return -1;
	dump.cancel_fd = cancel[0];
	dump.done_fd = done[1];
	t->job.cancel_fd = cancel[0];
	rc = t->engine->dump(t->run, &t->job, &dump, e);
	if (rc == 0 && !t->committed)
		rc = commit(t, e) < 0 ? -1 : 0;
	generation_close(&t->gen);
	return rc == 0 ? 0 : -1;
}

/* It has to go, before it is begun again. */
static void stop(struct tester *t)
{
	t->engine->stop(t->run);
	t->run = NULL;
	children_end_all();
}

static int restore(struct tester *t, struct error *e)
{
	if (generation_open(&t->gen, &t->folder, t->gen.number, e) < 0 ||
	    generation_verify(&t->gen, e) < 0)
		return -1;
	t->run = t->engine->restore(&t->job, &t->gen, e);
	return t->run ? 0 : -1;
}

static int go_on(struct tester *t, struct error *e)
{
	struct pollfd end = { .fd = t->engine->event_fd(t->run), .events = POLLIN };
	int status;

	t->engine->signal(t->run, SIGUSR1);
	while (poll(&end, 1, -1) < 0 && errno == EINTR)
		;
	if (t->engine->status(t->run, &status) < 0)
		return error_set(e, "it was killed");
	if (WIFSIGNALED(status))
		return error_set(e, "signal %d ended it", WTERMSIG(status));
	if (WEXITSTATUS(status) != SELFTEST_STATUS)
		return error_set(e, "its exit status was %d", WEXITSTATUS(status));
	return 0;
}

static int run_stages(struct tester *t, const struct engine_job *job, struct report *r)
{
	static const struct {
		enum stage stage;
		int (*fn)(struct tester *t, struct error *e);
	} stages[] = {
		{ STAGE_STARTING, start },
		{ STAGE_SAVING, save },
		{ STAGE_RESTORING, restore },
		{ STAGE_GOING_ON, go_on },
	};

	r->stage = STAGE_STARTING;
	if (prepare(t, job, &r->error) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (stages[i].stage == STAGE_RESTORING)
			stop(t);
		r->stage = stages[i].stage;
		begin(t, r->stage);
		if (stages[i].fn(t, &r->error) < 0)
			return -1;
	}
	return 0;
}

/*
 * Nothing of the runner's is to be seen by the test, and nothing that is meant for the
 * job is to reach it: all signals are blocked.
 */
static void isolate(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

static void test_main(const struct engine *engine, const struct engine_job *job,
		      const char *dir, int report) __attribute__((noreturn));

static void test_main(const struct engine *engine, const struct engine_job *job,
		      const char *dir, int report)
{
	struct tester t = { .engine = engine,
			    .folder = { .fd = -1 },
			    .gen = { .fd = -1 },
			    .dir = dir,
			    .watch = -1,
			    .report = report };
	struct report result = { .finished = true };

	isolate();
	result.failed = run_stages(&t, job, &result) < 0;
	if (t.run)
		stop(&t);
	tell(&t, &result);
	_exit(0);
}

/* ---- who waits for it ---- */

static int ms_left(const struct timespec *began, int seconds)
{
	struct timespec now;
	long long ms;

	clock_gettime(CLOCK_BOOTTIME, &now);
	ms = seconds * 1000LL - (now.tv_sec - began->tv_sec) * 1000LL -
	     (now.tv_nsec - began->tv_nsec) / 1000000;
	return ms > 0 ? (int)ms : 0;
}

/* The last report within so many seconds, which is not one of the end if it hangs. */
static void hear(int fd, int seconds, struct report *report)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct timespec began;

	clock_gettime(CLOCK_BOOTTIME, &began);
	while (!report->finished) {
		struct report next;
		int n = poll(&pfd, 1, ms_left(&began, seconds));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || read(fd, &next, sizeof(next)) != sizeof(next))
			return;
		*report = next;
	}
}

/* The part of the job that it was about to try. */
static char *last_word(const char *dir)
{
	cleanup_free char *path = str_printf("%s/" OUTPUT, dir);
	size_t size;
	char *text = path ? file_read(AT_FDCWD, path, MAX_OUTPUT, &size, NULL) : NULL;
	char *end, *line;

	if (!text || size == 0)
		return text;
	end = text + size - 1;
	*end = '\0';
	line = memrchr(text, '\n', size - 1);
	if (line)
		memmove(text, line + 1, (size_t)(end - line));
	return text;
}

static int explain(const struct report *r, const char *dir, struct error *e)
{
	cleanup_free char *word = r->stage == STAGE_GOING_ON ? last_word(dir) : NULL;
	const char *failure = failures[r->stage];

	if (r->finished && !r->failed)
		return 0;
	if (!r->finished)
		return error_set(e, "a tiny job %s within %d seconds%s%s", failure, LIMIT,
				 word ? "; what did not come was " : "",
				 word ? word : "");
	return error_set(e, "a tiny job %s: %s", failure, r->error.text);
}

static void reap(pid_t pid)
{
	/* What it has begun ends with it. */
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int try_it(const struct engine *engine, const struct engine_job *job,
		  const char *dir, struct error *e)
{
	struct report report = { .stage = STAGE_WAITING };
	const pid_t caller = getpid();
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(e, "pipe");
	pid = fork();
	if (pid == 0) {
		children_end_with(caller);
		test_main(engine, job, dir, fds[1]);
	}
	close(fds[1]);
	if (pid > 0) {
		hear(fds[0], LIMIT, &report);
		reap(pid);
	}
	close(fds[0]);
	return pid < 0 ? error_sys(e, "fork") : explain(&report, dir, e);
}

static int try_in_scratch(const struct engine *engine, const struct engine_job *job,
			  struct error *e)
{
	cleanup_free char *dir = str_printf("%s/selftest-%s", job->scratch, engine->name);
	int rc;

	if (!dir || mkdir(dir, 0700) < 0)
		return error_sys(e, "%s", dir ? dir : "self-test");
	rc = try_it(engine, job, dir, e);
	(void)file_remove_tree(AT_FDCWD, dir, NULL);
	return rc;
}

/* ---- what is remembered ---- */

/* 1 if it is to be found out. */
static int recall(int dir, const char *key, enum selftest_when when, struct error *e)
{
	enum verdict verdict = VERDICT_UNKNOWN;

	if (dir >= 0 && when == SELFTEST_IF_UNKNOWN)
		verdict = verdict_read(dir, key, e);
	if (verdict == VERDICT_UNKNOWN)
		return 1;
	return verdict == VERDICT_GOOD ? 0 : -1;
}

static int test_and_remember(const struct engine *engine, const struct engine_job *job,
			     int dir, const char *key, struct error *e)
{
	int rc = try_in_scratch(engine, job, e);

	if (dir >= 0)
		verdict_write(dir, key, rc < 0 ? e : NULL);
	return rc;
}

static int open_remembered(const struct engine_job *job)
{
	return verdict_open_dir(job->conf->tmp_dir ? job->conf->tmp_dir : "/tmp");
}

bool selftest_is_passed(const struct engine *engine, const struct engine_job *job)
{
	cleanup_free char *key = engine->identify ? make_key(engine, job, NULL) : NULL;
	cleanup_close int dir = key ? open_remembered(job) : -1;

	return dir >= 0 && recall(dir, key, SELFTEST_IF_UNKNOWN, NULL) == 0;
}

int selftest(const struct engine *engine, const struct engine_job *job,
	     enum selftest_when when, struct error *e)
{
	cleanup_free char *key = engine->identify ? make_key(engine, job, e) : NULL;
	cleanup_close int dir = key ? open_remembered(job) : -1;
	cleanup_close int lock = -1;
	int rc;

	if (!key)
		return engine->identify ? -1 : 0;
	rc = recall(dir, key, when, e);
	if (rc == 1 && dir >= 0) {
		lock = verdict_lock(dir, key, WAIT_LIMIT);
		/* Whoever has held it has found out. */
		rc = recall(dir, key, when, e);
	}
	return rc == 1 ? test_and_remember(engine, job, dir, key, e) : rc;
}
