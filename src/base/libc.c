// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/libc.h"

#include <gnu/lib-names.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each part of a note, its name and its content, begins at a multiple of it. */
#define ALIGNED(size) (((size_t)(size) + 3) & ~(size_t)3)

static char *hexadecimal(const unsigned char *bytes, size_t size)
{
	char *text = malloc(2 * size + 1);

	for (size_t i = 0; text && i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

/* Of notes in our own memory, which the kernel has mapped from a program that runs. */
static char *find_in(const unsigned char *at, size_t left)
{
	ElfW(Nhdr) note;

	while (left >= sizeof(note)) {
		size_t name, all;

		memcpy(&note, at, sizeof(note));
		name = sizeof(note) + ALIGNED(note.n_namesz);
		all = name + ALIGNED(note.n_descsz);
		if (all > left)
			return NULL;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
		    !memcmp(at + sizeof(note), "GNU", sizeof("GNU")) && note.n_descsz)
			return hexadecimal(at + name, note.n_descsz);
		at += all;
		left -= all;
	}
	return NULL;
}

static int look(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *base = strrchr(info->dlpi_name, '/');
	char **found = arg;

	(void)size;
	if (!base || strcmp(base + 1, LIBC_SO) != 0)
		return 0;
	for (int i = 0; i < info->dlpi_phnum && !*found; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_NOTE)
			*found = find_in((const unsigned char *)info->dlpi_addr +
						 part->p_vaddr,
					 part->p_memsz);
	}
	return 1;
}

char *libc_build_id(void)
{
	char *found = NULL;

	(void)dl_iterate_phdr(look, &found);
	return found;
}
