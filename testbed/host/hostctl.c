/* hostctl run PID USER COMMAND...: COMMAND on the host whose process 1 is PID,
 *     with this program's stdin, stdout and stderr; signals are passed on, and
 *     this program ends with the command's exit status.
 * hostctl poweroff PID: every process of that host is gone when this ends. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol.h"

#define POWEROFF_MS 60000 /* a process in an uninterruptible wait may take its time */

static _Noreturn void die (const char *what)
{
	fprintf (stderr, "testbed: %s: %s\n", what, strerror (errno));
	exit (STATUS_TESTBED);
}

/* So that a caller with closed descriptors does not end up with the socket as
 * the command's stdin. */
static void fill_stdio (void)
{
	int fd;

	do
		fd = open ("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3);
	close (fd);
}

static int connect_to (const char *pid)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf (address.sun_path, sizeof (address.sun_path), "/proc/%s/root" HOST_SOCKET, pid);
	if (fd < 0 || connect (fd, (struct sockaddr *)&address, sizeof (address)) < 0)
		die ("the host does not answer");
	return fd;
}

static int watch_signals (void)
{
	static const int passed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
	sigset_t set;

	sigemptyset (&set);
	for (size_t i = 0; i < sizeof (passed_on) / sizeof (int); i++) {
		struct sigaction action;
		sigaction (passed_on[i], NULL, &action);
		if (action.sa_handler != SIG_IGN) /* as by nohup, or `run ... &` */
			sigaddset (&set, passed_on[i]);
	}
	sigprocmask (SIG_BLOCK, &set, NULL);
	return signalfd (-1, &set, SFD_CLOEXEC);
}

static void send_request (int fd, const struct host_request *request)
{
	static const int stdio[3] = { 0, 1, 2 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE (sizeof (stdio))];
	} control = { .header = { .cmsg_len = CMSG_LEN (sizeof (stdio)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec data = { (void *)request, sizeof (*request) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof (control),
	};

	memcpy (CMSG_DATA (&control.header), stdio, sizeof (stdio));
	if (sendmsg (fd, &message, MSG_NOSIGNAL) != sizeof (*request))
		die ("the host does not listen");
}

static void send_strings (int fd, char **strings)
{
	for (; *strings; strings++) {
		const char *rest = *strings;
		size_t size = strlen (rest) + 1;
		while (size > 0) {
			ssize_t count = send (fd, rest, size, MSG_NOSIGNAL);
			if (count < 0)
				die ("the host does not listen");
			rest += count;
			size -= (size_t)count;
		}
	}
}

static int run (const char *pid, char **strings)
{
	struct host_request request = { 0 };
	int signals = watch_signals ();
	int fd = connect_to (pid);
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };

	for (char **string = strings; *string; string++) {
		request.strings_size += (uint32_t)strlen (*string) + 1;
		request.strings_count++;
	}
	send_request (fd, &request);
	send_strings (fd, strings);
	while (poll (fds, 2, -1) > 0 || errno == EINTR) {
		if (fds[0].revents) {
			int status;
			if (recv (fd, &status, sizeof (status), MSG_WAITALL) == sizeof (status))
				return status;
			break;
		}
		if (fds[1].revents) {
			struct signalfd_siginfo info;
			unsigned char number;
			if (read (signals, &info, sizeof (info)) != sizeof (info))
				break;
			number = (unsigned char)info.ssi_signo;
			send (fd, &number, 1, MSG_NOSIGNAL);
		}
	}
	fputs ("testbed: the host died\n", stderr);
	return STATUS_TESTBED;
}

/* The kernel lets process 1 of a pid namespace end only when all others have,
 * so its end is theirs. */
static int poweroff (const char *pid)
{
	struct pollfd process = { .events = POLLIN };

	process.fd = (int)syscall (SYS_pidfd_open, atoi (pid), 0);
	if (process.fd < 0 && errno == ESRCH)
		return 0;
	if (process.fd < 0 || syscall (SYS_pidfd_send_signal, process.fd, SIGKILL, NULL, 0) < 0)
		die ("cannot kill the host");
	if (poll (&process, 1, POWEROFF_MS) != 1) {
		fprintf (stderr, "testbed: processes of the host %s do not die\n", pid);
		return STATUS_TESTBED;
	}
	return 0;
}

int main (int argc, char **argv)
{
	fill_stdio ();
	if (argc >= 5 && strcmp (argv[1], "run") == 0)
		return run (argv[2], argv + 3);
	if (argc == 3 && strcmp (argv[1], "poweroff") == 0)
		return poweroff (argv[2]);
	fputs ("usage: hostctl run PID USER COMMAND... | poweroff PID\n", stderr);
	return STATUS_TESTBED;
}
