/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * digest.h - XXH3, 128 bits, in its canonical (big-endian) hexadecimal form.
 *
 * It finds damage, not forgery: whoever can write a user's store is that user.
 */
#ifndef STORE_DIGEST_H
#define STORE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define DIGEST_HEX 32 /* characters, without the final zero byte */

struct digest;

/* A running digest of no bytes; NULL without memory. digest_free() when done. */
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *data, size_t size);
void digest_hex(const struct digest *d, char hex[DIGEST_HEX + 1]);
void digest_free(struct digest *d);

/* The digest of size bytes at once. */
void digest_of(const void *data, size_t size, char hex[DIGEST_HEX + 1]);

/*
 * Digest and size in bytes of what can be read from fd, of at most so many bytes: a file
 * that grows is read for ever. name is for messages.
 */
int digest_of_fd(int fd, const char *name, uint64_t most, char hex[DIGEST_HEX + 1],
		 uint64_t *size, struct error *e);

#endif
