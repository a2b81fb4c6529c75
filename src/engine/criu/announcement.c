// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/announcement.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/unix_socket.h"

#define FIELD 0x0a /* number 1, with a length */

static size_t message_size(const struct announcement *a)
{
	uint32_t size;

	memcpy(&size, a->bytes, sizeof(size));
	return size;
}

static const unsigned char *message(const struct announcement *a)
{
	return a->bytes + sizeof(uint32_t);
}

/* How many bytes there are before the one with the pipe, as far as that is known. */
static size_t whole_size(const struct announcement *a)
{
	return sizeof(uint32_t) + (a->size < sizeof(uint32_t) ? 0 : message_size(a));
}

/* Of what has come. */
static bool is_understood(const struct announcement *a)
{
	size_t size;

	if (a->size < sizeof(uint32_t))
		return true;
	size = message_size(a);
	if (size < 3 || size > sizeof(a->bytes) - sizeof(uint32_t))
		return false;
	return a->size < whole_size(a) ||
	       (message(a)[0] == FIELD && message(a)[1] == size - 2 &&
		!memchr(message(a) + 2, '/', size - 2));
}

static enum announcement_state bad(struct error *e)
{
	error_set(e, "criu announced an image in a way that is not understood");
	return ANNOUNCEMENT_BAD;
}

static enum announcement_state read_pipe(struct announcement *a, int socket,
					 struct error *e)
{
	a->fd = unix_socket_receive_fd(socket);
	if (a->fd >= 0)
		return ANNOUNCEMENT_WHOLE;
	if (errno == EAGAIN || errno == EINTR)
		return ANNOUNCEMENT_PART;
	error_set(e, "criu announced an image without a pipe");
	return ANNOUNCEMENT_BAD;
}

enum announcement_state announcement_read(struct announcement *a, int socket,
					  struct error *e)
{
	while (a->size < whole_size(a)) {
		ssize_t n = recv(socket, a->bytes + a->size, whole_size(a) - a->size,
				 MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return ANNOUNCEMENT_PART;
		if (n == 0 && a->size == 0)
			return ANNOUNCEMENT_END;
		if (n <= 0)
			return bad(e);
		a->size += (size_t)n;
		if (!is_understood(a))
			return bad(e);
	}
	return read_pipe(a, socket, e);
}

char *announcement_take_name(struct announcement *a)
{
	size_t length = message_size(a) - 2;

	a->size = 0;
	return strndup((const char *)message(a) + 2, length);
}
