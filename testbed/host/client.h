/* What the programs have in common that ask a hostinit to run a command: hostctl, on
 * the same kernel, and vmagent, in a machine, for vmctl outside. */
#ifndef TESTBED_CLIENT_H
#define TESTBED_CLIENT_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol.h"

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "testbed: %s: %s\n", what, strerror(errno));
	exit(STATUS_TESTBED);
}

/* So that a caller with closed descriptors does not end up with the socket as
 * the command's stdin. */
static inline void fill_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3);
	close(fd);
}

/* A descriptor that tells of the signals which are passed on to the command. */
static inline int watch_signals(void)
{
	static const int passed_on[] = { SIGHUP,  SIGINT,  SIGQUIT,
					 SIGTERM, SIGUSR1, SIGUSR2 };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(int); i++) {
		struct sigaction action;
		sigaction(passed_on[i], NULL, &action);
		if (action.sa_handler != SIG_IGN) /* as by nohup, or `run ... &` */
			sigaddset(&set, passed_on[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* The signal's number; 0 if it cannot be read. */
static inline unsigned char next_signal(int signals)
{
	struct signalfd_siginfo info;

	return read(signals, &info, sizeof(info)) == sizeof(info)
		       ? (unsigned char)info.ssi_signo
		       : 0;
}

/* A stream connected to a socket of the file system; -1 and errno. */
static inline int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	strcpy(address.sun_path, path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* 0 when all of it was sent. */
static inline int send_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t count = send(fd, data, size, MSG_NOSIGNAL);
		if (count < 0)
			return -1;
		data += count;
		size -= (size_t)count;
	}
	return 0;
}

/* The request's first part, with the command's stdio: 0 when it was sent. */
static inline int send_request(int fd, const struct host_request *request,
			       const int stdio[3])
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(3 * sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec data = { (void *)request, sizeof(*request) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.header), stdio, 3 * sizeof(int));
	return sendmsg(fd, &message, MSG_NOSIGNAL) == sizeof(*request) ? 0 : -1;
}

#endif
