// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/shown.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/rseq.h"
#include "engine/criu/sizes.h"

/* One image, as a file of dir. */
static int show(int dir, const struct generation *gen, const char *images,
		const char *name)
{
	cleanup_free char *target = NULL;

	if (!strcmp(name, SIZES_IMAGE) && gen->manifest.noutputs > 0)
		return sizes_write(dir, gen);
	if (rseq_is_limited() && rseq_is_image(name))
		return rseq_write(dir, gen, name);
	target = str_printf("%s/%s", images, name);
	return target ? symlinkat(target, dir, name) : -1;
}

static int show_all(int dir, const struct generation *gen, const char *images)
{
	cleanup_closedir DIR *all = file_open_dir(gen->fd, ".");
	struct dirent *d;

	while (all && (d = file_next(all))) {
		if (d->d_name[0] != '.' && show(dir, gen, images, d->d_name) < 0)
			return -1;
	}
	return all && !errno ? 0 : -1;
}

static int make_empty(const char *path)
{
	(void)file_remove_tree(AT_FDCWD, path, NULL);
	return mkdir(path, 0700) < 0
		       ? -1
		       : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

char *shown_images(const struct engine_job *job, const struct generation *gen,
		   struct error *e)
{
	cleanup_free char *images = str_printf("%s/%u", job->folder->path, gen->number);
	cleanup_free char *path = str_printf("%s/restored", job->scratch);
	cleanup_close int dir = -1;

	if (images && path) {
		dir = make_empty(path);
		if (dir >= 0 && show_all(dir, gen, images) == 0)
			return take_ptr(path);
	}
	error_sys(e, "%s: its images cannot be shown to criu", path ? path : "criu");
	return NULL;
}
