/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generation.h - one checkpoint of a job, written aside and committed by a rename.
 */
#ifndef STORE_GENERATION_H
#define STORE_GENERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "store/folder.h"
#include "store/manifest.h"

#define GENERATION_MANIFEST "manifest"

/* Attribute: what the job may use of a CPU (base/cpu.h). */
#define GENERATION_CPU "cpu"

struct generation {
	unsigned int number;
	int fd; /* its directory */
	struct manifest manifest;
};

/* Begin the generation after the last one: make its directory, N.tmp. */
int generation_begin(struct generation *gen, struct folder *folder, struct error *e);

/* Create a file in it, mode 0600; a descriptor for writing, or -1. */
int generation_create(struct generation *gen, const char *name, struct error *e);

/* The same with size bytes of data in it, listed in the manifest. */
int generation_put(struct generation *gen, const char *name, const void *data,
		   size_t size, struct error *e);

/*
 * Write the manifest, flush everything to the disk and rename N.tmp to N. After
 * success the generation stands, whatever happens to the node. Refused if another
 * runner has taken the folder over, with errno ESTALE: the record on the disk then
 * counts more restarts than folder->record, or is of another start with as many, or of
 * another job, which goes on from here.
 */
int generation_commit(struct generation *gen, struct folder *folder, struct error *e);

/*
 * Open committed generation number and read its manifest. errno is EPROTONOSUPPORT if
 * that is whole, but written by a later version with another format.
 */
int generation_open(struct generation *gen, const struct folder *folder,
		    unsigned int number, struct error *e);

/* Was it saved on another node than here, as Slurm calls it? Not if that is NULL. */
bool generation_is_elsewhere(const struct generation *gen, const char *here);

/* Check sizes and digests of every file that the manifest lists. */
int generation_verify(const struct generation *gen, struct error *e);

/*
 * The same for one who reads what a stranger may have made as large as they like: files
 * with holes, and with several names, take no room on the disk. *left is how many bytes
 * of such may still be read, and is made less by them.
 */
int generation_verify_within(const struct generation *gen, uint64_t *left,
			     struct error *e);

/* Is there one, or may there be? */
bool generation_any(const struct folder *folder);

/* The numbers of the committed generations, newest first; owned by the caller. */
int generation_list(const struct folder *folder, unsigned int **numbers, size_t *count,
		    struct error *e);

/* Remove one for good; nobody can be restoring it. */
int generation_remove(const struct folder *folder, unsigned int number, struct error *e);

/* Bytes of all generations of this job and of those whose folders lie beside its own. */
int generation_bytes_beside(const struct folder *folder, uint64_t *bytes,
			    struct error *e);

/* Bytes that have been written of a generation which is not committed yet. */
uint64_t generation_bytes_half_written(const struct folder *folder);

/* Remove what was left half written or half removed. */
int generation_clean(const struct folder *folder, struct error *e);

/* Remove all but the newest keep generations, and what was left half written. */
int generation_retire(const struct folder *folder, unsigned int keep, struct error *e);

void generation_close(struct generation *gen);

#endif
