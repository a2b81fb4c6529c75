// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * selftest-job - the tiny job that an engine saves and restores to show that it can
 * (selftest.c): two processes, a thread that ends afterwards, a pipe that is not empty,
 * a periodic timer. Linked dynamically, as most programs of jobs are.
 *
 * It says "ready" when it may be saved. When SIGUSR1 comes, which is after the restart,
 * it names each part before it tries it: the last line tells what did not work. All is
 * well if it ends with SELFTEST_STATUS.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/selftest_job.h"

#define PERIOD	     20000000 /* nanoseconds */
#define CHILD_STATUS 7

static const char in_pipe[] = "written before the checkpoint, read after the restart";

static volatile sig_atomic_t ticks;

static void tick(int signum)
{
	(void)signum;
	ticks++;
}

static void say(const char *line)
{
	(void)!write(STDOUT_FILENO, line, strlen(line));
}

/* Until the other end is closed. */
static void wait_for_end(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0)
		; /* the timer */
}

static void *be_thread(void *arg)
{
	const int *fd = arg;

	wait_for_end(*fd);
	return arg;
}

static pid_t start_child(const int hold[2])
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(hold[1]);
	wait_for_end(hold[0]);
	_exit(CHILD_STATUS);
}

/* Of timer_create(2): DMTCP does not restore that of setitimer(2). */
static int start_timer(void)
{
	const struct itimerspec every = { .it_interval.tv_nsec = PERIOD,
					  .it_value.tv_nsec = PERIOD };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct sigaction action = { .sa_handler = tick };
	timer_t timer;

	sigaction(SIGALRM, &action, NULL);
	return timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
			       timer_settime(timer, 0, &every, NULL) < 0
		       ? -1
		       : 0;
}

static void wait_for_restart(const sigset_t *usr1)
{
	int signum;

	while (sigwait(usr1, &signum) != 0)
		;
}

static int pipe_holds_its_bytes(int fd)
{
	char text[sizeof(in_pipe)];
	ssize_t n;

	while ((n = read(fd, text, sizeof(text))) < 0)
		;
	return n == (ssize_t)sizeof(text) && memcmp(text, in_pipe, sizeof(text)) == 0;
}

static void wait_for_tick(void)
{
	const sig_atomic_t before = ticks;

	while (ticks == before)
		pause();
}

int main(void)
{
	int unread[2], thread_hold[2], child_hold[2], status = 0;
	pthread_t thread;
	void *result = NULL;
	sigset_t usr1;
	pid_t child;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	if (pipe(unread) < 0 || pipe(child_hold) < 0)
		return 1;
	child = start_child(child_hold);
	if (child < 0 || pipe(thread_hold) < 0 ||
	    write(unread[1], in_pipe, sizeof(in_pipe)) != sizeof(in_pipe) ||
	    pthread_create(&thread, NULL, be_thread, &thread_hold[0]) != 0)
		return 1;
	if (start_timer() < 0)
		return 1;
	say(SELFTEST_READY);
	wait_for_restart(&usr1);

	say("its timer\n");
	wait_for_tick();
	say("its pipe\n");
	if (!pipe_holds_its_bytes(unread[0]))
		return 1;
	say("its thread\n");
	close(thread_hold[1]);
	if (pthread_join(thread, &result) != 0 || result != &thread_hold[0])
		return 1;
	say("its child\n");
	close(child_hold[1]);
	while (waitpid(child, &status, 0) < 0)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != CHILD_STATUS)
		return 1;
	say("its exit status\n");
	return SELFTEST_STATUS;
}
