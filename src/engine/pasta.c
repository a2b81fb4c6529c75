// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/pasta.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"
#include "engine/network.h"

#define DEADLINE_MS 10000 /* it takes some 20 */

char *pasta_find(void)
{
	cleanup_free char *path = path_find("pasta");

	return path && strchr(path, '/') && access(path, X_OK) == 0 ? take_ptr(path)
								    : NULL;
}

/* Its exit status; -1 if it did not end in time. */
static int wait_for(pid_t pid)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };
	int status;
	bool ended = pidfd >= 0 && poll(&fd, 1, DEADLINE_MS) > 0;

	if (!ended)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The first line of what it has said. */
static int explain(int out, int status, struct error *e)
{
	char text[512];
	ssize_t n = pread(out, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (status < 0)
		return error_set(e, "pasta did not connect the job's network in time");
	return error_set(e, "pasta: %s", text[0] ? text : "failed without saying why");
}

/* Nothing is passed in from the host: what the job listens at is for itself. */
int pasta_start(const struct sandbox *sb, struct error *e)
{
	cleanup_free char *pasta = pasta_find();
	cleanup_free char *netns = str_printf("/proc/%d/ns/net", SANDBOX_ANCHOR);
	cleanup_close int out = memfd_create("pasta", MFD_CLOEXEC);
	char *argv[] = { pasta,
			 (char *)"--quiet",
			 (char *)"--config-net",
			 (char *)"--ipv4-only",
			 (char *)"--netns-only",
			 (char *)"--netns",
			 netns,
			 (char *)"--no-netns-quit",
			 (char *)"--ns-ifname=job0",
			 (char *)"--address=" NETWORK_ADDRESS,
			 (char *)"--netmask=24",
			 (char *)"--gateway=" NETWORK_GATEWAY,
			 (char *)"--no-map-gw",
			 (char *)"--tcp-ports=none",
			 (char *)"--udp-ports=none",
			 (char *)"--tcp-ns=none",
			 (char *)"--udp-ns=none",
			 NULL };
	char *envp[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	struct sandbox_program program;
	pid_t pid;
	int status;

	if (!pasta)
		return error_set(e, "pasta is not installed on this node");
	if (!netns || out < 0)
		return error_sys(e, "pasta");
	program = (struct sandbox_program){ .argv = argv, .envp = envp, .out = out };
	pid = sandbox_exec(sb, SANDBOX_BESIDE, &program, e);
	if (pid < 0)
		return -1;
	status = wait_for(pid);
	return status == 0 ? 0 : explain(out, status, e);
}
