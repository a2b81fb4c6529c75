// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/network.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stddef.h>

#include "base/protocol.h"

static bool is_jobs(const struct sockaddr *address)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;

	return address && address->sa_family == AF_INET &&
	       in->sin_addr.s_addr == inet_addr(CHECKPOINT_NETWORK_ADDRESS);
}

bool network_is_own(void)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all) < 0)
		return false;
	for (const struct ifaddrs *a = all; a && !found; a = a->ifa_next)
		found = is_jobs(a->ifa_addr);
	freeifaddrs(all);
	return found;
}
