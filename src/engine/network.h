/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network.h - a network of the job's own: a namespace in which only the job is, so that
 * its connections within itself can be saved and restored. There is a loopback in it, and
 * where pasta(1) is installed a device by which the job reaches what the node reaches
 * (pasta.h).
 *
 * The job has the same address there on every node, one that belongs to nobody
 * (RFC 5737), since sockets that are bound to it have to be so again elsewhere.
 */
#ifndef ENGINE_NETWORK_H
#define ENGINE_NETWORK_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/protocol.h"

#define NETWORK_ADDRESS CHECKPOINT_NETWORK_ADDRESS
#define NETWORK_GATEWAY "192.0.2.1" /* pasta's end */

/* Is the address, of either kind, one of the job's own in its network? */
bool network_is_inside(const struct in6_addr *address);

/* An address of IPv4 as one of IPv6 has it (::ffff:192.0.2.2). */
void network_map(struct in6_addr *mapped, const struct in_addr *address);

/*
 * Of the network that the caller is in: let there be a loopback, which has the job's
 * address too, for nodes without pasta. -1 and errno.
 */
int network_loopback_up(void);

/*
 * Of the same: end the connections with others, so that whoever holds one gets an error
 * when they use it. A kernel that cannot (CONFIG_INET_DIAG_DESTROY) is left to find out
 * that nobody answers.
 */
void network_close_outside(void);

#endif
