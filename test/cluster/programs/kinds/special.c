/* What the kernel gives by a descriptor, and is no file. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kinds.h"

static void eventfd_value(void)
{
	int fd = eventfd(5, EFD_NONBLOCK);
	uint64_t value = 0;

	must(fd >= 0, "eventfd");
	saved();
	must(read(fd, &value, 8) == 8 && value == 5, "its value");
	must(fcntl(fd, F_GETFL) & O_NONBLOCK, "O_NONBLOCK");
}

static void eventfd_semaphore(void)
{
	int fd = eventfd(3, EFD_SEMAPHORE);
	uint64_t value = 0;

	must(fd >= 0, "eventfd");
	saved();
	must(read(fd, &value, 8) == 8 && value == 1, "as a semaphore");
}

static void signalfd_pending(void)
{
	struct signalfd_siginfo info;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, 0);
	kill(getpid(), SIGUSR1);
	saved();
	must(read(fd, &info, sizeof(info)) == sizeof(info), "read");
	must(info.ssi_signo == SIGUSR1, "the signal");
}

static void timerfd_of(clockid_t clock, long interval, int expired)
{
	struct itimerspec when = { .it_value.tv_nsec = 50000000,
				   .it_interval.tv_nsec = interval };
	int fd = timerfd_create(clock, 0);
	uint64_t ticks;

	must(timerfd_settime(fd, 0, &when, NULL) == 0, "timerfd_settime");
	if (expired)
		usleep(200000);
	saved();
	must(read(fd, &ticks, 8) == 8 && ticks >= 1, "its ticks");
	if (interval)
		must(read(fd, &ticks, 8) == 8 && read(fd, &ticks, 8) == 8, "more ticks");
}

static void timerfd_once(void)
{
	timerfd_of(CLOCK_MONOTONIC, 0, 1);
}

static void timerfd_periodic(void)
{
	timerfd_of(CLOCK_MONOTONIC, 50000000, 0);
}

static void timerfd_expired(void)
{
	timerfd_of(CLOCK_MONOTONIC, 50000000, 1);
}

static void timerfd_realtime(void)
{
	timerfd_of(CLOCK_REALTIME, 50000000, 1);
}

static void timerfd_boottime(void)
{
	timerfd_of(CLOCK_BOOTTIME, 50000000, 1);
}

static void watch(int set, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	must(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static void epoll_set(void)
{
	int set = epoll_create1(EPOLL_CLOEXEC), outer = epoll_create1(0), fds[2], timer;
	struct itimerspec soon = { .it_value.tv_nsec = 1 };
	struct epoll_event event;

	must(pipe(fds) == 0, "pipe");
	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	watch(set, fds[0], EPOLLIN);
	watch(set, timer, EPOLLIN | EPOLLONESHOT);
	watch(outer, set, EPOLLIN);
	saved();
	must(epoll_wait(set, &event, 1, 0) == 0, "nothing yet");
	must(write(fds[1], "x", 1) == 1, "write");
	must(epoll_wait(outer, &event, 1, 1000) == 1 && event.data.fd == set, "the set");
	must(epoll_wait(set, &event, 1, 1000) == 1 && event.data.fd == fds[0],
	     "the pipe");
	must(read(fds[0], &event, 1) == 1, "read");
	timerfd_settime(timer, 0, &soon, NULL);
	must(epoll_wait(set, &event, 1, 1000) == 1 && event.data.fd == timer,
	     "the timer");
	must(epoll_wait(set, &event, 1, 0) == 0, "once");
}

static void epoll_duplicate(void)
{
	int set = epoll_create1(0), fds[2], copy;
	struct epoll_event event;

	must(pipe(fds) == 0, "pipe");
	copy = dup(fds[0]);
	watch(set, copy, EPOLLIN);
	close(copy);
	saved();
	must(write(fds[1], "x", 1) == 1, "write");
	must(epoll_wait(set, &event, 1, 1000) == 1 && event.data.fd == copy, "the pipe");
}

static void inotify_watch(void)
{
	int fd = inotify_init1(0);

	must(inotify_add_watch(fd, ".", IN_CREATE) > 0, "inotify_add_watch");
	saved();
}

static void inotify_empty(void)
{
	int fd = inotify_init1(IN_NONBLOCK);
	char event[4096];

	saved();
	must(inotify_add_watch(fd, ".", IN_CREATE) > 0, "inotify_add_watch");
	close(open(in_workdir("new"), O_WRONLY | O_CREAT, 0600));
	must(read(fd, event, sizeof(event)) > 0, "an event");
	unlink(in_workdir("new"));
}

static void fanotify(void)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);

	if (fd < 0)
		skip("no fanotify for users");
	saved();
}

static void pidfd(void)
{
	pid_t pid = child();
	int fd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd ends = { .fd = fd, .events = POLLIN };

	if (pid == 0) {
		pause();
		_exit(0);
	}
	must(fd >= 0, "pidfd_open");
	saved();
	must(poll(&ends, 1, 0) == 0, "it runs");
	must(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0, "its end");
	must(poll(&ends, 1, 5000) == 1, "its end");
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
}

static void pidfd_ended(void)
{
	pid_t pid = child();
	int fd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd ends = { .fd = fd, .events = POLLIN };

	if (pid == 0)
		_exit(0);
	must(fd >= 0 && waitpid(pid, NULL, 0) == pid, "pidfd_open");
	saved();
	must(poll(&ends, 1, 0) == 1, "it has ended");
}

static void proc_open(void)
{
	char line[64] = "";
	int fd = open("/proc/self/status", O_RDONLY), dir = open("/proc/self", O_RDONLY);

	saved();
	must(read(fd, line, 5) == 5 && !memcmp(line, "Name:", 5), "status");
	must(faccessat(dir, "maps", R_OK, 0) == 0, "the directory");
}

static void proc_of_ended(void)
{
	char path[64], line[8];
	pid_t pid = child();
	int fd;

	if (pid == 0) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY);
	kill(pid, SIGKILL);
	must(fd >= 0 && waitpid(pid, NULL, 0) == pid, "waitpid");
	saved();
	must(read(fd, line, 5) < 0 && errno == ESRCH, "it is gone");
}

static void namespace_open(void)
{
	int fd = open("/proc/self/ns/user", O_RDONLY);

	must(fd >= 0, "open");
	saved();
	must(ioctl(fd, 0xb703 /* NS_GET_NSTYPE */) > 0, "its kind");
}

static void devices(void)
{
	char text[8];
	int zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR);
	int full = open("/dev/full", O_WRONLY), chance = open("/dev/urandom", O_RDONLY);

	saved();
	must(read(zero, text, 8) == 8, "zero");
	must(write(null, text, 8) == 8, "null");
	must(write(full, text, 8) < 0 && errno == ENOSPC, "full");
	must(read(chance, text, 8) == 8, "urandom");
}

static void device_fuse(void)
{
	int fd = open("/dev/fuse", O_RDWR);

	if (fd < 0)
		skip("no /dev/fuse");
	saved();
}

static void device_tun(void)
{
	int fd = open("/dev/net/tun", O_RDWR);

	if (fd < 0)
		skip("no /dev/net/tun");
	saved();
}

static void io_uring(void)
{
	struct io_uring_params params = { 0 };
	int fd = (int)syscall(SYS_io_uring_setup, 8, &params);

	if (fd < 0)
		skip("no io_uring");
	must(mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(int),
		  PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  IORING_OFF_SQ_RING) != MAP_FAILED,
	     "mmap");
	saved();
}

static void io_uring_unmapped(void)
{
	struct io_uring_params params = { 0 };
	int fd = (int)syscall(SYS_io_uring_setup, 8, &params);

	if (fd < 0)
		skip("no io_uring");
	saved();
}

static void perf_event(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_TASK_CLOCK,
					.exclude_kernel = 1 };
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0)
		skip("no perf events for users");
	saved();
}

static void userfaults(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
	char *at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0)
		skip("no userfaultfd");
	area.range.start = (unsigned long)at;
	area.range.len = 8192;
	must(ioctl(fd, UFFDIO_REGISTER, &area) == 0, "UFFDIO_REGISTER");
	saved();
}

static void landlock_rules(void)
{
	uint64_t attr = 1;
	int fd = (int)syscall(444 /* landlock_create_ruleset */, &attr, 8, 0);

	if (fd < 0)
		skip("no landlock");
	saved();
}

static void mount_open(void)
{
	int fd = (int)syscall(428 /* open_tree */, AT_FDCWD, "/etc", O_CLOEXEC);

	if (fd < 0)
		skip("no open_tree");
	saved();
	must(faccessat(fd, "passwd", R_OK, 0) == 0, "what is below it");
}

static void aio_context(void)
{
	unsigned long context = 0;

	if (syscall(SYS_io_setup, 10, &context) < 0)
		skip("no aio");
	saved();
	must(syscall(SYS_io_destroy, context) == 0, "io_destroy");
}

const struct kind kinds_special[] = {
	{ "eventfd", eventfd_value, RIGHT, NULL },
	{ "eventfd_semaphore", eventfd_semaphore, REFUSED, "EFD_SEMAPHORE" },
	{ "signalfd", signalfd_pending, RIGHT, NULL },
	{ "timerfd_once", timerfd_once, RIGHT, NULL },
	{ "timerfd_periodic", timerfd_periodic, RIGHT, NULL },
	{ "timerfd_expired", timerfd_expired, RIGHT, NULL },
	{ "timerfd_realtime", timerfd_realtime, RIGHT, NULL },
	{ "timerfd_boottime", timerfd_boottime, RIGHT, NULL },
	{ "epoll_set", epoll_set, RIGHT, NULL },
	{ "epoll_duplicate", epoll_duplicate, RIGHT, NULL },
	{ "inotify_watch", inotify_watch, REFUSED, "inotify" },
	{ "inotify_empty", inotify_empty, RIGHT, NULL },
	{ "fanotify", fanotify, REFUSED, "fanotify" },
	{ "pidfd", pidfd, RIGHT, NULL },
	{ "pidfd_ended", pidfd_ended, RIGHT, NULL },
	{ "proc_open", proc_open, RIGHT, NULL },
	{ "proc_of_ended", proc_of_ended, RIGHT, NULL },
	{ "namespace_open", namespace_open, RIGHT, NULL },
	{ "devices", devices, RIGHT, NULL },
	{ "device_fuse", device_fuse, REFUSED, "/dev/fuse" },
	{ "device_tun", device_tun, REFUSED, "/dev/net/tun" },
	{ "io_uring", io_uring, REFUSED, "io_uring" },
	{ "io_uring_unmapped", io_uring_unmapped, REFUSED, "io_uring" },
	{ "perf_event", perf_event, REFUSED, "perf" },
	{ "userfaultfd", userfaults, REFUSED, "userfaultfd" },
	{ "landlock_rules", landlock_rules, REFUSED, "landlock" },
	{ "mount_open", mount_open, RIGHT, NULL },
	{ "aio_context", aio_context, REFUSED, "io_setup" },
	{ NULL, NULL, RIGHT, NULL },
};
