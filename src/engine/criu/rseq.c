// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/criu/rseq.h"

#include <string.h>
#include <sys/auxv.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "engine/criu/image.h"

#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27
#endif

#define ORIGINAL_SIZE 32	 /* ORIG_RSEQ_SIZE of the kernel */
#define MAX_IMAGE     (16 << 20) /* bytes of an image of a thread */

/* Fields of criu's messages, by their numbers (images/core.proto, rseq.proto). */
enum { CORE_THREAD = 5, THREAD_RSEQ = 15, RSEQ_ABI_SIZE = 2 };

bool rseq_is_limited(void)
{
	return getauxval(AT_RSEQ_FEATURE_SIZE) == 0;
}

bool rseq_is_image(const char *name)
{
	return !strncmp(name, "core-", strlen("core-"));
}

/* The next field of this number; false if there is none. */
static bool find(struct image *fields, unsigned int number, struct image_field *field)
{
	while (image_field(fields, field) > 0) {
		if (field->number == number)
			return true;
	}
	return false;
}

/* A number below 128 is one byte, the last of its field. */
static bool limit_entry(struct image entry)
{
	struct image_field thread, rseq, size;

	if (!find(&entry, CORE_THREAD, &thread) ||
	    !find(&thread.inside, THREAD_RSEQ, &rseq) ||
	    !find(&rseq.inside, RSEQ_ABI_SIZE, &size) || size.value <= ORIGINAL_SIZE ||
	    size.value > 0x7f)
		return false;
	*((unsigned char *)rseq.inside.at - 1) = ORIGINAL_SIZE;
	return true;
}

bool rseq_limit(void *data, size_t size)
{
	struct image image, entry;
	bool changed = false;

	if (image_open(&image, data, size, IMAGE_CORE) < 0)
		return false;
	while (image_next(&image, &entry) > 0)
		changed |= limit_entry(entry);
	return changed;
}

int rseq_write(int dir, const struct generation *gen, const char *name)
{
	size_t size;
	cleanup_free char *text = file_read(gen->fd, name, MAX_IMAGE, &size, NULL);

	if (!text)
		return -1;
	(void)rseq_limit(text, size);
	return file_replace(dir, name, text, size, 0600, NULL);
}
