/* Processes: how they are related, how they ended, and what they have set. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kinds.h"

static void zombie(void)
{
	pid_t pid = child();
	int status;

	if (pid == 0)
		_exit(37);
	wait_state(pid, 'Z');
	saved();
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	must(WIFEXITED(status) && WEXITSTATUS(status) == 37, "its exit status");
}

static void zombie_killed(void)
{
	pid_t pid = child();
	int status;

	if (pid == 0)
		raise(SIGTERM);
	wait_state(pid, 'Z');
	saved();
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	must(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "its end");
}

static void zombie_leads_group(void)
{
	pid_t leader = child(), member;

	if (leader == 0) {
		setpgid(0, 0);
		pause();
		_exit(0);
	}
	setpgid(leader, leader);
	member = child();
	if (member == 0) {
		must(setpgid(0, leader) == 0, "setpgid");
		pause();
		_exit(0);
	}
	wait_state(leader, 'S');
	wait_state(member, 'S');
	kill(leader, SIGKILL);
	wait_state(leader, 'Z');
	saved();
	must(getpgid(member) == leader, "its group");
	kill(member, SIGKILL);
}

static void group_without_leader(void)
{
	pid_t leader = child(), member;

	if (leader == 0) {
		setpgid(0, 0);
		pause();
		_exit(0);
	}
	setpgid(leader, leader);
	member = child();
	if (member == 0) {
		must(setpgid(0, leader) == 0, "setpgid");
		pause();
		_exit(0);
	}
	wait_state(leader, 'S');
	wait_state(member, 'S');
	kill(leader, SIGKILL);
	must(waitpid(leader, NULL, 0) == leader, "waitpid");
	saved();
	must(getpgid(member) == leader, "its group");
	kill(member, SIGKILL);
}

/* member is in the session of a leader which has ended. */
static void session_without_leader(void)
{
	pid_t leader, member = 0;
	int fds[2], status;

	must(pipe(fds) == 0, "pipe");
	must(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "subreaper");
	leader = fork();
	if (leader == 0) {
		setsid();
		member = fork();
		if (member == 0) {
			pause();
			_exit(0);
		}
		must(write(fds[1], &member, sizeof(member)) == sizeof(member), "write");
		_exit(0);
	}
	must(read(fds[0], &member, sizeof(member)) == sizeof(member), "read");
	must(waitpid(leader, &status, 0) == leader, "waitpid");
	wait_state(member, 'S');
	saved();
	must(getsid(member) == leader, "its session");
	kill(member, SIGKILL);
	must(waitpid(member, NULL, 0) == member, "waitpid");
}

/* As a daemon: forked twice, and adopted by the job's first process. */
static void daemon_detached(void)
{
	pid_t first = fork(), daemon = 0;

	if (first == 0) {
		setsid();
		daemon = fork();
		if (daemon > 0)
			_exit(0);
		close(open(in_workdir("runs"), O_CREAT | O_WRONLY, 0600));
		saved();
		must(getsid(0) != getpid(), "its session");
		close(open(in_workdir("done"), O_CREAT | O_WRONLY, 0600));
		_exit(0);
	}
	must(waitpid(first, NULL, 0) == first, "waitpid");
	while (access(in_workdir("runs"), F_OK) < 0)
		usleep(10000);
	saved();
	for (int i = 0; i < 500 && access(in_workdir("done"), F_OK) < 0; i++)
		usleep(20000);
	must(access(in_workdir("done"), F_OK) == 0, "its end");
}

static void session_own(void)
{
	pid_t pid = child();

	if (pid == 0) {
		setsid();
		saved();
		must(getsid(0) == getpid() && getpgrp() == getpid(), "its session");
		_exit(0);
	}
	wait_state(pid, 'S');
	saved();
	ended_well(pid);
}

static void tree_deep(void)
{
	for (int depth = 0; depth < 30; depth++) {
		pid_t pid = child();

		if (pid == 0)
			continue;
		if (depth > 0) {
			saved();
			ended_well(pid);
			_exit(0);
		}
		usleep(500000);
		saved();
		ended_well(pid);
		return;
	}
	saved();
	_exit(0);
}

static void stopped(void)
{
	pid_t pid = child();

	if (pid == 0) {
		raise(SIGSTOP);
		_exit(0);
	}
	must(waitpid(pid, NULL, WUNTRACED) == pid, "it stops");
	saved();
	wait_state(pid, 'T');
	kill(pid, SIGCONT);
	ended_well(pid);
}

static void *thread_waits(void *arg)
{
	while (!*(volatile int *)arg)
		usleep(10000);
	return (void *)77L;
}

static void thread_of_main_ended(void)
{
	static volatile int go;
	pthread_t thread;
	pid_t pid = child();

	if (pid == 0) {
		pthread_create(&thread, NULL, thread_waits, (void *)&go);
		pthread_exit(NULL);
	}
	wait_state(pid, 'Z');
	saved();
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
}

static void threads(void)
{
	static volatile int go;
	pthread_t all[20];
	void *result;

	for (int i = 0; i < 20; i++)
		must(pthread_create(&all[i], NULL, thread_waits, (void *)&go) == 0,
		     "thread");
	saved();
	go = 1;
	for (int i = 0; i < 20; i++) {
		must(pthread_join(all[i], &result) == 0, "pthread_join");
		must(result == (void *)77L, "its result");
	}
}

static pthread_mutex_t *shared_mutex(void)
{
	pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(mutex, &attr);
	return mutex;
}

static void mutex_robust(void)
{
	pthread_mutex_t *mutex = shared_mutex();
	pid_t pid = child();

	if (pid == 0) {
		pthread_mutex_lock(mutex);
		pause();
		_exit(0);
	}
	wait_state(pid, 'S');
	saved();
	must(pthread_mutex_trylock(mutex) == EBUSY, "it is locked");
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
	must(pthread_mutex_lock(mutex) == EOWNERDEAD, "its owner is dead");
}

static void traced(void)
{
	pid_t pid = child();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	must(waitpid(pid, NULL, 0) == pid, "it stops");
	saved();
	ptrace(PTRACE_CONT, pid, 0, 0);
	ended_well(pid);
}

static void undumpable(void)
{
	must(prctl(PR_SET_DUMPABLE, 0) == 0, "PR_SET_DUMPABLE");
	saved();
	must(prctl(PR_GET_DUMPABLE) == 0, "PR_GET_DUMPABLE");
}

static void program_unreadable(void)
{
	char *copy = strdup(in_workdir("program")), *command;
	pid_t pid;

	must(asprintf(&command, "cp /bin/sleep %s && chmod 711 %s && chmod 111 %s", copy,
		      copy, copy) > 0,
	     "a command");
	must(system(command) == 0, "a copy");
	pid = child();
	if (pid == 0) {
		execl(copy, "unreadable", "1000", NULL);
		_exit(1);
	}
	usleep(200000);
	wait_state(pid, 'S');
	saved();
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
	unlink(copy);
}

static void program_removed(void)
{
	char *copy = strdup(in_workdir("program")), *command;
	pid_t pid;

	must(asprintf(&command, "cp /bin/sleep %s", copy) > 0, "a command");
	must(system(command) == 0, "a copy");
	pid = child();
	if (pid == 0) {
		execl(copy, "removed", "1000", NULL);
		_exit(1);
	}
	usleep(200000);
	wait_state(pid, 'S');
	unlink(copy);
	saved();
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
}

static int idle(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

static void cloned(int flags)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(idle, stack + sizeof(stack), flags | SIGCHLD, NULL);

	must(pid > 0, "clone");
	wait_state(pid, 'S');
	saved();
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
}

static void shares_memory(void)
{
	cloned(CLONE_VM);
}

static void shares_files(void)
{
	cloned(CLONE_FILES);
}

static void shares_directory(void)
{
	cloned(CLONE_FS);
}

static void shares_handlers(void)
{
	cloned(CLONE_VM | CLONE_SIGHAND);
}

static void in_namespace(int flags)
{
	pid_t pid = child();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER | flags) < 0)
			_exit(2);
		close(open(in_workdir("in"), O_CREAT | O_WRONLY, 0600));
		idle(NULL);
	}
	while (access(in_workdir("in"), F_OK) < 0) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			skip("no such namespace");
		usleep(10000);
	}
	saved();
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
	unlink(in_workdir("in"));
}

static void namespace_user(void)
{
	in_namespace(0);
}

static void namespace_mount(void)
{
	in_namespace(CLONE_NEWNS);
}

static void namespace_net(void)
{
	in_namespace(CLONE_NEWNET);
}

static void namespace_uts(void)
{
	in_namespace(CLONE_NEWUTS);
}

static void namespace_ipc(void)
{
	in_namespace(CLONE_NEWIPC);
}

static void namespace_cgroup(void)
{
	in_namespace(CLONE_NEWCGROUP);
}

static void seccomp_strict(void)
{
	pid_t pid = child();

	if (pid == 0) {
		if (prctl(PR_SET_SECCOMP, 1) < 0)
			_exit(2);
		for (;;)
			;
	}
	usleep(200000);
	if (waitpid(pid, NULL, WNOHANG) == pid)
		skip("no seccomp");
	saved();
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
}

/* ---- signals and timers ---- */

static volatile sig_atomic_t heard;
static int values[8];

static void hear(int signum, siginfo_t *info, void *context)
{
	(void)context;
	if (heard < 8)
		values[heard] =
			signum == SIGCHLD ? info->si_status : info->si_value.sival_int;
	heard++;
}

static void handle(int signum)
{
	struct sigaction action = { .sa_sigaction = hear, .sa_flags = SA_SIGINFO };

	must(sigaction(signum, &action, NULL) == 0, "sigaction");
}

static void signals_queued(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	handle(SIGRTMIN + 2);
	for (int i = 1; i <= 3; i++)
		must(sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ i * 11 }) == 0,
		     "sigqueue");
	saved();
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	errno = 0;
	must(heard == 3 && values[0] == 11 && values[2] == 33, "signals in order");
}

static void signals_of_thread(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	handle(SIGUSR2);
	pthread_kill(pthread_self(), SIGUSR2);
	saved();
	must(heard == 0, "it is blocked");
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	must(heard == 1, "it comes");
}

static void timer_interval(void)
{
	struct itimerval every = { .it_interval.tv_usec = 50000,
				   .it_value.tv_usec = 50000 };
	int before;

	handle(SIGALRM);
	must(setitimer(ITIMER_REAL, &every, NULL) == 0, "setitimer");
	saved();
	before = heard;
	for (int i = 0; i < 200 && heard < before + 3; i++)
		usleep(50000);
	must(heard >= before + 3, "it continues");
}

static void timer_cpu(void)
{
	struct itimerval every = { .it_interval.tv_usec = 20000,
				   .it_value.tv_usec = 20000 };
	time_t end;
	int before;

	handle(SIGPROF);
	must(setitimer(ITIMER_PROF, &every, NULL) == 0, "setitimer");
	saved();
	before = heard;
	end = time(NULL) + 20;
	while (heard < before + 3 && time(NULL) < end)
		;
	must(heard >= before + 3, "it continues");
}

static void timer_posix_of(clockid_t clock)
{
	struct itimerspec every = { .it_interval.tv_nsec = 50000000,
				    .it_value.tv_nsec = 50000000 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGRTMIN + 1 };
	timer_t timer;
	int before;

	event.sigev_value.sival_int = 4711;
	handle(SIGRTMIN + 1);
	must(timer_create(clock, &event, &timer) == 0, "timer_create");
	must(timer_settime(timer, 0, &every, NULL) == 0, "timer_settime");
	saved();
	before = heard;
	for (int i = 0; i < 200 && heard < before + 3; i++)
		usleep(50000);
	must(heard >= before + 3, "it continues");
	must(values[0] == 4711, "its value");
}

static void timer_posix(void)
{
	timer_posix_of(CLOCK_MONOTONIC);
}

static void timer_posix_realtime(void)
{
	timer_posix_of(CLOCK_REALTIME);
}

static volatile int notified;

static void notify(union sigval value)
{
	notified += value.sival_int;
}

static void timer_posix_thread(void)
{
	struct itimerspec every = { .it_interval.tv_nsec = 50000000,
				    .it_value.tv_nsec = 50000000 };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD,
				  .sigev_notify_function = notify,
				  .sigev_value.sival_int = 1 };
	timer_t timer;
	int before;

	must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
	must(timer_settime(timer, 0, &every, NULL) == 0, "timer_settime");
	saved();
	before = notified;
	for (int i = 0; i < 200 && notified < before + 3; i++)
		usleep(50000);
	must(notified >= before + 3, "it continues");
}

static void timer_alarm_one(void)
{
	handle(SIGALRM);
	alarm(1000);
	saved();
	must(alarm(0) > 900, "what is left of it");
}

const struct kind kinds_processes[] = {
	{ "zombie", zombie, RIGHT, NULL },
	{ "zombie_killed", zombie_killed, RIGHT, NULL },
	{ "zombie_leads_group", zombie_leads_group, RIGHT, NULL },
	{ "group_without_leader", group_without_leader, RIGHT, NULL },
	{ "session_without_leader", session_without_leader, REFUSED, "session" },
	{ "daemon_detached", daemon_detached, RIGHT, NULL },
	{ "session_own", session_own, RIGHT, NULL },
	{ "tree_deep", tree_deep, RIGHT, NULL },
	{ "stopped", stopped, RIGHT, NULL },
	{ "thread_of_main_ended", thread_of_main_ended, REFUSED, "first thread" },
	{ "threads", threads, RIGHT, NULL },
	{ "mutex_robust", mutex_robust, RIGHT, NULL },
	{ "traced", traced, REFUSED, "traced" },
	{ "undumpable", undumpable, REFUSED, "does not let itself be looked into" },
	{ "program_unreadable", program_unreadable, REFUSED, "executed and not read" },
	{ "program_removed", program_removed, REFUSED, "was removed" },
	{ "shares_memory", shares_memory, REFUSED, "share their memory" },
	{ "shares_files", shares_files, RIGHT, NULL },
	{ "shares_directory", shares_directory, REFUSED,
	  "share their working directory" },
	{ "shares_handlers", shares_handlers, REFUSED, "share their memory" },
	{ "namespace_user", namespace_user, REFUSED, "namespace" },
	{ "namespace_mount", namespace_mount, REFUSED, "namespace" },
	{ "namespace_net", namespace_net, REFUSED, "namespace" },
	{ "namespace_uts", namespace_uts, REFUSED, "namespace" },
	{ "namespace_ipc", namespace_ipc, REFUSED, "namespace" },
	{ "namespace_cgroup", namespace_cgroup, REFUSED, "namespace" },
	{ "seccomp_strict", seccomp_strict, REFUSED, "seccomp" },
	{ "signals_queued", signals_queued, RIGHT, NULL },
	{ "signals_of_thread", signals_of_thread, RIGHT, NULL },
	{ "timer_interval", timer_interval, RIGHT, NULL },
	{ "timer_cpu", timer_cpu, RIGHT, NULL },
	{ "timer_posix", timer_posix, RIGHT, NULL },
	{ "timer_posix_realtime", timer_posix_realtime, RIGHT, NULL },
	{ "timer_posix_thread", timer_posix_thread, RIGHT, NULL },
	{ "timer_alarm_one", timer_alarm_one, RIGHT, NULL },
	{ NULL, NULL, RIGHT, NULL },
};
