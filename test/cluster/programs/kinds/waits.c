/* Waits: a child waits in one, and is woken after the job has continued. It may see no
 * EINTR, and wait no shorter than it should. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kinds.h"

#define LONG 3600 /* seconds */

/* Shared by the two. */
struct both {
	int word;
	sem_t sem;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int condition;
};

static struct both *both;
static int fds[2];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void prepare(void)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;

	both = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		    0);
	must(pipe(fds) == 0, "pipe");
	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&both->mutex, &mutex);
	pthread_condattr_init(&cond);
	pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&both->cond, &cond);
	sem_init(&both->sem, 1, 0);
}

/* A child waits; then it is woken, and what its wait gave must be right. */
static void wait_in(void (*waits)(void), void (*wake)(void))
{
	pid_t pid;

	prepare();
	pid = child();
	if (pid == 0) {
		waits();
		_exit(0);
	}
	usleep(100000);
	wait_state(pid, 'S');
	saved();
	wake();
	ended_well(pid);
}

static void write_byte(void)
{
	must(write(fds[1], "x", 1) == 1, "write");
}

#define WAIT(name, wake, ...)                \
	static void name##_waits(void)       \
	{                                    \
		__VA_ARGS__                  \
	}                                    \
	static void name(void)               \
	{                                    \
		wait_in(name##_waits, wake); \
	}

WAIT(wait_poll, write_byte, {
	struct pollfd p = { .fd = fds[0], .events = POLLIN };
	must(poll(&p, 1, -1) == 1, "poll");
})
WAIT(wait_poll_timed, write_byte, {
	struct pollfd p = { .fd = fds[0], .events = POLLIN };
	must(poll(&p, 1, LONG * 1000) == 1, "poll");
})
WAIT(wait_ppoll, write_byte, {
	struct timespec t = { .tv_sec = LONG };
	struct pollfd p = { .fd = fds[0], .events = POLLIN };
	must(ppoll(&p, 1, &t, NULL) == 1, "ppoll");
})
WAIT(wait_select, write_byte, {
	struct timeval t = { .tv_sec = LONG };
	fd_set set;
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	must(select(fds[0] + 1, &set, NULL, NULL, &t) == 1, "select");
})
WAIT(wait_pselect, write_byte, {
	struct timespec t = { .tv_sec = LONG };
	fd_set set;
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	must(pselect(fds[0] + 1, &set, NULL, NULL, &t, NULL) == 1, "pselect");
})
WAIT(wait_epoll, write_byte, {
	struct epoll_event event = { .events = EPOLLIN };
	int set = epoll_create1(0);
	must(epoll_ctl(set, EPOLL_CTL_ADD, fds[0], &event) == 0, "epoll_ctl");
	/* The kernel itself ends this wait when a process is stopped: epoll_wait(2). */
	int n;
	do
		n = epoll_wait(set, &event, 1, -1);
	while (n < 0 && errno == EINTR);
	must(n == 1, "epoll_wait");
})
WAIT(wait_read, write_byte, {
	char byte;
	must(read(fds[0], &byte, 1) == 1, "read");
})

static void nothing(void)
{
}

/* One of eight seconds: until the job has been continued twice. */
static void wait_nanosleep_waits(void)
{
	struct timespec t = { .tv_sec = 8 };
	double start = now();

	must(nanosleep(&t, NULL) == 0, "nanosleep");
	errno = 0;
	must(now() - start >= 8, "how long it slept");
}

static void wait_nanosleep(void)
{
	wait_in(wait_nanosleep_waits, nothing);
}

static void wait_sleep_waits(void)
{
	double start = now();

	must(sleep(8) == 0, "sleep");
	errno = 0;
	must(now() - start >= 8, "how long it slept");
}

static void wait_sleep(void)
{
	wait_in(wait_sleep_waits, nothing);
}

static void wait_clock_waits(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += 8;
	must(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0,
	     "clock_nanosleep");
}

static void wait_clock(void)
{
	wait_in(wait_clock_waits, nothing);
}

static struct timespec later(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_sec += LONG;
	return t;
}

static void post(void)
{
	sem_post(&both->sem);
}

WAIT(wait_sem, post, { must(sem_wait(&both->sem) == 0, "sem_wait"); })
WAIT(wait_sem_timed, post, {
	struct timespec t = later(CLOCK_REALTIME);
	must(sem_timedwait(&both->sem, &t) == 0, "sem_timedwait");
})

static void set_condition(void)
{
	pthread_mutex_lock(&both->mutex);
	both->condition = 1;
	pthread_cond_broadcast(&both->cond);
	pthread_mutex_unlock(&both->mutex);
}

WAIT(wait_condition, set_condition, {
	struct timespec t = later(CLOCK_REALTIME);
	pthread_mutex_lock(&both->mutex);
	while (!both->condition)
		must(pthread_cond_timedwait(&both->cond, &both->mutex, &t) == 0, "cond");
	pthread_mutex_unlock(&both->mutex);
})

static void wake_futex(void)
{
	both->word = 1;
	syscall(SYS_futex, &both->word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

WAIT(wait_futex, wake_futex, {
	must(syscall(SYS_futex, &both->word, FUTEX_WAIT, 0, NULL, NULL, 0) == 0, "futex");
})
WAIT(wait_futex_timed, wake_futex, {
	struct timespec t = { .tv_sec = LONG };
	must(syscall(SYS_futex, &both->word, FUTEX_WAIT, 0, &t, NULL, 0) == 0, "futex");
})

static pid_t waiter;

static void kill_waiter(void)
{
	kill(waiter, SIGUSR1);
}

static void on_signal(int signum)
{
	(void)signum;
}

/* For a signal that comes after the job has continued, and ends the wait. */
static void wait_for_signal(void (*waits)(void))
{
	sigset_t set;

	signal(SIGUSR1, on_signal);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	waiter = child();
	if (waiter == 0) {
		waits();
		_exit(0);
	}
	usleep(100000);
	wait_state(waiter, 'S');
	saved();
	kill_waiter();
	ended_well(waiter);
}

static void suspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	must(sigsuspend(&none) < 0 && errno == EINTR, "sigsuspend");
}

static void wait_suspend(void)
{
	wait_for_signal(suspend);
}

static void wait_info(void)
{
	sigset_t set;
	int signum;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	/* (sigwaitinfo(2) is ended by the kernel when a process is stopped.) */
	must(sigwait(&set, &signum) == 0 && signum == SIGUSR1, "sigwait");
}

static void wait_signal(void)
{
	wait_for_signal(wait_info);
}

/* A signal that has a handler still ends a wait with EINTR. */
static void interrupted(void)
{
	struct pollfd p = { .fd = fds[0], .events = POLLIN };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	must(poll(&p, 1, -1) < 0 && errno == EINTR, "EINTR");
}

static void wait_poll_signal(void)
{
	must(pipe(fds) == 0, "pipe");
	wait_for_signal(interrupted);
}

static void end_child(void)
{
	kill(waiter, SIGKILL);
}

static void wait_child(void)
{
	pid_t middle;
	int pids[2], status;

	must(pipe(pids) == 0, "pipe");
	middle = child();
	if (middle == 0) {
		pid_t pid = child();

		if (pid == 0) {
			pause();
			_exit(0);
		}
		must(write(pids[1], &pid, sizeof(pid)) == sizeof(pid), "write");
		must(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "waitpid");
		_exit(0);
	}
	must(read(pids[0], &waiter, sizeof(waiter)) == sizeof(waiter), "read");
	wait_state(middle, 'S');
	saved();
	end_child();
	ended_well(middle);
}

static int listener;

static void connect_to_it(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(at.sun_path, in_tmpdir("s"));
	must(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "connect");
}

static void accept_it(void)
{
	must(accept(listener, NULL, NULL) >= 0, "accept");
}

static void wait_accept(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	strcpy(at.sun_path, in_tmpdir("s"));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	must(bind(listener, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
	must(listen(listener, 1) == 0, "listen");
	wait_in(accept_it, connect_to_it);
}

static int pair[2];

static void receive(void)
{
	struct timeval limit = { .tv_sec = LONG };
	char byte;

	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	must(recv(pair[0], &byte, 1, 0) == 1 || errno == EINTR, "recv");
}

static void send_byte(void)
{
	must(send(pair[1], "x", 1, 0) == 1, "send");
}

static void wait_receive(void)
{
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	wait_in(receive, send_byte);
}

static int locked;

static void lock_too(void)
{
	struct flock l = { .l_type = F_WRLCK };

	must(fcntl(locked, F_SETLKW, &l) == 0, "F_SETLKW");
}

static void unlock(void)
{
	struct flock l = { .l_type = F_UNLCK };

	must(fcntl(locked, F_SETLK, &l) == 0, "F_SETLK");
}

static void wait_lock(void)
{
	struct flock l = { .l_type = F_WRLCK };

	locked = open(in_workdir("lock"), O_RDWR | O_CREAT, 0600);
	must(fcntl(locked, F_SETLK, &l) == 0, "F_SETLK");
	wait_in(lock_too, unlock);
	unlink(in_workdir("lock"));
}

static void *join_me(void *arg)
{
	char byte;

	(void)arg;
	must(read(fds[0], &byte, 1) == 1, "read");
	return NULL;
}

WAIT(wait_join, write_byte, {
	pthread_t thread;
	struct timespec t = later(CLOCK_REALTIME);
	must(pthread_create(&thread, NULL, join_me, NULL) == 0, "pthread_create");
	must(pthread_timedjoin_np(thread, NULL, &t) == 0, "pthread_timedjoin_np");
})
/* In a process with threads the C library makes system calls in another way. */
static void *poll_here(void *arg)
{
	struct pollfd p = { .fd = fds[0], .events = POLLIN };

	(void)arg;
	must(poll(&p, 1, LONG * 1000) == 1, "poll");
	return NULL;
}

WAIT(wait_poll_thread, write_byte, {
	pthread_t thread;
	must(pthread_create(&thread, NULL, poll_here, NULL) == 0, "pthread_create");
	must(pthread_join(thread, NULL) == 0, "pthread_join");
})

#define KIND(name)                       \
	{                                \
#name, name, RIGHT, NULL \
	}

const struct kind kinds_waits[] = {
	KIND(wait_poll),
	KIND(wait_poll_timed),
	KIND(wait_ppoll),
	KIND(wait_select),
	KIND(wait_pselect),
	KIND(wait_epoll),
	KIND(wait_read),
	KIND(wait_nanosleep),
	KIND(wait_sleep),
	KIND(wait_clock),
	KIND(wait_sem),
	KIND(wait_sem_timed),
	KIND(wait_condition),
	KIND(wait_futex),
	KIND(wait_futex_timed),
	KIND(wait_suspend),
	KIND(wait_signal),
	KIND(wait_poll_signal),
	KIND(wait_child),
	KIND(wait_accept),
	KIND(wait_receive),
	KIND(wait_lock),
	KIND(wait_join),
	KIND(wait_poll_thread),
	{ NULL, NULL, RIGHT, NULL },
};
