/* Sockets: of the file system, of the internet, and of the kernel. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_alg.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kinds.h"

static char data[1 << 20], back[1 << 20];

static void hear_back(int fd, const char *text)
{
	ssize_t n = recv(fd, back, sizeof(back), 0);

	must(n >= 0, "recv");
	errno = 0;
	must((size_t)n == strlen(text) && memcmp(back, text, (size_t)n) == 0,
	     "what was received");
}

static void say(int fd, const char *text)
{
	must(send(fd, text, strlen(text), 0) == (ssize_t)strlen(text), "send");
}

/* ---- local ---- */

static void pair_of(int type)
{
	int fds[2];

	must(socketpair(AF_UNIX, type, 0, fds) == 0, "socketpair");
	say(fds[0], "before");
	saved();
	hear_back(fds[1], "before");
	say(fds[1], "after");
	hear_back(fds[0], "after");
}

static void unix_stream(void)
{
	pair_of(SOCK_STREAM);
}

static void unix_datagrams(void)
{
	pair_of(SOCK_DGRAM);
}

static void unix_packets(void)
{
	pair_of(SOCK_SEQPACKET);
}

static void unix_full(void)
{
	size_t sent = 0, have = 0;
	ssize_t n;
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0, "socketpair");
	fill(data, sizeof(data));
	while ((n = send(fds[0], data + sent, sizeof(data) - sent, 0)) > 0)
		sent += (size_t)n;
	saved();
	while (have < sent && (n = recv(fds[1], back + have, sent - have, 0)) > 0)
		have += (size_t)n;
	errno = 0;
	must(have == sent && is_filled(back, have), "all that was sent");
}

static void unix_half_closed(void)
{
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
	say(fds[0], "last");
	must(shutdown(fds[0], SHUT_WR) == 0, "shutdown");
	saved();
	hear_back(fds[1], "last");
	must(recv(fds[1], back, 1, 0) == 0, "the end");
	say(fds[1], "answer");
	hear_back(fds[0], "answer");
}

static void unix_no_peer(void)
{
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
	close(fds[0]);
	saved();
	must(recv(fds[1], back, 1, 0) == 0, "the end");
}

static void unix_options(void)
{
	struct timeval wait = { .tv_sec = 7 };
	socklen_t size = sizeof(int);
	int fds[2], value = 50000, on = 1, had = 0, has = 0;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
	must(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &value, sizeof(value)) == 0,
	     "SO_SNDBUF");
	must(setsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0,
	     "SO_PASSCRED");
	must(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0,
	     "SO_RCVTIMEO");
	getsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &had, &size);
	saved();
	getsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &has, &size);
	must(had == has, "SO_SNDBUF");
	getsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &has, &size);
	must(has == 1, "SO_PASSCRED");
	wait.tv_sec = 0;
	size = sizeof(wait);
	getsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &wait, &size);
	must(wait.tv_sec == 7, "SO_RCVTIMEO");
}

static void unix_descriptor_on_its_way(void)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	int fds[2], pipe_fds[2], passed;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 && pipe(pipe_fds) == 0,
	     "pair");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pipe_fds[1], sizeof(int));
	must(sendmsg(fds[0], &message, 0) == 1, "sendmsg");
	close(pipe_fds[1]);
	saved();
	must(recvmsg(fds[1], &message, 0) == 1, "recvmsg");
	c = CMSG_FIRSTHDR(&message);
	must(c && c->cmsg_type == SCM_RIGHTS, "a descriptor");
	memcpy(&passed, CMSG_DATA(c), sizeof(int));
	must(write(passed, "y", 1) == 1 && read(pipe_fds[0], &byte, 1) == 1, "its use");
}

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	must(strlen(path) < sizeof(at.sun_path), "a path that is short enough");
	strcpy(at.sun_path, path);
	return at;
}

static int listen_at(const char *path, int type)
{
	struct sockaddr_un at = address(path);
	int fd = socket(AF_UNIX, type, 0);

	must(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
	must(type == SOCK_DGRAM || listen(fd, 3) == 0, "listen");
	return fd;
}

static int connect_to(const char *path, int type)
{
	struct sockaddr_un at = address(path);
	int fd = socket(AF_UNIX, type, 0);

	must(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "connect");
	return fd;
}

static void listens_at(const char *path)
{
	int fd = listen_at(path, SOCK_STREAM), other, accepted;

	saved();
	other = connect_to(path, SOCK_STREAM);
	accepted = accept(fd, NULL, NULL);
	must(accepted >= 0, "accept");
	say(other, "hello");
	hear_back(accepted, "hello");
	unlink(path);
}

static void unix_listening_tmpdir(void)
{
	listens_at(in_tmpdir("s"));
}

static void unix_listening_shared(void)
{
	listens_at(in_workdir("s"));
}

static void unix_listening_relative(void)
{
	listens_at("relative.socket");
}

static void unix_connected(void)
{
	int fd = listen_at(in_tmpdir("s"), SOCK_STREAM);
	int other = connect_to(in_tmpdir("s"), SOCK_STREAM);
	int accepted = accept(fd, NULL, NULL);

	say(other, "before");
	saved();
	hear_back(accepted, "before");
	say(accepted, "after");
	hear_back(other, "after");
	close(other);
	other = connect_to(in_tmpdir("s"), SOCK_STREAM);
	must(accept(fd, NULL, NULL) >= 0, "another connection");
}

static void unix_unlinked(void)
{
	int fd = listen_at(in_tmpdir("s"), SOCK_STREAM);
	int other = connect_to(in_tmpdir("s"), SOCK_STREAM);
	int accepted = accept(fd, NULL, NULL);

	unlink(in_tmpdir("s"));
	saved();
	say(accepted, "after");
	hear_back(other, "after");
}

static void unix_not_accepted(void)
{
	int fd = listen_at(in_tmpdir("s"), SOCK_STREAM);
	int other = connect_to(in_tmpdir("s"), SOCK_STREAM), accepted;

	say(other, "before");
	saved();
	accepted = accept(fd, NULL, NULL);
	must(accepted >= 0, "accept");
	hear_back(accepted, "before");
}

static void unix_abstract(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t size;

	snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "kinds-%d-%ld", getpid(),
		 (long)getppid());
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   strlen(at.sun_path + 1));
	must(bind(fd, (struct sockaddr *)&at, size) == 0 && listen(fd, 1) == 0, "bind");
	saved();
	must(connect(other, (struct sockaddr *)&at, size) == 0, "connect");
}

static void datagrams_at(char *path)
{
	int fd = listen_at(path, SOCK_DGRAM), other = connect_to(path, SOCK_DGRAM);

	say(other, "before");
	saved();
	hear_back(fd, "before");
	say(other, "after");
	hear_back(fd, "after");
	close(other);
	other = connect_to(path, SOCK_DGRAM);
	say(other, "new");
	hear_back(fd, "new");
	unlink(path);
}

static void unix_datagrams_tmpdir(void)
{
	datagrams_at(strdup(in_tmpdir("s")));
}

static void unix_datagrams_tmp(void)
{
	char dir[] = "/tmp/kinds.XXXXXX", *path;

	must(mkdtemp(dir) && asprintf(&path, "%s/s", dir) > 0, "mkdtemp");
	datagrams_at(path);
	rmdir(dir);
}

static void unix_listening_tmp(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/kinds.%d.%ld", getpid(), random());
	listens_at(path);
}

/* ---- internet ---- */

static int bound(int family, int type)
{
	struct sockaddr_in at4 = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 at6 = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(family, type, 0);

	must(fd >= 0, "socket");
	if (family == AF_INET)
		must(bind(fd, (struct sockaddr *)&at4, sizeof(at4)) == 0, "bind");
	else
		must(bind(fd, (struct sockaddr *)&at6, sizeof(at6)) == 0, "bind");
	return fd;
}

static int connected(int to, int type)
{
	struct sockaddr_storage at;
	socklen_t size = sizeof(at);
	int fd;

	must(getsockname(to, (struct sockaddr *)&at, &size) == 0, "getsockname");
	fd = socket(at.ss_family, type, 0);
	must(connect(fd, (struct sockaddr *)&at, size) == 0, "connect");
	return fd;
}

static void udp_of(int family)
{
	int fd = bound(family, SOCK_DGRAM), other = connected(fd, SOCK_DGRAM);

	saved();
	say(other, "after");
	hear_back(fd, "after");
}

static void udp(void)
{
	udp_of(AF_INET);
}

static void udp6(void)
{
	udp_of(AF_INET6);
}

static void tcp_listening(void)
{
	int fd = bound(AF_INET, SOCK_STREAM), other, accepted;

	must(listen(fd, 5) == 0, "listen");
	saved();
	other = connected(fd, SOCK_STREAM);
	accepted = accept(fd, NULL, NULL);
	say(other, "hello");
	hear_back(accepted, "hello");
}

static void tcp6_listening(void)
{
	int fd = bound(AF_INET6, SOCK_STREAM);

	must(listen(fd, 5) == 0, "listen");
	saved();
	connected(fd, SOCK_STREAM);
	must(accept(fd, NULL, NULL) >= 0, "accept");
}

static void tcp_unused(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0,
	     "setsockopt");
	saved();
	must(listen(fd, 1) == 0, "listen");
}

static void tcp_bound(void)
{
	int fd = bound(AF_INET, SOCK_STREAM);

	saved();
	must(listen(fd, 1) == 0, "listen");
	connected(fd, SOCK_STREAM);
}

/* A connection within the job: for jobs with a network of their own. */
static void own_tcp_connected(void)
{
	int fd = bound(AF_INET, SOCK_STREAM), other, accepted;

	must(listen(fd, 5) == 0, "listen");
	other = connected(fd, SOCK_STREAM);
	accepted = accept(fd, NULL, NULL);
	say(other, "before");
	saved();
	hear_back(accepted, "before");
	say(accepted, "after");
	hear_back(other, "after");
}

/*
 * More than the receiver takes is sent: the rest is in the sender's queue. Each
 * byte follows from its place in the stream, however send() and recv() cut it.
 */
static void own_tcp_unsent(void)
{
	int fd = bound(AF_INET, SOCK_STREAM), other, accepted;
	size_t all = 0, have = 0, at, size;
	ssize_t n;

	must(listen(fd, 5) == 0, "listen");
	other = connected(fd, SOCK_STREAM);
	accepted = accept(fd, NULL, NULL);
	fcntl(other, F_SETFL, O_NONBLOCK);
	fill(data, sizeof(data));
	while (all < (64u << 20)) {
		at = all % sizeof(data);
		n = send(other, data + at, sizeof(data) - at, 0);
		if (n <= 0)
			break;
		all += (size_t)n;
	}
	saved();
	while (have < all) {
		at = have % sizeof(data);
		size = all - have < sizeof(back) ? all - have : sizeof(back);
		n = recv(accepted, back, size, 0);
		must(n > 0, "recv");
		errno = 0;
		for (ssize_t i = 0; i < n; i++)
			must(back[i] == data[(at + (size_t)i) % sizeof(data)],
			     "what was received");
		have += (size_t)n;
	}
}

static void own_tcp_not_accepted(void)
{
	int fd = bound(AF_INET, SOCK_STREAM), other, accepted;

	must(listen(fd, 5) == 0, "listen");
	other = connected(fd, SOCK_STREAM);
	saved();
	accepted = accept(fd, NULL, NULL);
	say(other, "hello");
	hear_back(accepted, "hello");
}

static void own_tcp_half_closed(void)
{
	int fd = bound(AF_INET, SOCK_STREAM), other, accepted;

	must(listen(fd, 5) == 0, "listen");
	other = connected(fd, SOCK_STREAM);
	accepted = accept(fd, NULL, NULL);
	say(other, "last");
	must(shutdown(other, SHUT_WR) == 0, "shutdown");
	saved();
	hear_back(accepted, "last");
	must(recv(accepted, back, 1, 0) == 0, "the end");
	say(accepted, "answer");
	hear_back(other, "answer");
}

static void own_tcp_options(void)
{
	int fd = bound(AF_INET, SOCK_STREAM), other, accepted, on = 1, value;
	socklen_t size = sizeof(value);

	must(listen(fd, 5) == 0, "listen");
	other = connected(fd, SOCK_STREAM);
	accepted = accept(fd, NULL, NULL);
	must(setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0,
	     "NODELAY");
	must(setsockopt(other, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == 0,
	     "KEEPALIVE");
	saved();
	must(getsockopt(other, IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0 && value,
	     "TCP_NODELAY");
	must(getsockopt(other, SOL_SOCKET, SO_KEEPALIVE, &value, &size) == 0 && value,
	     "SO_KEEPALIVE");
	say(accepted, "x");
	hear_back(other, "x");
}

static void tcp_connected(void)
{
	own_tcp_connected();
}

/* ---- the kernel's ---- */

static void netlink_route(void)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	must(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
	saved();
	must(getsockname(fd, (struct sockaddr *)&at, &(socklen_t){ sizeof(at) }) == 0,
	     "getsockname");
}

static void crypto_socket(void)
{
	struct sockaddr_alg at = { .salg_family = AF_ALG,
				   .salg_type = "hash",
				   .salg_name = "sha256" };
	int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		skip("no AF_ALG");
	saved();
}

static void vsock(void)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd < 0)
		skip("no AF_VSOCK");
	saved();
}

const struct kind kinds_sockets[] = {
	{ "unix_stream", unix_stream, RIGHT, NULL },
	{ "unix_datagrams", unix_datagrams, RIGHT, NULL },
	{ "unix_packets", unix_packets, RIGHT, NULL },
	{ "unix_full", unix_full, RIGHT, NULL },
	{ "unix_half_closed", unix_half_closed, RIGHT, NULL },
	{ "unix_no_peer", unix_no_peer, RIGHT, NULL },
	{ "unix_options", unix_options, RIGHT, NULL },
	{ "unix_descriptor_on_its_way", unix_descriptor_on_its_way, RIGHT, NULL },
	{ "unix_listening_tmpdir", unix_listening_tmpdir, RIGHT, NULL },
	{ "unix_listening_shared", unix_listening_shared, RIGHT, NULL },
	{ "unix_listening_relative", unix_listening_relative, RIGHT, NULL },
	{ "unix_connected", unix_connected, RIGHT, NULL },
	{ "unix_unlinked", unix_unlinked, RIGHT, NULL },
	{ "unix_not_accepted", unix_not_accepted, REFUSED, "has not accepted it yet" },
	{ "unix_abstract", unix_abstract, RIGHT, NULL },
	{ "unix_datagrams_tmpdir", unix_datagrams_tmpdir, RIGHT, NULL },
	{ "unix_datagrams_tmp", unix_datagrams_tmp, RIGHT, NULL },
	{ "unix_listening_tmp", unix_listening_tmp, RIGHT, NULL },
	{ "udp", udp, RIGHT, NULL },
	{ "udp6", udp6, RIGHT, NULL },
	{ "tcp_listening", tcp_listening, RIGHT, NULL },
	{ "tcp6_listening", tcp6_listening, RIGHT, NULL },
	{ "tcp_unused", tcp_unused, RIGHT, NULL },
	{ "tcp_bound", tcp_bound, RIGHT, NULL },
	{ "tcp_connected", tcp_connected, REFUSED, "TCP connection" },
	{ "own_tcp_connected", own_tcp_connected, RIGHT, NULL },
	{ "own_tcp_unsent", own_tcp_unsent, REFUSED, "waits to be sent" },
	{ "own_tcp_not_accepted", own_tcp_not_accepted, REFUSED,
	  "connecting to another by TCP" },
	{ "own_tcp_half_closed", own_tcp_half_closed, RIGHT, NULL },
	{ "own_tcp_options", own_tcp_options, RIGHT, NULL },
	{ "netlink_route", netlink_route, RIGHT, NULL },
	{ "crypto_socket", crypto_socket, REFUSED, "AF_ALG" },
	{ "vsock", vsock, REFUSED, "AF_VSOCK" },
	{ NULL, NULL, RIGHT, NULL },
};
