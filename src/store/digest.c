// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/digest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/cleanup.h"
#include "base/file.h"

#define READ_CHUNK (1u << 20) /* bytes */

struct digest {
	XXH3_state_t *state;
};

struct digest *digest_new(void)
{
	struct digest *d = malloc(sizeof(*d));

	if (!d)
		return NULL;
	d->state = XXH3_createState();
	if (!d->state || XXH3_128bits_reset(d->state) != XXH_OK) {
		digest_free(d);
		return NULL;
	}
	return d;
}

void digest_add(struct digest *d, const void *data, size_t size)
{
	XXH3_128bits_update(d->state, data, size);
}

static void to_hex(XXH128_hash_t hash, char hex[DIGEST_HEX + 1])
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, hash);
	for (size_t i = 0; i < sizeof(canonical.digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", canonical.digest[i]);
}

void digest_hex(const struct digest *d, char hex[DIGEST_HEX + 1])
{
	to_hex(XXH3_128bits_digest(d->state), hex);
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	XXH3_freeState(d->state);
	free(d);
}

void digest_of(const void *data, size_t size, char hex[DIGEST_HEX + 1])
{
	to_hex(XXH3_128bits(data, size), hex);
}

static size_t smaller(uint64_t a, uint64_t b)
{
	return (size_t)(a < b ? a : b);
}

int digest_of_fd(int fd, const char *name, uint64_t most, char hex[DIGEST_HEX + 1],
		 uint64_t *size, struct error *e)
{
	cleanup_free char *buffer = malloc(READ_CHUNK);
	struct digest *d = digest_new();
	ssize_t n = -1;

	*size = 0;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while (buffer && d &&
	       (n = file_read_all(fd, buffer, smaller(READ_CHUNK, most - *size))) > 0) {
		digest_add(d, buffer, (size_t)n);
		*size += (uint64_t)n;
	}
	if (n == 0)
		digest_hex(d, hex);
	digest_free(d);
	return n == 0 ? 0 : error_sys(e, "%s", name);
}
