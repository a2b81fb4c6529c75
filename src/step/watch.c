// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/present.h"
#include "base/str.h"
#include "step/mpi.h"
#include "step/say.h"
#include "step/strays.h"

#define NS_PER_S 1000000000LL

#define WITH_DAEMONS_WORD 2605 /* the release since which -K has slurmstepd say so, too */

/* How long ends of tasks are collected, to be told of in one line. */
#define COLLECT_NS (NS_PER_S / 10)

enum state {
	STEP_GOES,	/* as it likes */
	STEP_CANCELLED, /* by the user's interrupt: ends are not told */
	STEP_ABORTED,	/* by srun */
};

struct watch {
	struct step *step;
	struct streams *streams;
	int signals;
	long running;
	enum state state;
	bool terminates; /* -K has ended it */
	bool told_forced;
	int status; /* as from wait(2), what srun's exit status comes from */
	/* moments, nanoseconds; 0: never */
	int64_t report_at, wait_until, limit_at, kill_at, interrupted_at;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- words ---- */

static char *step_name(const struct step *step)
{
	return str_printf("StepId=%s.%u", step->job, step->slots.step);
}

/* Of the node where the job is now. */
static char *node_name(const struct step *step)
{
	size_t size;
	cleanup_free char *text = present_read(&size, NULL);
	const char *name = text ? present_find(text, size, "SLURMD_NODENAME") : NULL;

	return strdup(name ? name : step->names.node);
}

typedef bool (*which_fn)(const struct task *task, int status);

/* "task 3" or "tasks 0-2,5"; NULL if there is none. Owned by the caller. */
static char *list_tasks(const struct step *step, which_fn which, int status)
{
	cleanup_free char *list = NULL;
	size_t size;
	FILE *out = open_memstream(&list, &size);
	long count = 0;

	for (long i = 0; out && i < step->ntasks; i++) {
		long last = i;

		if (!which(&step->tasks[i], status))
			continue;
		while (last + 1 < step->ntasks && which(&step->tasks[last + 1], status))
			last++;
		fprintf(out, last > i ? "%s%ld-%ld" : "%s%ld", count ? "," : "", i, last);
		count += last - i + 1;
		i = last;
	}
	if (!out || fclose(out) != 0 || count == 0)
		return NULL;
	return str_printf("task%s %s", count > 1 ? "s" : "", list);
}

static bool is_running(const struct task *task, int unused)
{
	(void)unused;
	return task->pid > 0;
}

static bool has_exited(const struct task *task, int unused)
{
	return !is_running(task, unused) && WIFEXITED(task->status) &&
	       WEXITSTATUS(task->status) == 0;
}

static bool has_failed(const struct task *task, int unused)
{
	return !is_running(task, unused) && !has_exited(task, unused);
}

static bool is_to_report(const struct task *task, int status)
{
	return task->pid == 0 && !task->reported && task->status == status;
}

static void say_states(const struct watch *w)
{
	static const struct {
		which_fn which;
		const char *word;
	} states[] = {
		{ is_running, "running" },
		{ has_exited, "exited" },
		{ has_failed, "exited abnormally" },
	};
	cleanup_free char *name = step_name(w->step);

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		cleanup_free char *tasks = list_tasks(w->step, states[i].which, 0);

		if (tasks)
			say_info("%s %s: %s", name, tasks, states[i].word);
	}
}

static void say_cancelled(const struct watch *w, const char *why)
{
	cleanup_free char *node = node_name(w->step);
	time_t now = time(NULL);
	struct tm tm;
	char text[32] = "";

	if (localtime_r(&now, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	say_daemon_error("*** STEP %s.%u ON %s CANCELLED AT %s DUE TO %s ***",
			 w->step->job, w->step->slots.step, node, text, why);
}

/* ---- the ends of tasks ---- */

/* The highest exit status; a signal counts for more, and of these the highest. */
static void count_status(struct watch *w, int status)
{
	if (WIFSIGNALED(status)) {
		if (!WIFSIGNALED(w->status) || WTERMSIG(status) > WTERMSIG(w->status))
			w->status = status;
	} else if (!WIFSIGNALED(w->status) &&
		   WEXITSTATUS(status) > WEXITSTATUS(w->status)) {
		w->status = status;
	}
}

static void report_one(struct watch *w, int status)
{
	cleanup_free char *tasks = list_tasks(w->step, is_to_report, status);
	cleanup_free char *node = node_name(w->step);
	cleanup_free char *name = step_name(w->step);
	int signum = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if ((signum == SIGKILL || signum == SIGTERM) && w->state == STEP_GOES &&
	    !w->told_forced) {
		say_info("Force Terminated %s", name);
		w->told_forced = true;
	}
	if (signum && w->state != STEP_CANCELLED)
		say_error("%s: %s: %s%s", node, tasks, strsignal(signum),
			  WCOREDUMP(status) ? " (core dumped)" : "");
	else if (!signum && WEXITSTATUS(status) != 0)
		say_error("%s: %s: Exited with exit code %d", node, tasks,
			  WEXITSTATUS(status));
}

static void report(struct watch *w)
{
	w->report_at = 0;
	for (long i = 0; i < w->step->ntasks; i++) {
		struct task *task = &w->step->tasks[i];
		int status = task->status;

		if (!is_to_report(task, status))
			continue;
		report_one(w, status);
		for (long j = i; j < w->step->ntasks; j++) {
			if (is_to_report(&w->step->tasks[j], status))
				w->step->tasks[j].reported = true;
		}
	}
}

/* ---- ending them ---- */

static void signal_tasks(const struct watch *w, int signum)
{
	for (long i = 0; i < w->step->ntasks; i++) {
		if (w->step->tasks[i].pid > 0)
			(void)kill(w->step->tasks[i].pid, signum);
	}
}

static void kill_all(const struct watch *w)
{
	for (long i = 0; i < w->step->ntasks; i++) {
		if (w->step->tasks[i].pid > 0)
			(void)kill(-w->step->tasks[i].pid, SIGKILL);
	}
	strays_kill(w->step->job, w->step->slots.step);
}

static void terminate(struct watch *w)
{
	signal_tasks(w, SIGTERM);
	w->kill_at = now_ns() + w->step->site.kill_wait * NS_PER_S;
}

static void abort_step(struct watch *w, enum state state)
{
	w->state = state;
	say_info("Job step aborted: Waiting up to %u seconds for job step to finish.",
		 w->step->site.kill_wait + 2);
	kill_all(w);
}

static bool kills_on_bad_exit(const struct step *step)
{
	long given = step->options.kill_on_bad;

	return given == STEP_UNSET ? step->site.kill_on_bad_exit : given != 0;
}

static void end_on_bad_exit(struct watch *w)
{
	cleanup_free char *name = step_name(w->step);

	w->terminates = true;
	say_info("Terminating %s", name);
	if (w->step->site.release >= WITH_DAEMONS_WORD)
		say_cancelled(w, "TASK FAILURE");
	terminate(w);
}

/* MPI_Abort() in a task. */
static void end_on_abort(struct watch *w)
{
	if (w->terminates || w->state != STEP_GOES)
		return;
	w->terminates = true;
	say_cancelled(w, "TASK FAILURE");
	terminate(w);
}

static long wait_seconds(const struct step *step)
{
	return step->options.wait == STEP_UNSET ? (long)step->site.wait
						: step->options.wait;
}

static void task_ended(struct watch *w, struct task *task, int status)
{
	long wait = wait_seconds(w->step);

	task->pid = 0;
	task->status = status;
	w->running--;
	count_status(w, status);
	if (w->report_at == 0)
		w->report_at = now_ns() + COLLECT_NS;
	if (status != 0 && w->running > 0 && !w->terminates && w->state == STEP_GOES &&
	    kills_on_bad_exit(w->step))
		end_on_bad_exit(w);
	if (wait > 0 && w->wait_until == 0)
		w->wait_until = now_ns() + wait * NS_PER_S;
}

static void reap(struct watch *w)
{
	for (long i = 0; i < w->step->ntasks; i++) {
		struct task *task = &w->step->tasks[i];
		int status;

		if (task->pid > 0 && waitpid(task->pid, &status, WNOHANG) == task->pid)
			task_ended(w, task, status);
	}
}

/* ---- time ---- */

static bool has_come(int64_t *moment, int64_t now)
{
	if (*moment == 0 || now < *moment)
		return false;
	*moment = 0;
	return true;
}

static void waited_long_enough(struct watch *w)
{
	cleanup_free char *name = step_name(w->step);

	say_info("First task exited %lds ago", wait_seconds(w->step));
	say_states(w);
	say_info("Terminating %s", name);
	abort_step(w, STEP_ABORTED);
}

static void look_at_clock(struct watch *w)
{
	int64_t now = now_ns();

	if (has_come(&w->report_at, now))
		report(w);
	if (has_come(&w->limit_at, now)) {
		say_cancelled(w, "TIME LIMIT");
		terminate(w);
	}
	if (w->wait_until > 0 && now >= w->wait_until && w->running > 0 &&
	    w->state == STEP_GOES) {
		w->wait_until = INT64_MAX;
		waited_long_enough(w);
	}
	if (has_come(&w->kill_at, now))
		kill_all(w);
}

/* Milliseconds until the next moment, rounded up; -1: there is none. */
static int until_next(const struct watch *w)
{
	const int64_t moments[] = { w->report_at, w->wait_until, w->limit_at,
				    w->kill_at };
	int64_t next = INT64_MAX, left;

	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		if (moments[i] > 0 && moments[i] < next)
			next = moments[i];
	}
	if (next == INT64_MAX)
		return -1;
	left = next - now_ns();
	left = left <= 0 ? 0 : (left + 999999) / 1000000;
	return left > 3600 * 1000 ? 3600 * 1000 : (int)left;
}

/* ---- signals ---- */

static void force(struct watch *w, enum state state)
{
	say_info("forcing job termination");
	abort_step(w, state);
}

static void interrupt(struct watch *w)
{
	const struct srun_options *o = &w->step->options;
	cleanup_free char *name = step_name(w->step);
	int64_t now = now_ns();
	bool again = w->interrupted_at > 0 && now - w->interrupted_at <= NS_PER_S;

	w->interrupted_at = now;
	if (!again && !o->quit_on_interrupt && !o->no_status) {
		say_info("interrupt (one more within 1 sec to abort)");
		say_states(w);
		return;
	}
	say_info("sending Ctrl-C to %s", name);
	signal_tasks(w, SIGINT);
	if (again || o->quit_on_interrupt)
		force(w, STEP_CANCELLED);
}

static void answer(struct watch *w, int signum)
{
	switch (signum) {
	case SIGINT:
		interrupt(w);
		break;
	case SIGQUIT:
		say_info("Quit");
		force(w, STEP_ABORTED);
		break;
	case SIGTERM:
	case SIGHUP:
		force(w, STEP_ABORTED);
		break;
	case SIGUSR1:
	case SIGUSR2:
		signal_tasks(w, signum);
		break;
	case SIGCONT:
		say_info("got SIGCONT");
		break;
	default:
		break;
	}
}

static const int answered[] = { SIGCHLD, SIGINT,  SIGQUIT, SIGTERM, SIGHUP,
				SIGUSR1, SIGUSR2, SIGCONT, SIGALRM };

static void make_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < sizeof(answered) / sizeof(answered[0]); i++)
		sigaddset(set, answered[i]);
}

int watch_block_signals(void)
{
	sigset_t set;

	make_set(&set);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void watch_unblock_signals(void)
{
	sigset_t set;

	make_set(&set);
	(void)signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void read_signals(struct watch *w)
{
	struct signalfd_siginfo info;

	while (read(w->signals, &info, sizeof(info)) == sizeof(info))
		answer(w, (int)info.ssi_signo);
	reap(w);
}

/* ---- all of it ---- */

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void turn(struct watch *w, struct pollfd *fds)
{
	nfds_t n = streams_wait_for(w->streams, fds + 1);
	nfds_t m = mpi_wait_for(w->step, fds + 1 + n);

	fds[0] = (struct pollfd){ .fd = w->signals, .events = POLLIN };
	if (poll(fds, 1 + n + m, until_next(w)) > 0) {
		streams_serve(w->streams, fds + 1, n);
		if (!mpi_serve(w->step, fds + 1 + n, m))
			end_on_abort(w);
	}
	read_signals(w);
	look_at_clock(w);
}

int watch(struct step *step, struct streams *streams, int signals)
{
	struct watch w = { .step = step,
			   .streams = streams,
			   .signals = signals,
			   .running = step->ntasks };
	nfds_t max = 1 + streams_max(streams) + mpi_max(step);
	struct pollfd *fds = calloc(max, sizeof(*fds));

	if (!fds) {
		say_error("tasks: %s", strerror(errno));
		kill_all(&w);
		return 1;
	}
	if (step->options.time_limit > 0)
		w.limit_at = now_ns() + step->options.time_limit * NS_PER_S;
	while (w.running > 0)
		turn(&w, fds);
	strays_kill(step->job, step->slots.step);
	streams_finish(streams);
	report(&w);
	mpi_close(step);
	free(fds);
	return exit_status(w.status);
}
