// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

void network_map(struct in6_addr *mapped, const struct in_addr *address)
{
	memset(mapped, 0, sizeof(*mapped));
	mapped->s6_addr[10] = mapped->s6_addr[11] = 0xff;
	memcpy(&mapped->s6_addr[12], address, sizeof(*address));
}

bool network_is_inside(const struct in6_addr *address)
{
	struct in_addr own;

	if (IN6_IS_ADDR_LOOPBACK(address))
		return true;
	if (!IN6_IS_ADDR_V4MAPPED(address))
		return false;
	inet_pton(AF_INET, NETWORK_ADDRESS, &own);
	return address->s6_addr[12] == IN_LOOPBACKNET ||
	       memcmp(&address->s6_addr[12], &own, sizeof(own)) == 0;
}

int network_loopback_up(void)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	struct ifreq alias = { .ifr_name = "lo:1" };
	struct sockaddr_in *address = (struct sockaddr_in *)&alias.ifr_addr;
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &up) < 0)
		return -1;
	address->sin_family = AF_INET;
	inet_pton(AF_INET, NETWORK_ADDRESS, &address->sin_addr);
	if (ioctl(fd, SIOCSIFADDR, &alias) < 0)
		return -1;
	address->sin_addr.s_addr = INADDR_BROADCAST; /* the mask: this address alone */
	return ioctl(fd, SIOCSIFNETMASK, &alias);
}

/* ---- to end connections ---- */

struct diag_request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

static int diag_send(int fd, const struct diag_request *request)
{
	return send(fd, request, sizeof(*request), 0) == sizeof(*request) ? 0 : -1;
}

static void destroy(const struct inet_diag_msg *found)
{
	struct diag_request request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = SOCK_DESTROY,
			    .nlmsg_flags = NLM_F_REQUEST },
		.body = { .sdiag_family = found->idiag_family,
			  .sdiag_protocol = IPPROTO_TCP,
			  .idiag_states = 1u << found->idiag_state,
			  .id = found->id },
	};
	cleanup_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd >= 0)
		(void)diag_send(fd, &request);
}

static void destroy_if_outside(const struct inet_diag_msg *found)
{
	struct in6_addr other;

	memcpy(&other, found->id.idiag_dst, sizeof(other));
	if (found->idiag_family == AF_INET)
		network_map(&other, (const struct in_addr *)found->id.idiag_dst);
	if (!network_is_inside(&other))
		destroy(found);
}

/* Look at the sockets in a part of an answer: 0 when it was the last. */
static int read_sockets(const char *buffer, size_t size)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)buffer;

	for (; NLMSG_OK(h, size); h = NLMSG_NEXT(h, size)) {
		if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY)
			return 0;
		destroy_if_outside(NLMSG_DATA(h));
	}
	return 1;
}

static void close_outside_of(unsigned char family)
{
	struct diag_request request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .sdiag_family = family,
			  .sdiag_protocol = IPPROTO_TCP,
			  .idiag_states = ~(1u << TCP_LISTEN | 1u << TCP_TIME_WAIT) },
	};
	cleanup_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	_Alignas(struct nlmsghdr) char buffer[32768]; /* as much as the kernel sends */
	ssize_t n;

	if (fd < 0 || diag_send(fd, &request) < 0)
		return;
	do
		n = recv(fd, buffer, sizeof(buffer), 0);
	while ((n < 0 && errno == EINTR) || (n > 0 && read_sockets(buffer, (size_t)n)));
}

void network_close_outside(void)
{
	close_outside_of(AF_INET);
	close_outside_of(AF_INET6);
}
