/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announcement.h - criu's word that an image comes, and the pipe that it comes through.
 *
 * It is sent in three pieces (CRIU's criu/img-streamer.c and images/img-streamer.proto):
 * a size of 32 bits; a message of one field, number 1, a string, the image's name; a byte
 * that carries the pipe. criu may be stopped between any two of them, so what has come is
 * kept here, and nobody waits for the rest.
 */
#ifndef ENGINE_CRIU_ANNOUNCEMENT_H
#define ENGINE_CRIU_ANNOUNCEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define ANNOUNCEMENT_MAX_NAME 127 /* bytes: its length has one */

/* Zero: nothing has come. */
struct announcement {
	unsigned char bytes[sizeof(uint32_t) + 2 + ANNOUNCEMENT_MAX_NAME];
	size_t size; /* of them that have come */
	int fd;	     /* of the pipe, when it is whole */
};

enum announcement_state {
	ANNOUNCEMENT_BAD,   /* with an error */
	ANNOUNCEMENT_END,   /* there is no other one */
	ANNOUNCEMENT_PART,  /* the rest is to come */
	ANNOUNCEMENT_WHOLE, /* its name and fd are for the caller to take */
};

/* Take what has come of it from a socket that is readable. */
enum announcement_state announcement_read(struct announcement *announcement, int socket,
					  struct error *e);

/* The name of one that is whole, to be freed, or NULL and errno; the next may come. */
char *announcement_take_name(struct announcement *announcement);

#endif
