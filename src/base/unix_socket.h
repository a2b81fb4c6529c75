/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unix_socket.h - local sockets, by path.
 */
#ifndef BASE_UNIX_SOCKET_H
#define BASE_UNIX_SOCKET_H

#include "base/error.h"

/* Listen at path, replacing what is there; a descriptor, close-on-exec, or -1. */
int unix_socket_listen(const char *path, struct error *e);

/* Connect to path; a descriptor or -1 and errno. */
int unix_socket_connect(const char *path);

/*
 * Receive one byte and the descriptor that comes with it, without waiting for it. -1 and
 * errno: EAGAIN if no byte has come, EBADMSG if one has without a descriptor, or never
 * will.
 */
int unix_socket_receive_fd(int socket);

#endif
