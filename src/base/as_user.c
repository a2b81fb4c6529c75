// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/as_user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

/*
 * Of the caller's environment, what says how Slurm is reached, and nothing else. The
 * user can read it: root's token, SLURM_JWT, is not for them.
 */
static const char *const kept[] = { "SLURM_CONF", "TZ" };

#define KEPT (sizeof(kept) / sizeof(kept[0]))

struct child {
	pid_t pid;
	int out, err;
};

/* ---- the child ---- */

static int become(const char *user)
{
	const struct passwd *pw = getpwnam(user);

	if (getuid() != 0)
		return 0;
	/* Its effective ids may be the user's already (base/identity.h). */
	if (!pw || seteuid(0) < 0 || initgroups(user, pw->pw_gid) < 0 ||
	    setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0)
		return -1;
	return pw->pw_uid != 0 && setuid(0) == 0 ? -1 : 0;
}

static void fill_environment(char **envp)
{
	size_t n = 0;

	for (size_t i = 0; i < KEPT; i++) {
		const char *value = getenv(kept[i]);

		if (value && (envp[n] = str_printf("%s=%s", kept[i], value)))
			n++;
	}
	envp[n] = NULL;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < _NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* 0, 1 and 2, and what is given; nothing of the caller's stays open. */
static int place_descriptors(int out, int err, int given)
{
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(err, STDERR_FILENO) < 0 || dup2(given, AS_USER_GIVEN) < 0)
		return -1;
	return close_range(AS_USER_GIVEN + 1, ~0u, 0);
}

static void start(const struct as_user *run, int out, int err, int given)
	__attribute__((noreturn));

static void start(const struct as_user *run, int out, int err, int given)
{
	char *envp[KEPT + 1];

	fill_environment(envp);
	reset_signals();
	umask(022);
	if (setsid() < 0 || place_descriptors(out, err, given) < 0 ||
	    become(run->user) < 0 || chdir("/") < 0)
		_exit(126);
	execvpe(run->argv[0], run->argv, envp);
	_exit(127);
}

/* Descriptors of ours above those that the child has for itself. */
static int lift(int fd)
{
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 10);

	if (fd >= 0)
		close(fd);
	return high;
}

static int make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	ends[0] = lift(ends[0]);
	ends[1] = lift(ends[1]);
	return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

static int make_given(const struct as_user *run)
{
	cleanup_close int fd = lift(memfd_create("given", MFD_CLOEXEC));

	if (fd < 0 || file_write_all(fd, run->given, run->given_size) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0 || fchmod(fd, 0444) < 0)
		return -1;
	return take_fd(fd);
}

static int spawn(const struct as_user *run, struct child *child)
{
	cleanup_close int given = make_given(run);
	int out[2] = { -1, -1 }, err[2] = { -1, -1 };
	int rc = given < 0 || make_pipe(out) < 0 || make_pipe(err) < 0 ? -1 : 0;

	child->out = out[0];
	child->err = err[0];
	child->pid = rc < 0 ? -1 : fork();
	if (child->pid == 0)
		start(run, out[1], err[1], given);
	if (out[1] >= 0)
		close(out[1]);
	if (err[1] >= 0)
		close(err[1]);
	return child->pid < 0 ? -1 : 0;
}

/* ---- its output ---- */

static long milliseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Read what is there; what is too much is dropped. False at the end. */
static bool read_some(int fd, char *text, size_t *used)
{
	char dropped[1024];
	size_t room = AS_USER_OUTPUT - 1 - *used;
	ssize_t n =
		room ? read(fd, text + *used, room) : read(fd, dropped, sizeof(dropped));

	if (n > 0 && room)
		*used += (size_t)n;
	return n > 0 || (n < 0 && errno == EINTR);
}

/* What is left in the pipes; what others that it started write later is nobody's. */
static void drain(const struct child *child, char *const texts[2], size_t used[2])
{
	const int fds[2] = { child->out, child->err };

	for (int i = 0; i < 2; i++) {
		(void)fcntl(fds[i], F_SETFL, O_NONBLOCK);
		for (int n = 0;
		     n < AS_USER_OUTPUT && read_some(fds[i], texts[i], &used[i]); n++)
			;
	}
}

/* Read what it prints until it ends. False if the time is over first. */
static bool attend(const struct child *child, struct as_user_output *o,
		   unsigned int deadline)
{
	cleanup_close int ended = (int)syscall(SYS_pidfd_open, child->pid, 0);
	struct pollfd fds[3] = { { .fd = child->out, .events = POLLIN },
				 { .fd = child->err, .events = POLLIN },
				 { .fd = ended, .events = POLLIN } };
	long end = milliseconds_now() + (long)deadline * 1000;
	char *const texts[2] = { o->out, o->err };
	size_t used[2] = { 0, 0 };

	while (ended >= 0 && !fds[2].revents) {
		long left = end - milliseconds_now();

		if (left <= 0 || (poll(fds, 3, (int)left) < 0 && errno != EINTR))
			return false;
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd >= 0 && fds[i].revents &&
			    !read_some(fds[i].fd, texts[i], &used[i]))
				fds[i].fd = -1;
		}
	}
	drain(child, texts, used);
	return ended >= 0;
}

/* ---- all ---- */

/* Milliseconds for a process that was killed. */
#define DEATH 5000

/*
 * False if it is not there to be collected: one that somebody traces, as the user may, is
 * its tracer's until that has seen its end, and is not waited for.
 */
static bool collect(const struct child *child, int *status)
{
	cleanup_close int ended = (int)syscall(SYS_pidfd_open, child->pid, 0);
	struct pollfd fd = { .fd = ended, .events = POLLIN };
	long end = milliseconds_now() + DEATH, left;
	pid_t pid;

	/* What it started, too, unless that has a session of its own. */
	kill(-child->pid, SIGKILL);
	kill(child->pid, SIGKILL);
	while ((left = end - milliseconds_now()) > 0 && poll(&fd, 1, (int)left) < 0 &&
	       errno == EINTR)
		;
	while ((pid = waitpid(child->pid, status, WNOHANG)) < 0 && errno == EINTR)
		;
	return pid == child->pid;
}

static int judge(const struct as_user *run, int status, bool late,
		 struct as_user_output *o, struct error *e)
{
	char *last;

	if (late)
		return error_set(e, "%s has not ended within %u seconds, and was killed",
				 run->argv[0], run->deadline);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127 && !*o->err)
		return error_set(e, "%s cannot be run", run->argv[0]);
	while ((last = strrchr(o->err, '\n')) && !last[1])
		*last = '\0';
	return error_set(e, "%s has refused it%s%s", run->argv[0], *o->err ? ": " : "",
			 last ? last + 1 : o->err);
}

int as_user_run(const struct as_user *run, struct as_user_output *output, struct error *e)
{
	struct child child;
	bool late = false, collected;
	int rc, status = 0;

	memset(output, 0, sizeof(*output));
	rc = spawn(run, &child);
	if (rc < 0)
		error_sys(e, "%s", run->argv[0]);
	if (rc == 0) {
		late = !attend(&child, output, run->deadline);
		collected = collect(&child, &status);
		str_make_lines_printable(output->out);
		str_make_lines_printable(output->err);
		rc = collected || late ? judge(run, status, late, output, e)
				       : error_set(e,
						   "%s is traced, so that nobody "
						   "knows how it ended",
						   run->argv[0]);
	}
	if (child.out >= 0)
		close(child.out);
	if (child.err >= 0)
		close(child.err);
	return rc;
}
