// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/mark.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "store/output.h"
#include "store/tmpdir.h"

#define ATTR_GENERATION "generation"

static bool has_tmpdir(const struct generation *gen)
{
	return manifest_find_file(&gen->manifest, TMPDIR_ARCHIVE) != NULL;
}

/* The outputs' lengths; their copies are in the generation, and go with it. */
static int fill(struct manifest *mark, const struct generation *gen)
{
	const struct manifest *m = &gen->manifest;
	static const char *const kept[] = { OUTPUT_FILES, OUTPUT_TRAITS, "time", "job" };

	if (manifest_set(mark, ATTR_GENERATION, "%u", gen->number) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = manifest_get(m, kept[i]);

		if (value && manifest_set(mark, kept[i], "%s", value) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->noutputs; i++) {
		if (manifest_add_output(mark, m->outputs[i].path, m->outputs[i].length,
					NULL) < 0)
			return -1;
	}
	return 0;
}

static int write_mark(const struct folder *folder, const struct manifest *mark,
		      struct error *e)
{
	size_t size = 0;
	cleanup_free char *text = manifest_encode(mark, &size);

	if (!text)
		return error_sys(e, "%s", folder->path);
	if (folder_check_ours(folder, e) < 0)
		return -1;
	return file_replace(folder->fd, FOLDER_MARK, text, size, 0600, e);
}

int mark_set(const struct folder *folder, const struct generation *gen, struct error *e)
{
	struct manifest mark = { 0 };
	int rc;

	if (has_tmpdir(gen)) {
		mark_remove(folder);
		return 0;
	}
	rc = fill(&mark, gen) < 0 ? error_sys(e, "%s", folder->path)
				  : write_mark(folder, &mark, e);
	manifest_free(&mark);
	return rc;
}

/* As a generation that has nothing but the outputs. -1 if there is none that is whole. */
static int read_mark(const struct folder *folder, struct generation *mark)
{
	unsigned long long number;

	if (manifest_read(&mark->manifest, folder->fd, FOLDER_MARK, USER_FILE_MARK,
			  NULL) < 0 ||
	    manifest_get_number(&mark->manifest, ATTR_GENERATION, UINT_MAX, &number) < 0)
		return -1;
	mark->number = (unsigned int)number;
	return 0;
}

bool mark_put_back(const struct folder *folder, const struct generation *gen,
		   const struct output_past *past)
{
	struct generation mark = { .fd = -1 };
	bool done = !has_tmpdir(gen) && read_mark(folder, &mark) == 0 &&
		    mark.number > gen->number && output_put_back(&mark, past, NULL) == 0;

	generation_close(&mark);
	return done;
}

void mark_remove(const struct folder *folder)
{
	(void)unlinkat(folder->fd, FOLDER_MARK, 0);
}
