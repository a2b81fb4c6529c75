/* hostctl run PID USER COMMAND...: COMMAND on the host whose process 1 is PID,
 *     with this program's stdin, stdout and stderr; signals are passed on, and
 *     this program ends with the command's exit status.
 * hostctl poweroff PID: every process of that host is gone when this ends. */
#include <poll.h>
#include <sys/syscall.h>

#include "client.h"

#define POWEROFF_MS 60000 /* a process in an uninterruptible wait may take its time */

static int connect_to_host(const char *pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/root" HOST_SOCKET, pid);
	if ((fd = connect_to(path)) < 0)
		die("the host does not answer");
	return fd;
}

static void send_command(int fd, char **strings)
{
	static const int stdio[3] = { 0, 1, 2 };
	struct host_request request = { 0 };
	int failed;

	for (char **string = strings; *string; string++) {
		request.strings_size += (uint32_t)strlen(*string) + 1;
		request.strings_count++;
	}
	failed = send_request(fd, &request, stdio);
	for (; *strings && !failed; strings++)
		failed = send_all(fd, *strings, strlen(*strings) + 1);
	if (failed)
		die("the host does not listen");
}

static int run(const char *pid, char **strings)
{
	int signals = watch_signals();
	int fd = connect_to_host(pid);
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
				{ .fd = signals, .events = POLLIN } };

	send_command(fd, strings);
	while (poll(fds, 2, -1) > 0 || errno == EINTR) {
		if (fds[0].revents) {
			int status;
			if (recv(fd, &status, sizeof(status), MSG_WAITALL) ==
			    sizeof(status))
				return status;
			break;
		}
		if (fds[1].revents) {
			unsigned char number = next_signal(signals);
			if (number == 0)
				break;
			send(fd, &number, 1, MSG_NOSIGNAL);
		}
	}
	fputs("testbed: the host died\n", stderr);
	return STATUS_TESTBED;
}

/* The kernel lets process 1 of a pid namespace end only when all others have,
 * so its end is theirs. */
static int poweroff(const char *pid)
{
	struct pollfd process = { .events = POLLIN };

	process.fd = (int)syscall(SYS_pidfd_open, atoi(pid), 0);
	if (process.fd < 0 && errno == ESRCH)
		return 0;
	if (process.fd < 0 ||
	    syscall(SYS_pidfd_send_signal, process.fd, SIGKILL, NULL, 0) < 0)
		die("cannot kill the host");
	if (poll(&process, 1, POWEROFF_MS) != 1) {
		fprintf(stderr, "testbed: processes of the host %s do not die\n", pid);
		return STATUS_TESTBED;
	}
	return 0;
}

int main(int argc, char **argv)
{
	fill_stdio();
	if (argc >= 5 && strcmp(argv[1], "run") == 0)
		return run(argv[2], argv + 3);
	if (argc == 3 && strcmp(argv[1], "poweroff") == 0)
		return poweroff(argv[2]);
	fputs("usage: hostctl run PID USER COMMAND... | poweroff PID\n", stderr);
	return STATUS_TESTBED;
}
