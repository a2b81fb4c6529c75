// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/connections.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/criu/image.h"
#include "engine/network.h"

/* A line of /proc/net/tcp or tcp6. */
struct connection {
	struct in6_addr other; /* IPv4 as ::ffff:1.2.3.4 */
	unsigned int port;     /* of the other */
	unsigned int state;
	unsigned int unsent; /* bytes, or not acknowledged; the end counts as one */
	unsigned long long inode;
};

/*
 * The steps that it has started go on without it, and without the job: closed, its
 * connections would leave it waiting for them for ever on the next node.
 */
#define STEP_STARTER "srun"

/* What is to be done with one: true if that was all. */
typedef bool (*visit_fn)(const struct tree *tree, const struct connection *c, void *arg);

/* An address as /proc/net/tcp writes it: 32-bit words of the host's byte order. */
static void parse_address(const char *hex, struct in6_addr *address)
{
	uint32_t words[4] = { 0 };
	size_t count = strlen(hex) / 8;

	for (size_t i = 0; i < count && i < 4; i++)
		(void)sscanf(hex + 8 * i, "%8" SCNx32, &words[i]);
	if (count == 1)
		network_map(address, (const struct in_addr *)words);
	else
		memcpy(address, words, sizeof(*address));
}

static bool parse(const char *line, struct connection *c)
{
	char address[33];

	if (sscanf(line,
		   " %*d: %*[0-9A-Fa-f]:%*x %32[0-9A-Fa-f]:%x %x %x:%*x %*s %*s %*u %*u "
		   "%llu",
		   address, &c->port, &c->state, &c->unsent, &c->inode) != 5)
		return false;
	parse_address(address, &c->other);
	return c->state != TCP_LISTEN;
}

static bool visit_table(const struct tree *tree, const char *table, visit_fn visit,
			void *arg)
{
	cleanup_free char *path = str_printf("%d/net/%s", tree->pids[0], table);
	int fd = path ? openat(tree->proc, path, O_RDONLY | O_CLOEXEC) : -1;
	cleanup_fclose FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	struct connection c;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (parse(line, &c) && visit(tree, &c, arg))
			return true;
	}
	return false;
}

static bool visit_all(const struct tree *tree, visit_fn visit, void *arg)
{
	return tree->count > 0 && (visit_table(tree, "tcp", visit, arg) ||
				   visit_table(tree, "tcp6", visit, arg));
}

/* ---- who holds one? ---- */

struct search {
	enum connections which;
	struct error *e;
};

static void describe(const struct tree *tree, pid_t holder, const struct connection *c,
		     struct error *e)
{
	cleanup_free char *name = tree_process_name(tree, holder);
	bool is_4 = IN6_IS_ADDR_V4MAPPED(&c->other);
	char text[INET6_ADDRSTRLEN];

	if (name && !strcmp(name, STEP_STARTER)) {
		error_set(e,
			  STEP_STARTER " is running a step, which cannot be saved with "
				       "the job; ask again when the step has ended, or "
				       "start the program without " STEP_STARTER);
		return;
	}
	if (!inet_ntop(is_4 ? AF_INET : AF_INET6, &c->other.s6_addr[is_4 ? 12 : 0], text,
		       sizeof(text)))
		text[0] = '\0';
	error_set(e,
		  "%s holds a TCP connection to %s port %u, which cannot be saved; close "
		  "it before the checkpoint, or submit with --checkpoint-tcp=close%s",
		  name ? name : "the job", text, c->port,
		  network_is_inside(&c->other) ? ", or, if its other end is in the job, "
						 "with --checkpoint-net=private"
					       : "");
}

static bool starts_steps(const struct tree *tree, pid_t pid)
{
	cleanup_free char *name = tree_process_name(tree, pid);

	return name && !strcmp(name, STEP_STARTER);
}

static bool is_held(const struct tree *tree, const struct connection *c, void *arg)
{
	const struct search *s = arg;
	pid_t holder;

	if (c->inode == 0 ||
	    (s->which == CONNECTIONS_OUTSIDE && network_is_inside(&c->other)))
		return false;
	holder = tree_socket_holder(tree, c->inode);
	if (holder && s->which == CONNECTIONS_OF_STEPS && !starts_steps(tree, holder))
		return false;
	if (holder)
		describe(tree, holder, c, s->e);
	return holder != 0;
}

bool connections_held(const struct tree *tree, enum connections which, struct error *e)
{
	struct search s = { .which = which, .e = e };

	return visit_all(tree, is_held, &s);
}

/* ---- what nobody holds ---- */

static bool is_unread(const struct tree *tree, const struct connection *c, void *arg)
{
	(void)tree;
	(void)arg;
	return c->inode == 0 && c->unsent > 1 && c->state != TCP_TIME_WAIT &&
	       c->state != TCP_SYN_RECV && network_is_inside(&c->other);
}

bool connections_unread(const struct tree *tree, struct error *e)
{
	if (!visit_all(tree, is_unread, NULL))
		return false;
	error_set(e,
		  "something that a process of the job sent by TCP before it closed the "
		  "connection is not read yet, and would be lost; try again");
	return true;
}

/* ---- what criu has written of one ---- */

#define IMAGE_TCP_STREAM 0x51465506u /* criu/include/magic.h */
#define UNSENT		 12 /* images/tcp-stream.proto: bytes that are not sent */

int connections_check_image(const void *data, size_t size, struct error *e)
{
	struct image image, entry;
	struct image_field f;

	if (image_open(&image, data, size, IMAGE_TCP_STREAM) < 0 ||
	    image_next(&image, &entry) != 1)
		return 0;
	while (image_field(&entry, &f) > 0) {
		if (f.number == UNSENT && f.value > 0)
			return error_set(
				e,
				"a process of the job has sent more by TCP than the "
				"other "
				"has room for, and what waits to be sent (%llu bytes) "
				"cannot be restored; try again when it has been read",
				(unsigned long long)f.value);
	}
	return 0;
}
