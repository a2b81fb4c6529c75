// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/pmi_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

int pmi_line_open(struct pmi_line *line)
{
	int fds[2];

	*line = (struct pmi_line){ .fd = -1, .task_fd = -1, .wire = PMI_WIRE_1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	line->fd = fds[0];
	line->task_fd = fds[1];
	return 0;
}

void pmi_line_hang_up(struct pmi_line *line)
{
	if (line->fd >= 0)
		close(line->fd);
	line->fd = -1;
}

bool pmi_line_wait_for(const struct pmi_line *line, struct pollfd *fd)
{
	if (line->fd < 0)
		return false;
	*fd = (struct pollfd){ .fd = line->fd,
			       .events = line->out_used ? POLLOUT : POLLIN };
	return true;
}

/* ---- out ---- */

static void send_out(struct pmi_line *line)
{
	while (line->fd >= 0 && line->out_sent < line->out_used) {
		ssize_t n = send(line->fd, line->out + line->out_sent,
				 line->out_used - line->out_sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			pmi_line_hang_up(line);
		else
			line->out_sent += (size_t)n;
	}
	line->out_used = line->out_sent = 0;
}

static int append(struct pmi_line *line, const char *text)
{
	size_t length = strlen(text);
	char *more = realloc(line->out, line->out_used + length);

	if (!more)
		return -1;
	memcpy(more + line->out_used, text, length);
	line->out = more;
	line->out_used += length;
	return 0;
}

void pmi_line_put(struct pmi_line *line, const char *pairs)
{
	cleanup_free char *text = pairs ? pmi_message_make(line->wire, pairs) : NULL;

	if (line->fd < 0)
		return;
	if (!text || append(line, text) < 0)
		pmi_line_hang_up(line);
	else
		send_out(line);
}

/* ---- in ---- */

static int make_room(struct pmi_line *line)
{
	size_t size = line->in_size ? 2 * line->in_size : 4096;
	char *more;

	if (line->in_used + 1 < line->in_size)
		return 0;
	more = realloc(line->in, size);
	if (!more)
		return -1;
	line->in = more;
	line->in_size = size;
	return 0;
}

static void read_in(struct pmi_line *line)
{
	ssize_t n;

	if (make_room(line) < 0) {
		pmi_line_hang_up(line);
		return;
	}
	n = recv(line->fd, line->in + line->in_used, line->in_size - line->in_used - 1,
		 MSG_DONTWAIT);
	if (n > 0)
		line->in_used += (size_t)n;
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		pmi_line_hang_up(line);
}

void pmi_line_serve(struct pmi_line *line)
{
	if (line->out_used > 0)
		send_out(line);
	else
		read_in(line);
}

char *pmi_line_take(struct pmi_line *line, struct pmi_message *m)
{
	ssize_t length = pmi_message_length(line->wire, line->in, line->in_used);
	char *text;

	if (line->fd < 0 || line->out_used > 0 || length == 0)
		return NULL;
	text = length > 0 ? malloc((size_t)length + 1) : NULL;
	if (!text) {
		pmi_line_hang_up(line);
		return NULL;
	}
	memcpy(text, line->in, (size_t)length);
	line->in_used -= (size_t)length;
	memmove(line->in, line->in + length, line->in_used);
	pmi_message_parse(m, line->wire, text, (size_t)length);
	return text;
}

void pmi_line_close(struct pmi_line *line)
{
	pmi_line_hang_up(line);
	if (line->task_fd >= 0)
		close(line->task_fd);
	line->task_fd = -1;
	free(line->in);
	free(line->out);
	line->in = line->out = NULL;
}
