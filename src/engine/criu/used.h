/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * used.h - the files, directories and fifos that a job used by their paths, as criu has
 * written them into a generation: open, mapped, executed, or to work in.
 */
#ifndef ENGINE_CRIU_USED_H
#define ENGINE_CRIU_USED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/elf.h"
#include "engine/criu/image.h"
#include "engine/engine.h"
#include "store/generation.h"
#include "store/way.h"

/* One as it was. */
struct used_file {
	uint64_t id; /* criu's */
	char *path;  /* the caller's to free */
	bool has_size;
	uint64_t size; /* bytes */
	bool has_mode;
	uint64_t mode;	  /* as st_mode */
	bool is_external; /* handed to criu from outside */
	bool is_remapped; /* it had no name any more: criu has saved it, or named it */
	struct elf_build_id build_id;
};

struct used {
	char *data;
	struct image entries; /* that are still to be read */
	uint64_t *remapped;
	size_t nremapped;
};

/* -1 if it cannot be told; used_close() is needed all the same. */
int used_open(struct used *used, const struct generation *gen);

/* The next one: 1; 0 at the end. */
int used_next(struct used *used, struct used_file *file);

void used_close(struct used *used);

/*
 * Does the job find it by its path when it continues? Not what was handed to it, what
 * criu makes anew, and what is below the job's own directories.
 */
bool used_is_found_by_path(const struct used_file *file, const struct engine_job *job);

/* As which the job's user goes there: strangers' links are not followed. */
struct way used_way(void);

#endif
