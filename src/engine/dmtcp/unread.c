// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/unread.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define BUFFER 32768 /* as much as the kernel sends at a time */

struct request {
	struct nlmsghdr header;
	struct unix_diag_req body;
};

/* That of a connected socket whose other end is closed: sock_diag(7). */
#define SHUT_BOTH 3

/* Sockets of the job's with a closed other end. */
struct closed {
	bool unread; /* there is one with something to read */
	bool empty;  /* there is one without: it may have been replaced by the other */
};

static void look_at(const struct nlmsghdr *h, const struct tree *tree,
		    struct closed *closed)
{
	const struct unix_diag_msg *found = NLMSG_DATA(h);
	const struct rtattr *a = (const struct rtattr *)(found + 1);
	size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*found));
	struct unix_diag_rqlen queue = { 0 };
	unsigned char shut = 0;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == UNIX_DIAG_RQLEN && RTA_PAYLOAD(a) >= sizeof(queue))
			memcpy(&queue, RTA_DATA(a), sizeof(queue));
		else if (a->rta_type == UNIX_DIAG_SHUTDOWN)
			shut = *(const unsigned char *)RTA_DATA(a);
	}
	if (shut != SHUT_BOTH || tree_socket_holder(tree, found->udiag_ino) == 0)
		return;
	if (queue.udiag_rqueue > 0)
		closed->unread = true;
	else
		closed->empty = true;
}

/* At a part of the answer: was it the last? */
static bool look(const char *buffer, size_t size, const struct tree *tree,
		 struct closed *closed)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)buffer;

	for (; NLMSG_OK(h, size); h = NLMSG_NEXT(h, size)) {
		if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY)
			return true;
		look_at(h, tree, closed);
	}
	return false;
}

int unread_is_shared(const struct tree *tree, struct error *e)
{
	const struct request request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .sdiag_family = AF_UNIX,
			  .udiag_states = 1u << TCP_ESTABLISHED,
			  .udiag_show = UDIAG_SHOW_RQLEN },
	};
	_Alignas(struct nlmsghdr) char buffer[BUFFER];
	cleanup_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	struct closed closed = { 0 };
	bool last = false;

	if (fd < 0 || send(fd, &request, sizeof(request), 0) != sizeof(request))
		return error_sys(e, "the job's pipes");
	while (!last) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_sys(e, "the job's pipes");
		last = look(buffer, (size_t)n, tree, &closed);
	}
	return closed.unread && closed.empty;
}
