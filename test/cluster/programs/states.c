/*
 * states.c - kinds of state of a process or thread that programs set and hardly anybody
 * looks at: set here, and written to the file "state.1", a line each; again to "state.2"
 * when the file "again" is there. doc/compatibility.md has what is saved of them, and by
 * whom.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA	     0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#define KEYCTL_GET_KEYRING_ID 0
#define KEYCTL_JOIN_SESSION   1
#define SPEC_ALL_SPECULATION  0

static FILE *out;
static char *area; /* pages with advice of their own */
static long page;
static pthread_t other;
static timer_t timer;

static void say(const char *kind, long value)
{
	fprintf(out, "%s %ld\n", kind, value);
}

static void say_line(const char *kind, const char *path)
{
	char line[256] = "?";
	FILE *f = fopen(path, "r");

	if (f) {
		(void)!fgets(line, sizeof(line), f);
		fclose(f);
	}
	line[strcspn(line, "\n")] = '\0';
	fprintf(out, "%s %s\n", kind, line);
}

static void put_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	(void)!write(fd, text, strlen(text));
	close(fd);
}

/* VmFlags of a page of the area, and whether it has a name. */
static void say_mapping(const char *kind, const char *at)
{
	char line[512], start[64];
	FILE *f = fopen("/proc/self/smaps", "r");
	int here = 0;

	snprintf(start, sizeof(start), "%lx-", (unsigned long)at);
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, start, strlen(start)) == 0) {
			here = 1;
			if (strstr(line, "[anon:"))
				fprintf(out, "%s-name %s\n", kind,
					strstr(line, "[anon:"));
		} else if (here && strncmp(line, "VmFlags:", 8) == 0) {
			fprintf(out, "%s %s\n", kind, line + 8);
			break;
		}
	}
	if (f)
		fclose(f);
}

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static void say_attr(void)
{
	struct attr a = { 0 };

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) < 0)
		return;
	say("sched-policy", a.policy);
	say("sched-reset-on-fork", (long)a.flags & 1);
	say("sched-slice", (long)a.runtime);
	say("nice", a.nice);
}

static void set_attr(void)
{
	struct attr a = {
		.size = sizeof(a), .policy = SCHED_BATCH, .flags = 1, .nice = 3
	};

	a.runtime = 20000000;
	if (syscall(SYS_sched_setattr, 0, &a, 0) < 0)
		perror("sched_setattr");
}

static void say_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	say("umask", mask);
}

static void say_pending(void)
{
	sigset_t set;

	sigpending(&set);
	say("pending-signal", sigismember(&set, SIGUSR1));
	say("pending-rt-signal", sigismember(&set, SIGRTMIN + 3));
}

static int landlocked(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0;
}

static long cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
}

static void tell(const char *name)
{
	struct itimerspec left = { 0 };
	struct itimerval real = { 0 };
	struct rlimit limit;
	char text[64] = "";
	stack_t stack;
	int value = 0;

	out = fopen(name, "w");
	say("personality", personality(0xffffffff));
	say_line("oom_score_adj", "/proc/self/oom_score_adj");
	say_line("autogroup", "/proc/self/autogroup");
	say_attr();
	say("thp-disable", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	prctl(PR_GET_NAME, text);
	fprintf(out, "name %s\n", text);
	pthread_getname_np(other, text, sizeof(text));
	fprintf(out, "thread-name %s\n", text);
	prctl(PR_GET_PDEATHSIG, &value);
	say("pdeathsig", value);
	say("keepcaps", prctl(PR_GET_KEEPCAPS));
	say("no-new-privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	say("securebits", prctl(PR_GET_SECUREBITS));
	say("dumpable", prctl(PR_GET_DUMPABLE));
	prctl(PR_GET_CHILD_SUBREAPER, &value);
	say("subreaper", value);
	say("mdwe", prctl(PR_GET_MDWE, 0, 0, 0, 0));
	say("memory-merge", prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0));
	say("speculation", prctl(PR_GET_SPECULATION_CTRL, SPEC_ALL_SPECULATION, 0, 0, 0));
	prctl(PR_GET_TSC, &value);
	say("tsc", value);
	say_umask();
	sigaltstack(NULL, &stack);
	say("altstack", (long)stack.ss_size);
	getrlimit(RLIMIT_CORE, &limit);
	say("rlimit-core", (long)limit.rlim_cur);
	timer_gettime(timer, &left);
	say("timer", left.it_interval.tv_sec);
	getitimer(ITIMER_REAL, &real);
	say("itimer", real.it_interval.tv_sec);
	say_pending();
	say("membarrier",
	    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
	say("cpu-time", cpu_seconds());
	say("session-keyring", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 0) > 0);
	say_mapping("advice-0", area);
	say_mapping("advice-1", area + 2 * page);
	say_mapping("advice-2", area + 4 * page);
	say_mapping("advice-3", area + 6 * page);
	say_mapping("advice-4", area + 8 * page);
	say_mapping("locked", area + 10 * page);
	say("landlock", landlocked());
	fclose(out);
}

static void burn(void)
{
	while (cpu_seconds() < 1)
		;
}

static void lock_away(void)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs =
			LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_READ_FILE
	};
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE
	};
	static const char *const open_dirs[] = { ".", "/proc", "/usr", "/lib", "/tmp" };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	for (int i = 0; i < 5 && ruleset >= 0; i++) {
		beneath.parent_fd = open(open_dirs[i], O_PATH | O_CLOEXEC);
		syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
			&beneath, 0);
		close(beneath.parent_fd);
	}
	if (ruleset < 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		perror("landlock");
	close(ruleset);
}

static void *idle(void *arg)
{
	pthread_setname_np(pthread_self(), "the-other");
	for (;;)
		pause();
	return arg;
}

static void set(int with_landlock)
{
	struct itimerspec when = { .it_interval.tv_sec = 500, .it_value.tv_sec = 1000 };
	struct itimerval real = { .it_interval.tv_sec = 600, .it_value.tv_sec = 1000 };
	struct rlimit core = { .rlim_cur = 12345, .rlim_max = 23456 };
	static char altstack[65536];
	stack_t stack = { .ss_sp = altstack, .ss_size = sizeof(altstack) };
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigaddset(&blocked, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	pthread_create(&other, NULL, idle, NULL);
	kill(getpid(), SIGUSR1);
	pthread_kill(pthread_self(), SIGRTMIN + 3);
	personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC * 0);
	put_line("/proc/self/oom_score_adj", "321");
	put_line("/proc/self/autogroup", "5");
	set_attr();
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "the-first");
	prctl(PR_SET_PDEATHSIG, SIGHUP);
	prctl(PR_SET_KEEPCAPS, 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0);
	prctl(PR_SET_SPECULATION_CTRL, SPEC_ALL_SPECULATION, PR_SPEC_DISABLE, 0, 0);
	umask(0137);
	sigaltstack(&stack, NULL);
	setrlimit(RLIMIT_CORE, &core);
	timer_create(CLOCK_MONOTONIC, &none, &timer);
	timer_settime(timer, 0, &when, NULL);
	setitimer(ITIMER_REAL, &real, NULL);
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION, "of-this-job");
	page = sysconf(_SC_PAGESIZE);
	area = mmap(NULL, 12 * (size_t)page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(area, (size_t)page, MADV_DONTFORK);
	madvise(area + 2 * page, (size_t)page, MADV_DONTDUMP);
	madvise(area + 4 * page, (size_t)page, MADV_WIPEONFORK);
	madvise(area + 6 * page, (size_t)page, MADV_SEQUENTIAL);
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, area + 8 * page, page, "named");
	mlock(area + 10 * page, (size_t)page);
	prctl(PR_SET_MDWE, 1, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (with_landlock)
		lock_away();
	burn();
}

int main(int argc, char **argv)
{
	set(argc > 1 && !strcmp(argv[1], "landlock"));
	tell("state.1");
	while (access("again", F_OK) < 0)
		usleep(100000);
	tell("state.2");
	return 0;
}
