/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest.h - what a generation, or a job's folder, says of itself.
 *
 * The format is specified in doc/store-format.md: lines of text, closed by a
 * digest of all before it, so that a manifest is either whole or refused.
 */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/digest.h"
#include "store/user_file.h"

struct manifest_attr {
	char *name;
	char *value;
};

/* A file of the generation, by its name in the generation's directory. */
struct manifest_file {
	char *name;
	uint64_t size; /* bytes */
	char digest[DIGEST_HEX + 1];
};

/* A file of the job's that was open for writing, and its length then. */
struct manifest_output {
	char *path;
	uint64_t length; /* bytes */
	char *copy;	 /* file of the generation with the same content, or NULL */
};

struct manifest {
	struct manifest_attr *attrs;
	size_t nattrs;
	struct manifest_file *files;
	size_t nfiles;
	struct manifest_output *outputs;
	size_t noutputs;
};

/*
 * Add to m. -1 and errno without memory, and EINVAL for what could not be read
 * again: names of attributes are of a-z, 0-9 and "-"; those of files of letters,
 * digits, ".", "_", "-" and "+", and begin with neither "." nor "-", and each stands
 * there once; paths are absolute, and a copy is a file added before.
 */

/* Set an attribute, replacing an older value. */
int manifest_set(struct manifest *m, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An attribute's value, owned by m, or NULL. */
const char *manifest_get(const struct manifest *m, const char *name);

/* An attribute that is a decimal number of at most max; -1 if it is none. */
int manifest_get_number(const struct manifest *m, const char *name,
			unsigned long long max, unsigned long long *value);

int manifest_add_file(struct manifest *m, const char *name, uint64_t size,
		      const char digest[DIGEST_HEX + 1]);
int manifest_add_output(struct manifest *m, const char *path, uint64_t length,
			const char *copy);

const struct manifest_file *manifest_find_file(const struct manifest *m,
					       const char *name);

/* The text of m, owned by the caller; NULL without memory. */
char *manifest_encode(const struct manifest *m, size_t *size);

/*
 * Fill m, which is empty, from text, which may hold anything at all. -1 if it is
 * not a whole manifest, or has more lines than a file of that kind may (user_file.h); m
 * is then to be freed all the same. errno is EPROTONOSUPPORT if it is a whole one of
 * another version of the format. Time and memory are as the text is long.
 */
int manifest_decode(struct manifest *m, enum user_file kind, const char *text,
		    size_t size, struct error *e);

/* Read and decode a file of a directory. -1 as above, or if it cannot be read. */
int manifest_read(struct manifest *m, int dirfd, const char *name, enum user_file kind,
		  struct error *e);

/* Bytes of all the files that m lists. */
uint64_t manifest_bytes(const struct manifest *m);

void manifest_free(struct manifest *m);

#endif
