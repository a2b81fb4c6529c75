// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dmtcp-ids.so, which dmtcp_launch loads into every process of a job, before its own
 * libraries: gives each process a name of its own.
 *
 * DMTCP numbers what a process opens, and puts the process's name before that; so it
 * names the socket at which a restored process waits for others. A process that was
 * forked, and executes nothing, has no name in DMTCP 4.2.0 (ProcessInfo::resetOnFork),
 * nor in the sources after it. So what is opened by two subshells of one script has the
 * same name, and DMTCP mixes it up when they are restored: it ends them with an
 * assertion, or they wait for one another for ever. Who names something asks these two
 * functions, by way of the dynamic linker, so they can be had here. They do not ask
 * DMTCP's own, which would remember the name that it has not got yet.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

/* DMTCP's DmtcpUniqueProcessId, as it is from 3.1.2 on. */
struct process_name {
	uint64_t host; /* 0: a job has one */
	uint64_t time; /* ns */
	pid_t pid;
	uint32_t generation; /* 0 but for the coordinator's */
};

EXPORTED struct process_name dmtcp_get_uniquepid(void);
EXPORTED const char *dmtcp_get_uniquepid_str(void);

/*
 * The same as long as the process lives, also when it has been restored. The pid is
 * DMTCP's, which no other process of the job has at the time, on whichever node.
 */
struct process_name dmtcp_get_uniquepid(void)
{
	static struct process_name name;
	const pid_t pid = getpid();

	if (name.pid != pid) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		name.time = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
		name.pid = pid;
	}
	return name;
}

/* In a buffer of the process's: host, pid and time. */
const char *dmtcp_get_uniquepid_str(void)
{
	static char text[64];
	const struct process_name name = dmtcp_get_uniquepid();

	snprintf(text, sizeof(text), "%" PRIx64 "-%d-%" PRIx64, name.host, name.pid,
		 name.time);
	return text;
}
