/*
 * tasks.c - each of its threads has a state of its own, and a line a tick says what they
 * are: it is the same in every line, whatever happened to the job in between.
 *
 * CPUs are told by their place among those of the first thread, which may use all. Memory
 * policies are told in a file of their own, memory.out.
 */
#define _GNU_SOURCE
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS		    3
#define IOPRIO(class, data) ((class) << 13 | (data))

static pthread_barrier_t asked, told;
static char lines[THREADS][256], memory[THREADS][64];
static cpu_set_t all;

static void must(int holds, const char *what)
{
	if (!holds) {
		perror(what);
		exit(1);
	}
}

static int cpu_at(int place)
{
	place %= CPU_COUNT(&all);
	for (int cpu = 0;; cpu++) {
		if (CPU_ISSET(cpu, &all) && place-- == 0)
			return cpu;
	}
}

static void places(char *text)
{
	cpu_set_t mine;
	int place = 0;

	sched_getaffinity(0, sizeof(mine), &mine);
	sched_getaffinity(getpid(), sizeof(all), &all);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		if (CPU_ISSET(cpu, &mine))
			text += sprintf(text, "%d,", place);
		place++;
	}
}

static void tell(int n)
{
	unsigned long nodes = 0;
	char cpus[128] = "";
	int mode = -1;

	places(cpus);
	must(syscall(SYS_get_mempolicy, &mode, &nodes, 64UL, 0UL, 0UL) == 0,
	     "get_mempolicy");
	sprintf(lines[n], "cpus=%s io=%ld slack=%d nice=%d policy=%d", cpus,
		syscall(SYS_ioprio_get, 1, 0), prctl(PR_GET_TIMERSLACK),
		getpriority(PRIO_PROCESS, 0), sched_getscheduler(0));
	sprintf(memory[n], "%d:%lx", mode, nodes);
}

static void become(int n)
{
	const unsigned long node = 1;
	struct sched_param none = { 0 };
	cpu_set_t mine;

	CPU_ZERO(&mine);
	CPU_SET(cpu_at(n), &mine);
	must(sched_setaffinity(0, sizeof(mine), &mine) == 0, "sched_setaffinity");
	must(syscall(SYS_ioprio_set, 1, 0, n == 0 ? IOPRIO(2, 7) : IOPRIO(3, 0)) == 0,
	     "ioprio_set");
	must(prctl(PR_SET_TIMERSLACK, 1000000 * (n + 1)) == 0, "prctl");
	must(syscall(SYS_set_mempolicy, n == 0 ? MPOL_BIND : MPOL_INTERLEAVE, &node,
		     64UL) == 0,
	     "set_mempolicy");
	must(setpriority(PRIO_PROCESS, 0, 5 + n) == 0, "setpriority");
	must(sched_setscheduler(0, n == 0 ? SCHED_BATCH : SCHED_OTHER, &none) == 0,
	     "sched_setscheduler");
}

static void *thread(void *arg)
{
	const int n = (int)(long)arg;

	if (n < THREADS - 1)
		become(n); /* the last is as the first */
	for (;;) {
		pthread_barrier_wait(&asked);
		tell(n);
		pthread_barrier_wait(&told);
	}
	return NULL;
}

static void put_filter(const char *filter)
{
	FILE *f = fopen("/proc/self/coredump_filter", "w");

	must(f && fputs(filter, f) >= 0 && fclose(f) == 0, "coredump_filter");
}

static void get_filter(char *text, int size)
{
	FILE *f = fopen("/proc/self/coredump_filter", "r");

	must(f && fgets(text, size, f) && fclose(f) == 0, "coredump_filter");
	text[strcspn(text, "\n")] = '\0';
}

int main(void)
{
	FILE *m = fopen("memory.out", "a");
	char filter[32];
	pthread_t id;

	must(m != NULL, "memory.out");
	setlinebuf(stdout);
	setlinebuf(m);
	sched_getaffinity(0, sizeof(all), &all);
	put_filter("0x7f");
	pthread_barrier_init(&asked, NULL, THREADS + 1);
	pthread_barrier_init(&told, NULL, THREADS + 1);
	for (long n = 0; n < THREADS; n++)
		must(pthread_create(&id, NULL, thread, (void *)n) == 0, "pthread_create");
	while (access("over", F_OK) < 0) {
		pthread_barrier_wait(&asked);
		pthread_barrier_wait(&told);
		get_filter(filter, sizeof(filter));
		printf("filter=%s", filter);
		for (int n = 0; n < THREADS; n++)
			printf(" | %s", lines[n]);
		putchar('\n');
		fprintf(m, "%s %s %s\n", memory[0], memory[1], memory[2]);
		usleep(100000);
	}
	return 0;
}
