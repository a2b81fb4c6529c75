// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/children.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "engine/init.h"
#include "engine/privilege.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define NS_PER_S 1000000000LL

static int put_text(const char *path, const char *text)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

/* All that an unprivileged user may map: itself to itself, and no other group. */
static int map_ids(uid_t uid, gid_t gid)
{
	cleanup_free char *uid_map = str_printf("%u %u 1", uid, uid);
	cleanup_free char *gid_map = str_printf("%u %u 1", gid, gid);

	if (!uid_map || !gid_map)
		return -1;
	if (put_text("/proc/self/setgroups", "deny") < 0 ||
	    put_text("/proc/self/uid_map", uid_map) < 0 ||
	    put_text("/proc/self/gid_map", gid_map) < 0)
		return -1;
	return 0;
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Line for timens_offsets; an offset's nanoseconds are never negative. */
static int put_offset(const char *clock, int64_t offset)
{
	int64_t ns = ((offset % NS_PER_S) + NS_PER_S) % NS_PER_S;
	cleanup_free char *line =
		str_printf("%s %lld %lld", clock, (long long)((offset - ns) / NS_PER_S),
			   (long long)ns);

	return line ? put_text("/proc/self/timens_offsets", line) : -1;
}

static int set_clocks(const struct sandbox_clocks *clocks)
{
	if (clocks->monotonic == 0)
		return 0;
	if (put_offset("monotonic", clocks->monotonic - clock_ns(CLOCK_MONOTONIC)) < 0 ||
	    put_offset("boottime", clocks->boottime - clock_ns(CLOCK_BOOTTIME)) < 0)
		return -1;
	return 0;
}

static int namespaces(bool own_net)
{
	return CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWTIME |
	       (own_net ? CLONE_NEWNET : 0);
}

int sandbox_probe(bool own_net, struct error *e)
{
	int status = 0, why;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(namespaces(own_net)) < 0 ||
				      mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0
			      ? errno
			      : 0);
	if (pid < 0)
		return error_sys(e, "fork");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return 0;
	why = WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
	error_set(e,
		  "this node does not let users have namespaces (%s); allow it with "
		  "sysctl user.max_user_namespaces%s, and where there is one with "
		  "kernel.unprivileged_userns_clone or "
		  "kernel.apparmor_restrict_unprivileged_userns",
		  strerror(why), own_net ? " and user.max_net_namespaces" : "");
	if (e)
		e->number = why;
	return -1;
}

static int make_namespaces(const struct sandbox_spec *spec)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(namespaces(spec->own_net)) < 0)
		return -1;
	/* Entering a user namespace takes this away; /proc needs it. */
	prctl(PR_SET_DUMPABLE, 1);
	return map_ids(uid, gid) < 0 || set_clocks(&spec->clocks) < 0 ? -1 : 0;
}

static void keeper_fail(int events, const char *what)
{
	init_send(events, INIT_FAILED, errno, what);
	_exit(1);
}

/*
 * The keeper: parent of pid 1, in a process group of its own. That makes it a
 * witness: a signal that reaches it too was sent to every process of the job.
 */
static void keeper_main(const struct sandbox_spec *spec, int events, int control,
			int sentinel, pid_t runner)
{
	int signals = init_keep_signals();
	pid_t init;

	if (signals < 0)
		keeper_fail(events, "cannot wait for signals");
	if (!spec->is_open && make_namespaces(spec) < 0)
		keeper_fail(events, spec->own_net
					    ? "cannot make a user, pid, mount, time "
					      "and network namespace"
					    : "cannot make a user, pid, mount and "
					      "time namespace");
	children_end_with(runner);
	init = fork();
	if (init < 0)
		keeper_fail(events, "cannot start a process");
	if (init == 0) {
		close(signals);
		close(sentinel);
		init_main(spec, events, control);
	}
	init_send(events, INIT_PID, init, "");
	close(events);
	close(control);
	setpgid(0, 0);
	init_witness(signals, sentinel, init);
}

static int socket_pair(int fds[2], struct error *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return error_sys(e, "socketpair");
	return 0;
}

/* All of them, or none. */
static int open_pairs(int events[2], int control[2], int sentinel[2], struct error *e)
{
	if (socket_pair(events, e) < 0)
		return -1;
	if (socket_pair(control, e) == 0) {
		if (socket_pair(sentinel, e) == 0)
			return 0;
		close(control[0]);
		close(control[1]);
	}
	close(events[0]);
	close(events[1]);
	return -1;
}

static void connect_and_go_on(struct sandbox *sb, const struct sandbox_spec *spec)
{
	if (spec->connect)
		spec->connect(spec->connect_arg, sb);
	(void)init_send(sb->control, INIT_GO_ON, 0, "");
}

/*
 * Both tell of themselves: the keeper of init's pid, init that there is a network, where
 * it has one, and that the job has begun.
 */
static int wait_until_started(struct sandbox *sb, const struct sandbox_spec *spec,
			      struct error *e)
{
	struct init_message m = { 0 };
	bool waits = false;

	while (sb->init == 0 || sb->root == 0) {
		if (init_receive(sb->events, &m) < 0)
			return error_set(e, "the job's namespaces ended at once");
		if (m.kind == INIT_FAILED) {
			errno = m.value;
			return error_sys(e, "%s", m.text);
		}
		if (m.kind == INIT_PID)
			sb->init = m.value;
		if (m.kind == INIT_STARTED)
			sb->root = m.value;
		if (m.kind == INIT_NETWORK)
			waits = true;
		if (waits && sb->init != 0) {
			connect_and_go_on(sb, spec);
			waits = false;
		}
	}
	return 0;
}

int sandbox_start(struct sandbox *sb, const struct sandbox_spec *spec, struct error *e)
{
	int events[2], control[2], sentinel[2];
	pid_t runner = getpid();

	*sb = (struct sandbox){
		.is_open = spec->is_open,
		.own_net = spec->own_net,
		.events = -1,
		.control = -1,
		.sentinel = -1,
	};
	if (open_pairs(events, control, sentinel, e) < 0)
		return -1;
	sb->events = events[0];
	sb->control = control[0];
	sb->sentinel = sentinel[0];
	sb->keeper = fork();
	if (sb->keeper == 0) {
		close(events[0]);
		close(control[0]);
		close(sentinel[0]);
		keeper_main(spec, events[1], control[1], sentinel[1], runner);
	}
	close(events[1]);
	close(control[1]);
	close(sentinel[1]);
	if (sb->keeper < 0)
		error_sys(e, "fork");
	else if (wait_until_started(sb, spec, e) == 0)
		return 0;
	sandbox_stop(sb);
	return -1;
}

int sandbox_root_has_ended(const struct sandbox *sb, int *status)
{
	struct init_message m;
	ssize_t n = recv(sb->events, &m, sizeof(m), MSG_PEEK | MSG_DONTWAIT);

	if (n < 0)
		return 0;
	if (n != sizeof(m) || m.kind != INIT_EXITED)
		return -1;
	*status = m.value;
	return 1;
}

int sandbox_root_ended(struct sandbox *sb, int *status)
{
	struct init_message m;

	if (init_receive(sb->events, &m) < 0 || m.kind != INIT_EXITED)
		return -1;
	*status = m.value;
	return 1;
}

void sandbox_signal(struct sandbox *sb, int signum)
{
	struct init_message m;

	/* A witness that is gone saw nothing; the sandbox is ending then. */
	if (init_send(sb->sentinel, INIT_SEEN, signum, "") == 0 &&
	    init_receive(sb->sentinel, &m) == 0 && m.value)
		return;
	(void)init_send(sb->control, INIT_SIGNAL, signum, "");
}

void sandbox_signal_root(struct sandbox *sb, int signum)
{
	(void)init_send(sb->control, INIT_SIGNAL_ROOT, signum, "");
}

int sandbox_end(const struct sandbox *sb, struct error *e)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, sb->init, 0);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0)
		return errno == ESRCH ? 0 : error_sys(e, "pidfd_open");
	/* As when the runner is done with it; this end is the runner's as well. */
	(void)shutdown(sb->control, SHUT_RDWR);
	while (poll(&ended, 1, -1) < 0) {
		if (errno != EINTR)
			return error_sys(e, "job's processes");
	}
	return 0;
}

void sandbox_set_last_pid(struct sandbox *sb, pid_t last_pid)
{
	(void)init_send(sb->control, INIT_LAST_PID, last_pid, "");
}

/* Offset in nanoseconds of a clock in the time namespace of a process's children. */
static int read_offsets(pid_t pid, struct sandbox_clocks *offsets)
{
	cleanup_free char *path = str_printf("/proc/%d/timens_offsets", pid);
	cleanup_fclose FILE *f = path ? fopen(path, "re") : NULL;
	char name[32];
	long long s, ns;

	if (!f)
		return -1;
	while (fscanf(f, "%31s %lld %lld", name, &s, &ns) == 3) {
		if (!strcmp(name, "monotonic"))
			offsets->monotonic = s * NS_PER_S + ns;
		else if (!strcmp(name, "boottime"))
			offsets->boottime = s * NS_PER_S + ns;
	}
	return 0;
}

int sandbox_read_clocks(const struct sandbox *sb, struct sandbox_clocks *now)
{
	struct sandbox_clocks offsets = { 0 };

	if (read_offsets(sb->init, &offsets) < 0)
		return -1;
	now->monotonic = clock_ns(CLOCK_MONOTONIC) + offsets.monotonic;
	now->boottime = clock_ns(CLOCK_BOOTTIME) + offsets.boottime;
	return 0;
}

static int enter(const struct sandbox *sb, enum sandbox_place place)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, sb->init, 0);

	if (pidfd < 0)
		return -1;
	return setns(pidfd, namespaces(sb->own_net && place == SANDBOX_INSIDE));
}

/* false: the caller gives it up. */
static bool may_go(const struct sandbox_program *program)
{
	ssize_t n = 1;
	char byte;

	if (program->go) {
		while ((n = read(program->go[0], &byte, 1)) < 0 && errno == EINTR)
			;
	}
	return n == 1;
}

static void exec_there(const struct sandbox *sb, enum sandbox_place place,
		       const struct sandbox_program *program)
{
	char *const *argv = program->argv;
	int out = program->out;
	int status = SANDBOX_NOT_BEGUN;
	sigset_t mask;
	pid_t pid;

	if (program->go)
		close(program->go[1]);
	/*
	 * A signal to every process of Slurm's job is not meant for what is beside it;
	 * but pasta has children of its own.
	 */
	if (place == SANDBOX_INSIDE) {
		sigemptyset(&mask);
	} else {
		sigfillset(&mask);
		sigdelset(&mask, SIGCHLD);
	}
	/* What is sent to the batch task's process group is not meant for criu. */
	setpgid(0, 0);
	if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 ||
	    enter(sb, place) < 0 || (pid = fork()) < 0) {
		dprintf(STDERR_FILENO, "Error: cannot enter the job's namespaces: %s\n",
			strerror(errno));
		_exit(SANDBOX_NOT_BEGUN);
	}
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		/* So that it can be ended: its own number is known inside alone. */
		if (place == SANDBOX_INSIDE)
			prctl(PR_SET_PDEATHSIG, SIGKILL);

		dup2(null, STDIN_FILENO);
		sigprocmask(SIG_SETMASK, &mask, NULL);
		if (!may_go(program))
			_exit(SANDBOX_NOT_BEGUN);
		if ((!program->prepare || program->prepare() == 0) &&
		    privilege_for_criu() == 0) {
			execve(argv[0], argv, program->envp);
			status = SANDBOX_NOT_EXECUTED;
		}
		dprintf(STDERR_FILENO, "Error: %s: %s\n", argv[0], strerror(errno));
		_exit(status);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

pid_t sandbox_exec(const struct sandbox *sb, enum sandbox_place place,
		   const struct sandbox_program *program, struct error *e)
{
	pid_t pid = fork();

	if (pid == 0)
		exec_there(sb, place, program);
	if (pid < 0)
		return error_sys(e, "fork");
	return pid;
}

static bool is_below(const char *dir, const char *path)
{
	size_t length = strlen(dir);

	return !strncmp(path, dir, length) && path[length] == '/';
}

/* In a child: its exit status is errno. */
static _Noreturn void mount_there(const struct sandbox *sb,
				  const struct engine_mount *mounts, const char *below)
{
	if (enter(sb, SANDBOX_INSIDE) < 0)
		_exit(errno);
	for (int i = 0; i < MOUNTS; i++) {
		const struct engine_mount *m = &mounts[i];

		if (m->source && is_below(below, m->target) &&
		    mount(m->source, m->target, NULL, MS_BIND, NULL) < 0)
			_exit(errno);
	}
	_exit(0);
}

/* Of a child whose exit status is errno. */
static int wait_for_mount(pid_t pid, const char *what, struct error *e)
{
	int status = 0;

	if (pid < 0)
		return error_sys(e, "fork");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return error_sys(e, "%s: cannot be mounted for the job", what);
}

int sandbox_mount(const struct sandbox *sb, const struct engine_mount *mounts,
		  const char *below, struct error *e)
{
	pid_t pid = fork();

	if (pid == 0)
		mount_there(sb, mounts, below);
	return wait_for_mount(pid, below, e);
}

int sandbox_bind(const struct sandbox *sb, const char *source, const char *target,
		 struct error *e)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(enter(sb, SANDBOX_INSIDE) < 0 ||
				      mount(source, target, NULL, MS_BIND, NULL) < 0
			      ? errno
			      : 0);
	return wait_for_mount(pid, target, e);
}

void sandbox_unbind(const struct sandbox *sb, const char *target)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(enter(sb, SANDBOX_INSIDE) < 0 || umount2(target, MNT_DETACH) < 0
			      ? errno
			      : 0);
	(void)wait_for_mount(pid, target, NULL);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* It tells when nothing is left, by ending. */
static void end_init(struct sandbox *sb)
{
	struct init_message m;

	close_fd(&sb->control);
	while (init_receive(sb->events, &m) == 0)
		;
}

void sandbox_stop(struct sandbox *sb)
{
	/* In a pid namespace all that is inside dies with init; else init kills it. */
	if (sb->is_open && sb->init > 0)
		end_init(sb);
	/* init dies with the keeper. */
	if (sb->keeper > 0) {
		kill(sb->keeper, SIGKILL);
		while (waitpid(sb->keeper, NULL, 0) < 0 && errno == EINTR)
			;
	}
	sb->keeper = 0;
	close_fd(&sb->control);
	close_fd(&sb->sentinel);
	if (sb->events >= 0) {
		struct init_message m;

		/* The last copy of its other end is init's: the end of it is the end. */
		while (init_receive(sb->events, &m) == 0)
			;
	}
	close_fd(&sb->events);
}
