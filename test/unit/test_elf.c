// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "testing.h"

/* A program of 64 bits, with an interpreter; and what is done to it. */
struct image {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	char interpreter[16];
};

#define LD "/lib/ld.so"

static const struct image whole = {
	.header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				 ELFDATA2LSB, EV_CURRENT },
		    .e_type = ET_DYN,
		    .e_machine = EM_X86_64,
		    .e_phoff = offsetof(struct image, segments),
		    .e_phentsize = sizeof(Elf64_Phdr),
		    .e_phnum = 2 },
	.segments = { { .p_type = PT_LOAD },
		      { .p_type = PT_INTERP,
			.p_offset = offsetof(struct image, interpreter),
			.p_filesz = sizeof(LD) } },
	.interpreter = LD,
};

struct bytes {
	const void *data;
	size_t size;
	int error; /* errno of reading, or 0 */
};

static int read_bytes(void *arg, uint64_t offset, void *data, size_t size)
{
	const struct bytes *bytes = arg;

	assert_true(offset <= INT64_MAX - size);
	errno = bytes->error;
	if (bytes->error || offset > bytes->size || size > bytes->size - offset)
		return -1;
	memcpy(data, (const char *)bytes->data + offset, size);
	return 0;
}

static int read_image(struct elf *elf, const void *data, size_t size, struct error *e)
{
	struct bytes bytes = { .data = data, .size = size };

	return elf_read(elf, read_bytes, &bytes, e);
}

/* The whole file with one member of some bytes overwritten. */
#define AT(member) offsetof(struct image, member), sizeof(whole.member)

static void what_is_damaged_is_refused(void **state)
{
	static const struct {
		size_t at, size;
		uint64_t value;
		const char *says;
	} cases[] = {
		{ AT(header.e_ident[0]), 'e', "is not an ELF file" },
		{ AT(header.e_ident[EI_CLASS]), 0, "its class or byte order" },
		{ AT(header.e_ident[EI_CLASS]), 3, "its class or byte order" },
		{ AT(header.e_ident[EI_DATA]), 0, "its class or byte order" },
		{ AT(header.e_ident[EI_DATA]), 3, "its class or byte order" },
		/* The wrong class or order: the numbers make no sense. */
		{ AT(header.e_ident[EI_CLASS]), ELFCLASS32, "is " },
		{ AT(header.e_ident[EI_DATA]), ELFDATA2MSB, "is not a program" },
		{ AT(header.e_type), ET_NONE, "of an unknown type" },
		{ AT(header.e_type), ET_REL, "but an object file" },
		{ AT(header.e_type), ET_CORE, "but a core dump" },
		{ AT(header.e_type), 0xffff, "of an unknown type" },
		{ AT(header.e_phnum), 0, "there is nothing to load" },
		{ AT(header.e_phnum), 3, "cut short" },
		{ AT(header.e_phnum), 1025, "make no sense" },
		{ AT(header.e_phnum), 0xffff, "make no sense" },
		{ AT(header.e_phentsize), 0, "make no sense" },
		{ AT(header.e_phentsize), sizeof(Elf32_Phdr), "make no sense" },
		{ AT(header.e_phoff), 1 << 20, "cut short" },
		{ AT(header.e_phoff), INT64_MAX, "beyond any file's end" },
		{ AT(header.e_phoff), UINT64_MAX, "beyond any file's end" },
		{ AT(header.e_phoff), UINT64_MAX - sizeof(Elf64_Phdr) + 1,
		  "beyond any file's end" },
		{ AT(segments[0].p_type), PT_INTERP, "its interpreter has no path" },
		{ AT(segments[1].p_offset), 1 << 20, "cut short" },
		{ AT(segments[1].p_offset), UINT64_MAX, "beyond any file's end" },
		{ AT(segments[1].p_filesz), 0, "its interpreter has no path" },
		{ AT(segments[1].p_filesz), 1, "its interpreter has no path" },
		{ AT(segments[1].p_filesz), sizeof(LD) - 1,
		  "its interpreter has no path" },
		{ AT(segments[1].p_filesz), 1000, "cut short" },
		{ AT(segments[1].p_filesz), 4097, "its interpreter has no path" },
		{ AT(segments[1].p_filesz), UINT64_MAX, "its interpreter has no path" },
		{ AT(interpreter[0]), 'l', "its interpreter has no path" },
		{ AT(interpreter[sizeof(LD) - 1]), 'x', "its interpreter has no path" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct image image = whole;
		struct error e = { .text = "" };
		struct elf elf;

		memcpy((char *)&image + cases[i].at, &cases[i].value, cases[i].size);
		assert_int_equal(read_image(&elf, &image, sizeof(image), &e), -1);
		assert_says(&e, cases[i].says);
		elf_free(&elf);
	}
}

static void what_is_cut_short_anywhere_is_refused(void **state)
{
	struct error e;
	struct elf elf;

	(void)state;
	for (size_t size = 0; size < offsetof(struct image, interpreter) + sizeof(LD);
	     size++) {
		assert_int_equal(read_image(&elf, &whole, size, &e), -1);
		assert_says(&e, "is damaged: it is cut short");
		elf_free(&elf);
	}
	assert_int_equal(read_image(&elf, &whole, sizeof(whole), &e), 0);
	elf_free(&elf);
}

static void a_second_interpreter_is_refused(void **state)
{
	struct image image = whole;
	struct error e;
	struct elf elf;

	(void)state;
	image.segments[0] = image.segments[1];
	assert_int_equal(read_image(&elf, &image, sizeof(image), &e), -1);
	assert_says(&e, "names two interpreters");
	elf_free(&elf);
}

static void dynamic_programs_name_their_interpreter(void **state)
{
	struct image image = whole;
	struct error e;
	struct elf elf;

	(void)state;
	assert_int_equal(read_image(&elf, &image, sizeof(image), &e), 0);
	assert_int_equal(elf.bits, 64);
	assert_false(elf.big_endian);
	assert_int_equal(elf.machine, EM_X86_64);
	assert_string_equal(elf.interpreter, LD);
	elf_free(&elf);
	image.segments[1].p_type = PT_NOTE;
	image.header.e_type = ET_EXEC;
	assert_int_equal(read_image(&elf, &image, sizeof(image), &e), 0);
	assert_null(elf.interpreter);
	elf_free(&elf);
}

/* As powerpc had it. */
static void the_other_class_and_byte_order_are_read(void **state)
{
	static const unsigned char image[] = {
		/* e_ident */ 0x7f, 'E', 'L', 'F', 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		/* e_type, e_machine, e_version, e_entry */
		0, 2, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0,
		/* e_phoff, e_shoff, e_flags */
		0, 0, 0, 52, 0, 0, 0, 0, 0, 0, 0, 0,
		/* e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx */
		0, 52, 0, 32, 0, 1, 0, 0, 0, 0, 0, 0,
		/* p_type, p_offset, p_vaddr, p_paddr */
		0, 0, 0, 3, 0, 0, 0, 84, 0, 0, 0, 0, 0, 0, 0, 0,
		/* p_filesz, p_memsz, p_flags, p_align */
		0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		/* */ '/', 'l', 'd', 0
	};
	struct error e;
	struct elf elf;

	(void)state;
	assert_int_equal(read_image(&elf, image, sizeof(image), &e), 0);
	assert_int_equal(elf.bits, 32);
	assert_true(elf.big_endian);
	assert_int_equal(elf.machine, EM_PPC);
	assert_string_equal(elf.interpreter, "/ld");
	elf_free(&elf);
}

static void what_cannot_be_read_is_said(void **state)
{
	struct bytes bytes = { .data = &whole, .size = sizeof(whole), .error = EIO };
	struct error e;
	struct elf elf;

	(void)state;
	assert_int_equal(elf_read(&elf, read_bytes, &bytes, &e), -1);
	assert_says(&e, "cannot be read: Input/output error");
	elf_free(&elf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_damaged_is_refused),
		cmocka_unit_test(what_is_cut_short_anywhere_is_refused),
		cmocka_unit_test(a_second_interpreter_is_refused),
		cmocka_unit_test(dynamic_programs_name_their_interpreter),
		cmocka_unit_test(the_other_class_and_byte_order_are_read),
		cmocka_unit_test(what_cannot_be_read_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
