// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/elf.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Nobody has more; 65535 would mean that the number is elsewhere. */
#define MAX_PHDRS 1024
#define MAX_PATH  4096 /* bytes of an interpreter's path, as in Linux */

/* A file that is being read. */
struct reader {
	struct elf *elf;
	elf_read_fn read;
	void *arg;
	uint64_t phoff;	    /* of the program headers */
	unsigned int phnum; /* how many */
};

/* A number of so many bytes, as the file's byte order has it. */
static uint64_t number(const struct elf *elf, const unsigned char *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[elf->big_endian ? i : size - 1 - i];
	return value;
}

/* A member of a header, which is of two kinds. */
#define MEMBER(elf, data, header, member)                                           \
	((elf)->bits == 64 ? number(elf, (data) + offsetof(Elf64_##header, member), \
				    sizeof(((Elf64_##header *)0)->member))          \
			   : number(elf, (data) + offsetof(Elf32_##header, member), \
				    sizeof(((Elf32_##header *)0)->member)))

static int get(const struct reader *r, uint64_t offset, void *data, size_t size,
	       struct error *e)
{
	/* Beyond what an off_t holds there is no file. */
	if (offset > INT64_MAX - size)
		return error_set(e, "is damaged: it points beyond any file's end");
	errno = 0;
	if (r->read(r->arg, offset, data, size) == 0)
		return 0;
	return errno ? error_sys(e, "cannot be read")
		     : error_set(e, "is damaged: it is cut short");
}

bool elf_is_elf(const void *data, size_t size)
{
	return size >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG);
}

/* Class and byte order, by which all the rest is read. */
static int read_ident(struct reader *r, struct error *e)
{
	unsigned char ident[EI_NIDENT];

	if (get(r, 0, ident, sizeof(ident), e) < 0)
		return -1;
	if (!elf_is_elf(ident, sizeof(ident)))
		return error_set(e, "is not an ELF file");
	if ((ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64) ||
	    (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB))
		return error_set(e, "is damaged: its class or byte order is unknown");
	r->elf->bits = ident[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	r->elf->big_endian = ident[EI_DATA] == ELFDATA2MSB;
	return 0;
}

static size_t phdr_size(const struct elf *elf)
{
	return elf->bits == 64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
}

static int read_header(struct reader *r, struct error *e)
{
	unsigned char data[sizeof(Elf64_Ehdr)];
	struct elf *elf = r->elf;
	uint64_t type, phentsize;

	if (get(r, 0, data, elf->bits == 64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr),
		e) < 0)
		return -1;
	type = MEMBER(elf, data, Ehdr, e_type);
	if (type != ET_EXEC && type != ET_DYN)
		return error_set(e, "is not a program, but %s",
				 type == ET_REL	   ? "an object file"
				 : type == ET_CORE ? "a core dump"
						   : "of an unknown type");
	elf->machine = (unsigned int)MEMBER(elf, data, Ehdr, e_machine);
	r->phoff = MEMBER(elf, data, Ehdr, e_phoff);
	r->phnum = (unsigned int)MEMBER(elf, data, Ehdr, e_phnum);
	phentsize = MEMBER(elf, data, Ehdr, e_phentsize);
	if (r->phnum == 0)
		return error_set(e, "is not a program: there is nothing to load");
	if (r->phnum > MAX_PHDRS || phentsize != phdr_size(elf))
		return error_set(e, "is damaged: its program headers make no sense");
	return 0;
}

/* Of the segment that names the interpreter. */
static int read_interpreter(struct reader *r, uint64_t offset, uint64_t size,
			    struct error *e)
{
	cleanup_free char *path = NULL;

	if (r->elf->interpreter)
		return error_set(e, "is damaged: it names two interpreters");
	if (size < 2 || size > MAX_PATH)
		return error_set(e, "is damaged: its interpreter has no path");
	path = calloc(1, size);
	if (!path)
		return error_sys(e, "cannot be read");
	if (get(r, offset, path, size, e) < 0)
		return -1;
	if (path[size - 1] != '\0' || path[0] != '/')
		return error_set(e, "is damaged: its interpreter has no path");
	r->elf->interpreter = take_ptr(path);
	return 0;
}

static int read_segments(struct reader *r, struct error *e)
{
	const size_t size = phdr_size(r->elf);
	unsigned char data[sizeof(Elf64_Phdr)];

	for (unsigned int i = 0; i < r->phnum; i++) {
		/* Never wraps: get() has refused the first that is beyond any file. */
		if (get(r, r->phoff + i * size, data, size, e) < 0)
			return -1;
		if (MEMBER(r->elf, data, Phdr, p_type) != PT_INTERP)
			continue;
		if (read_interpreter(r, MEMBER(r->elf, data, Phdr, p_offset),
				     MEMBER(r->elf, data, Phdr, p_filesz), e) < 0)
			return -1;
	}
	return 0;
}

int elf_read(struct elf *elf, elf_read_fn read, void *arg, struct error *e)
{
	struct reader r = { .elf = elf, .read = read, .arg = arg };

	*elf = (struct elf){ 0 };
	if (read_ident(&r, e) < 0 || read_header(&r, e) < 0)
		return -1;
	return read_segments(&r, e);
}

#define MAX_NOTES (64 * 1024) /* bytes of a segment of notes */

static uint64_t aligned(uint64_t size)
{
	return (size + 3) & ~(uint64_t)3;
}

/* Among the notes of a segment: each has three numbers, a name and what it says. */
static int find_build_id(const struct elf *elf, const unsigned char *notes, size_t size,
			 struct elf_build_id *id)
{
	size_t at = 0;

	while (size - at >= sizeof(Elf64_Nhdr)) {
		uint64_t name = number(elf, notes + at, 4);
		uint64_t desc = number(elf, notes + at + 4, 4);
		uint64_t type = number(elf, notes + at + 8, 4);
		const unsigned char *text = notes + at + sizeof(Elf64_Nhdr);
		uint64_t whole = sizeof(Elf64_Nhdr) + aligned(name) + aligned(desc);

		if (whole > size - at)
			return -1;
		if (type == NT_GNU_BUILD_ID && name == 4 && !memcmp(text, "GNU", 4) &&
		    desc > 0 && desc <= sizeof(id->bytes)) {
			id->size = (size_t)desc;
			memcpy(id->bytes, text + 4, id->size);
			return 0;
		}
		at += (size_t)whole;
	}
	return -1;
}

static int read_notes(struct reader *r, uint64_t offset, uint64_t size,
		      struct elf_build_id *id)
{
	cleanup_free unsigned char *notes = NULL;

	if (size == 0 || size > MAX_NOTES)
		return -1;
	notes = malloc((size_t)size);
	if (!notes || get(r, offset, notes, (size_t)size, NULL) < 0)
		return -1;
	return find_build_id(r->elf, notes, (size_t)size, id);
}

int elf_read_build_id(struct elf_build_id *id, elf_read_fn read, void *arg)
{
	struct elf elf = { 0 };
	struct reader r = { .elf = &elf, .read = read, .arg = arg };
	unsigned char data[sizeof(Elf64_Phdr)];

	*id = (struct elf_build_id){ 0 };
	if (read_ident(&r, NULL) < 0 || read_header(&r, NULL) < 0)
		return -1;
	for (unsigned int i = 0; i < r.phnum; i++) {
		const size_t size = phdr_size(&elf);

		if (get(&r, r.phoff + i * size, data, size, NULL) < 0)
			return -1;
		if (MEMBER(&elf, data, Phdr, p_type) == PT_NOTE &&
		    read_notes(&r, MEMBER(&elf, data, Phdr, p_offset),
			       MEMBER(&elf, data, Phdr, p_filesz), id) == 0)
			return 0;
	}
	return -1;
}

#define MAX_DYNAMIC (64 * 1024) /* bytes of the segment that says what is linked */

/* The first segment of a type that has an address, or any if that is 0. */
static int find_segment(const struct reader *r, uint64_t type, uint64_t address,
			unsigned char *data)
{
	const size_t size = phdr_size(r->elf);

	for (unsigned int i = 0; i < r->phnum; i++) {
		if (get(r, r->phoff + i * size, data, size, NULL) < 0)
			return -1;
		if (MEMBER(r->elf, data, Phdr, p_type) == type &&
		    (!address || (address >= MEMBER(r->elf, data, Phdr, p_vaddr) &&
				  address - MEMBER(r->elf, data, Phdr, p_vaddr) <
					  MEMBER(r->elf, data, Phdr, p_filesz))))
			return 0;
	}
	return -1;
}

/* Pairs of a tag and a value. */
struct dynamic {
	unsigned char *data;
	size_t size;
};

static int read_dynamic(const struct reader *r, struct dynamic *dynamic)
{
	unsigned char data[sizeof(Elf64_Phdr)];
	uint64_t size;

	if (find_segment(r, PT_DYNAMIC, 0, data) < 0)
		return -1;
	size = MEMBER(r->elf, data, Phdr, p_filesz);
	if (size == 0 || size > MAX_DYNAMIC)
		return -1;
	dynamic->data = malloc((size_t)size);
	dynamic->size = (size_t)size;
	if (!dynamic->data)
		return -1;
	return get(r, MEMBER(r->elf, data, Phdr, p_offset), dynamic->data, dynamic->size,
		   NULL);
}

/* The value of the next pair with a tag, from *at on; -1: there is none. */
static int next_value(const struct reader *r, const struct dynamic *dynamic, uint64_t tag,
		      size_t *at, uint64_t *value)
{
	const size_t half = r->elf->bits / 8;

	while (dynamic->size - *at >= 2 * half) {
		const unsigned char *pair = dynamic->data + *at;
		uint64_t found = number(r->elf, pair, half);

		*at += 2 * half;
		*value = number(r->elf, pair + half, half);
		if (found == tag)
			return 0;
		if (found == DT_NULL)
			return -1;
	}
	return -1;
}

/* Where in the file the names are that the values point to. */
static int find_names(const struct reader *r, const struct dynamic *dynamic,
		      uint64_t *offset)
{
	unsigned char data[sizeof(Elf64_Phdr)];
	uint64_t address;
	size_t at = 0;

	if (next_value(r, dynamic, DT_STRTAB, &at, &address) < 0 || address == 0 ||
	    find_segment(r, PT_LOAD, address, data) < 0)
		return -1;
	*offset = MEMBER(r->elf, data, Phdr, p_offset) + address -
		  MEMBER(r->elf, data, Phdr, p_vaddr);
	return *offset > INT64_MAX / 2 ? -1 : 0;
}

static bool needs(const struct reader *r, const struct dynamic *dynamic,
		  const char *prefix)
{
	char name[32];
	size_t length = strlen(prefix), at = 0;
	uint64_t names, value;

	if (length > sizeof(name) || find_names(r, dynamic, &names) < 0)
		return false;
	while (next_value(r, dynamic, DT_NEEDED, &at, &value) == 0) {
		if (value < INT64_MAX / 2 &&
		    get(r, names + value, name, length, NULL) == 0 &&
		    memcmp(name, prefix, length) == 0)
			return true;
	}
	return false;
}

bool elf_needs(const char *prefix, elf_read_fn read, void *arg)
{
	struct elf elf = { 0 };
	struct reader r = { .elf = &elf, .read = read, .arg = arg };
	struct dynamic dynamic = { 0 };
	bool found;

	found = read_ident(&r, NULL) == 0 && read_header(&r, NULL) == 0 &&
		read_dynamic(&r, &dynamic) == 0 && needs(&r, &dynamic, prefix);
	free(dynamic.data);
	return found;
}

void elf_free(struct elf *elf)
{
	free(elf->interpreter);
	*elf = (struct elf){ 0 };
}
