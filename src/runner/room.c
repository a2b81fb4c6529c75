// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/room.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "store/generation.h"

/* Bytes of the job's newest generation, and of those that the next one replaces. */
struct sizes {
	uint64_t last;
	uint64_t replaced;
};

static uint64_t size_of(const struct folder *folder, unsigned int number)
{
	struct generation gen;
	uint64_t bytes = 0;

	if (generation_open(&gen, folder, number, NULL) == 0)
		bytes = manifest_bytes(&gen.manifest);
	generation_close(&gen);
	return bytes;
}

static struct sizes read_sizes(const struct folder *folder, unsigned int keep)
{
	cleanup_free unsigned int *numbers = NULL;
	struct sizes sizes = { 0 };
	size_t count;

	if (generation_list(folder, &numbers, &count, NULL) < 0 || count == 0)
		return sizes;
	sizes.last = size_of(folder, numbers[0]);
	for (size_t i = keep - 1; i < count; i++)
		sizes.replaced += size_of(folder, numbers[i]);
	return sizes;
}

static int check_free(const struct folder *folder, uint64_t needed, struct error *e)
{
	struct statvfs fs;
	uint64_t available;

	/* Some network file systems do not tell; then writing will. */
	if (fstatvfs(folder->fd, &fs) < 0 || fs.f_blocks == 0)
		return 0;
	available = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (available >= needed)
		return 0;
	return error_set(e,
			 "%s: %s are free there, and the last checkpoint took %s; make "
			 "room, or have fewer generations kept",
			 folder->path, str_size(available).text, str_size(needed).text);
}

static int check_quota(const struct task *task, const struct folder *folder,
		       const struct sizes *sizes, struct error *e)
{
	uint64_t quota = task->conf.quota, used;

	if (quota == 0)
		return 0;
	if (generation_bytes_beside(folder, &used, e) < 0)
		return -1;
	if (used + sizes->last <= quota + sizes->replaced)
		return 0;
	return error_set(e,
			 "user %s has reached Quota=%s of checkpoint.conf, with %s in "
			 "use; remove old checkpoints with \"scheckpoint remove\"",
			 task->user, str_size(quota).text, str_size(used).text);
}

int room_check(const struct task *task, const struct folder *folder, struct error *e)
{
	struct sizes sizes = read_sizes(folder, task->keep);

	if (check_free(folder, sizes.last, e) < 0)
		return -1;
	return check_quota(task, folder, &sizes, e);
}
