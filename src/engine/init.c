// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/children.h"
#include "base/protocol.h"
#include "engine/descriptors.h"
#include "engine/network.h"
#include "engine/privilege.h"

/*
 * May a call that has failed be made again? The job ends with these processes, so none of
 * them gives up what the kernel only lacks memory for.
 */
static bool is_passing(void)
{
	static const struct timespec breath = { .tv_nsec = 10 * 1000 * 1000 };

	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		(void)nanosleep(&breath, NULL);
		return true;
	case EINTR:
		return true;
	default:
		return false;
	}
}

int init_send(int fd, enum init_kind kind, int value, const char *text)
{
	struct init_message m = { .kind = (int)kind, .value = value };

	snprintf(m.text, sizeof(m.text), "%s", text);
	while (send(fd, &m, sizeof(m), MSG_NOSIGNAL) < 0) {
		if (!is_passing())
			return -1;
	}
	return 0;
}

int init_receive(int fd, struct init_message *m)
{
	ssize_t n;

	while ((n = recv(fd, m, sizeof(*m), 0)) < 0 && is_passing())
		;
	return n == sizeof(*m) ? 0 : -1;
}

/* ---- witnesses of signals ---- */

/*
 * Signals that have arrived and were not asked for yet. All signals are blocked,
 * and those of pid 1 too are kept for it while they are.
 */
struct witness {
	int fd;
	bool seen[_NSIG];
};

int init_keep_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void witness_read(struct witness *w)
{
	struct signalfd_siginfo info;

	while (read(w->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo < _NSIG)
			w->seen[info.ssi_signo] = true;
	}
}

static bool witness_take(struct witness *w, int signum)
{
	bool seen;

	witness_read(w);
	seen = signum > 0 && signum < _NSIG && w->seen[signum];
	if (seen)
		w->seen[signum] = false;
	return seen;
}

/* Wait for a signal or a message. */
static void wait_for(const struct witness *w, int socket, struct pollfd fds[2])
{
	fds[0] = (struct pollfd){ .fd = w->fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = socket, .events = POLLIN };
	while (poll(fds, 2, -1) < 0 && is_passing())
		;
}

static bool has_ended(pid_t pid)
{
	pid_t got;

	while ((got = waitpid(pid, NULL, WNOHANG)) < 0 && errno == EINTR)
		;
	return got != 0;
}

void init_witness(int signals, int sentinel, pid_t init)
{
	struct witness w = { .fd = signals };
	struct init_message m;
	struct pollfd fds[2];

	while (!has_ended(init)) {
		wait_for(&w, sentinel, fds);
		witness_read(&w);
		if (!fds[1].revents)
			continue;
		if (init_receive(sentinel, &m) < 0)
			break;
		init_send(sentinel, INIT_SEEN, witness_take(&w, m.value), "");
	}
	_exit(0);
}

/* ---- pid 1 ---- */

static void fail(int events, const char *what)
{
	init_send(events, INIT_FAILED, errno, what);
	_exit(1);
}

static void set_last_pid(pid_t pid)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "%d", pid);
	close(fd);
}

/* A job whose srun cannot be replaced has Slurm's. */
static void mount_srun(const struct sandbox_spec *spec)
{
	for (int i = MOUNT_SLURMS_SRUN; i <= MOUNT_SRUN; i++) {
		const struct engine_mount *m = &spec->mounts[i];

		if (!m->source || mount(m->source, m->target, NULL, MS_BIND, NULL) < 0)
			return;
	}
}

/*
 * proc must show the namespace's own pids, or criu refuses to look at the tree;
 * devpts must be a new instance, or a terminal's group has no mapping when it is
 * restored. Mounts of the host that come later (automounted homes) still appear.
 */
static void make_mounts(const struct sandbox_spec *spec, int events)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		fail(events, "cannot make the mounts the job's own");
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		fail(events, "cannot mount /proc for the job");
	if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,ptmxmode=0666,mode=620") < 0 ||
	    mount("/dev/pts/ptmx", "/dev/ptmx", NULL, MS_BIND, NULL) < 0)
		fail(events, "cannot mount /dev/pts for the job");
	for (int i = 0; i < MOUNT_SLURMS_SRUN; i++) {
		const struct engine_mount *m = &spec->mounts[i];

		if (m->source && mount(m->source, m->target, NULL, MS_BIND, NULL) < 0)
			fail(events,
			     "cannot mount a directory of the node's for the job");
	}
	mount_srun(spec);
}

/* Be in the network until the other end of hold is closed. */
static void __attribute__((noreturn)) be_anchor(int hold)
{
	char byte;

	(void)!privilege_none();
	prctl(PR_SET_DUMPABLE, 1);
	(void)!read(hold, &byte, 1);
	_exit(0);
}

/*
 * A loopback, and whatever the runner connects, before the job looks at it. What is
 * connected finds the network by a process that is in it and has no capabilities, since
 * those of pid 1 it may not look at.
 */
static void make_network(int events, int control)
{
	struct init_message m;
	int hold[2];
	pid_t anchor;

	if (network_loopback_up() < 0 || pipe2(hold, O_CLOEXEC) < 0)
		fail(events, "cannot make a loopback for the job");
	set_last_pid(SANDBOX_ANCHOR - 1);
	anchor = fork();
	if (anchor < 0)
		fail(events, "cannot start a process");
	if (anchor == 0) {
		close(hold[1]);
		be_anchor(hold[0]);
	}
	close(hold[0]);
	init_send(events, INIT_NETWORK, 0, "");
	if (init_receive(control, &m) < 0)
		_exit(0); /* the runner is done with us */
	close(hold[1]);
	waitpid(anchor, NULL, 0);
}

static bool set_limits(const struct rlimit *limits)
{
	for (int i = 0; limits && i < RLIM_NLIMITS; i++) {
		if (setrlimit(i, &limits[i]) < 0)
			return false;
	}
	return true;
}

static const char *directory_for_files(const struct sandbox_spec *spec)
{
	const struct engine_mount *tmpdir = &spec->mounts[MOUNT_TMPDIR];

	return tmpdir->source ? tmpdir->target : "/tmp";
}

/*
 * The root takes in processes that detach from their parents, so that they stay
 * in the tree that criu dumps.
 */
static void exec_root(const struct sandbox_spec *spec, int report)
{
	setsid();
	if (!spec->is_open)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!set_limits(spec->limits)) {
		init_send(report, INIT_FAILED, errno, "cannot set the job's limits");
		_exit(127);
	}
	if (spec->is_open || privilege_none() == 0) {
		if (!spec->is_open)
			descriptors_reopen(directory_for_files(spec));
		if (spec->fixed_layout)
			(void)personality((unsigned long)personality(0xffffffff) |
					  ADDR_NO_RANDOMIZE);
		if (spec->umask)
			umask(*spec->umask);
		sigprocmask(SIG_SETMASK, spec->sigmask, NULL);
		execve(spec->argv[0], spec->argv, spec->envp);
	}
	init_send(report, INIT_FAILED, errno, "cannot execute the job's script");
	_exit(127);
}

/* Start the root; its pid, or the end of init if it cannot be executed. */
static pid_t start_root(const struct sandbox_spec *spec, int events)
{
	struct init_message m;
	int report[2];
	pid_t root;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) < 0)
		fail(events, "cannot start a process");
	root = fork();
	if (root < 0)
		fail(events, "cannot start a process");
	if (root == 0)
		exec_root(spec, report[1]);
	close(report[1]);
	if (init_receive(report[0], &m) == 0) {
		errno = m.value;
		fail(events, m.text);
	}
	close(report[0]);
	return root;
}

/* Reap whoever has ended; tell of the root, whose pid is then another's. */
static void reap(pid_t *root, int events)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid < 0 && errno == EINTR)) {
		if (pid < 0 || pid != *root)
			continue;
		init_send(events, INIT_EXITED, status, "");
		*root = 0;
	}
}

static void handle(const struct init_message *m, struct witness *w, pid_t root)
{
	switch (m->kind) {
	case INIT_SIGNAL:
		if (root)
			kill(witness_take(w, m->value) ? -root : root, m->value);
		break;
	case INIT_SIGNAL_ROOT:
		if (root)
			kill(root, m->value);
		break;
	case INIT_LAST_PID:
		set_last_pid(m->value);
		break;
	default:
		break;
	}
}

/* In a pid namespace the kernel does the killing. */
static void __attribute__((noreturn)) end(const struct sandbox_spec *spec)
{
	if (spec->is_open)
		children_end_all();
	_exit(0);
}

void init_main(const struct sandbox_spec *spec, int events, int control)
{
	struct witness w = { .fd = init_keep_signals() };
	struct init_message m;
	struct pollfd fds[2];
	pid_t root = spec->root;

	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_NAME, CHECKPOINT_INIT_NAME);
	/* A runner that has died closes control: without a namespace we outlive it, to
	 * end the job. */
	if (spec->is_open) {
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	} else {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		make_mounts(spec, events);
	}
	if (w.fd < 0)
		fail(events, "cannot wait for signals");
	if (spec->own_net)
		make_network(events, control);
	if (!spec->is_open)
		set_last_pid(spec->last_pid);
	if (spec->argv)
		root = start_root(spec, events);
	init_send(events, INIT_STARTED, root, "");
	for (;;) {
		wait_for(&w, control, fds);
		witness_read(&w);
		reap(&root, events);
		if (!fds[1].revents)
			continue;
		if (init_receive(control, &m) < 0)
			end(spec); /* the runner is done with us */
		handle(&m, &w, root);
	}
}
