// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/libc.h"

#include <errno.h>
#include <gnu/lib-names.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/elf.h"

/* The beginning of its file, with the header and the notes, as it is mapped. */
struct image {
	const unsigned char *at;
	size_t size;
};

static int read_image(void *arg, uint64_t offset, void *data, size_t size)
{
	const struct image *image = arg;

	errno = 0;
	if (offset > image->size || size > image->size - offset)
		return -1;
	memcpy(data, image->at + offset, size);
	return 0;
}

static int find_libc(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *base = strrchr(info->dlpi_name, '/');
	struct image *image = arg;

	(void)size;
	if (!base || strcmp(base + 1, LIBC_SO) != 0)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && part->p_offset == 0) {
			image->at =
				(const unsigned char *)info->dlpi_addr + part->p_vaddr;
			image->size = part->p_filesz;
		}
	}
	return 1;
}

char *libc_build_id(void)
{
	struct image image = { 0 };
	struct elf_build_id id;
	char *text;

	(void)dl_iterate_phdr(find_libc, &image);
	if (!image.at || elf_read_build_id(&id, read_image, &image) < 0)
		return NULL;
	text = malloc(2 * id.size + 1);
	for (size_t i = 0; text && i < id.size; i++)
		snprintf(text + 2 * i, 3, "%02x", id.bytes[i]);
	return text;
}
