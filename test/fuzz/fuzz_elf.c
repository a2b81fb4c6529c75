// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_elf.c - no program's header, however odd, reads outside of its file; and what
 * is refused is refused with a sentence.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

struct bytes {
	const uint8_t *data;
	size_t size;
};

static int read_bytes(void *arg, uint64_t offset, void *data, size_t size)
{
	const struct bytes *bytes = arg;

	must(offset <= INT64_MAX - size);
	errno = 0;
	if (offset > bytes->size || size > bytes->size - offset)
		return -1;
	memcpy(data, bytes->data + offset, size);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = { data, size };
	struct error e = { .text = "" };
	struct elf elf;

	if (elf_read(&elf, read_bytes, &bytes, &e) == 0) {
		must(elf.bits == 32 || elf.bits == 64);
		must(!elf.interpreter || elf.interpreter[0] == '/');
	} else {
		must(e.text[0]);
	}
	elf_free(&elf);
	(void)elf_needs("libmpi", read_bytes, &bytes);
	return 0;
}
