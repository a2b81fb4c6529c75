/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf.h - what the header of an executable says: for which machine it is, and
 * whether it is linked dynamically.
 */
#ifndef BASE_ELF_H
#define BASE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct elf {
	unsigned int bits; /* 32 or 64 */
	bool big_endian;
	unsigned int machine; /* EM_... of elf.h */
	char *interpreter;    /* path of the dynamic linker, owned; NULL: static */
};

/*
 * Read size bytes at an offset. 0 if all of them are there; -1 if not, with errno 0
 * at the end of the file.
 */
typedef int (*elf_read_fn)(void *arg, uint64_t offset, void *data, size_t size);

/*
 * Read what read gives, which may be anything at all. -1 if it is not an executable
 * program, or a damaged one. elf_free() in any case.
 */
int elf_read(struct elf *elf, elf_read_fn read, void *arg, struct error *e);

/* Does it begin as ELF files do? */
bool elf_is_elf(const void *data, size_t size);

void elf_free(struct elf *elf);

/* By which a linker tells builds apart. */
struct elf_build_id {
	unsigned char bytes[64];
	size_t size;
};

/* The build id of a program or a library; -1 if it has none that can be read. */
int elf_read_build_id(struct elf_build_id *id, elf_read_fn read, void *arg);

/*
 * Is a program linked with a library whose name begins so ("libmpi")? false as well of
 * what cannot be read, and of what the libraries are linked with in turn.
 */
bool elf_needs(const char *prefix, elf_read_fn read, void *arg);

#endif
