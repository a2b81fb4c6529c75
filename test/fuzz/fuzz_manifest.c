// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_manifest.c - no manifest, however odd, reads or writes outside what it may;
 * and what is taken is the same when it is written and read again.
 *
 * A digest is not found by trying. So the data is read twice, as it is, and as the
 * lines between the header and a closing digest that fits; and lines that are right
 * are put in for the fuzzer to spoil.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/manifest.h"

#define HEADER "slurm-checkpoint manifest 1\n"
#define END    (sizeof("end \n") - 1 + DIGEST_HEX)

#define HEX "0123456789abcdef0123456789abcdef"

/* libFuzzer's, and what it calls here. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

/* What the store does with names without another look. */
static void check_promises(const struct manifest *m)
{
	for (size_t i = 0; i < m->nfiles; i++) {
		must(m->files[i].name[0] && !strchr(m->files[i].name, '/') &&
		     m->files[i].name[0] != '.');
		must(strlen(m->files[i].digest) == DIGEST_HEX);
		must(m->files[i].size <= INT64_MAX);
	}
	for (size_t i = 0; i < m->noutputs; i++) {
		must(m->outputs[i].path[0] == '/' && m->outputs[i].length <= INT64_MAX);
		must(!m->outputs[i].copy || manifest_find_file(m, m->outputs[i].copy));
	}
}

static int same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void check_same(const struct manifest *a, const struct manifest *b)
{
	must(a->nattrs == b->nattrs && a->nfiles == b->nfiles &&
	     a->noutputs == b->noutputs);
	for (size_t i = 0; i < a->nattrs; i++) {
		must(!strcmp(a->attrs[i].name, b->attrs[i].name));
		must(!strcmp(a->attrs[i].value, b->attrs[i].value));
	}
	for (size_t i = 0; i < a->nfiles; i++) {
		must(!strcmp(a->files[i].name, b->files[i].name));
		must(!strcmp(a->files[i].digest, b->files[i].digest));
		must(a->files[i].size == b->files[i].size);
	}
	for (size_t i = 0; i < a->noutputs; i++) {
		must(!strcmp(a->outputs[i].path, b->outputs[i].path));
		must(same_text(a->outputs[i].copy, b->outputs[i].copy));
		must(a->outputs[i].length == b->outputs[i].length);
	}
}

static void read_text(const char *text, size_t size)
{
	struct manifest m, again;
	struct error e = { .text = "" };

	if (manifest_decode(&m, USER_FILE_MANIFEST, text, size, &e) == 0) {
		size_t written;
		cleanup_free char *copy = manifest_encode(&m, &written);

		check_promises(&m);
		must(copy &&
		     manifest_decode(&again, USER_FILE_MANIFEST, copy, written, &e) == 0);
		check_same(&m, &again);
		manifest_free(&again);
	} else {
		must(e.text[0]);
	}
	manifest_free(&m);
}

/* The data between a header and the end that fits, unless it has them itself. */
static char *make_whole(const uint8_t *data, size_t size, size_t *whole)
{
	const int has_header =
		size >= sizeof(HEADER) - 1 && !memcmp(data, HEADER, sizeof(HEADER) - 1);
	const size_t header = has_header ? 0 : sizeof(HEADER) - 1;
	char hex[DIGEST_HEX + 1];
	char *text;

	if (size >= END && !memcmp(data + size - END, "end ", 4))
		size -= END;
	text = malloc(header + size + 1 + END + 1);
	if (!text)
		return NULL;
	memcpy(text, HEADER, header);
	if (size)
		memcpy(text + header, data, size);
	*whole = header + size;
	if (*whole && text[*whole - 1] != '\n')
		text[(*whole)++] = '\n';
	digest_of(text, *whole, hex);
	*whole += (size_t)sprintf(text + *whole, "end %s\n", hex);
	return text;
}

static const char *const right_lines[] = {
	"attr job 1\n",
	"attr node-name a%0Ab c\n",
	"file 0 " HEX " a\n",
	"file 9223372036854775807 " HEX " tmpfs-dev-1.tar.gz.img\n",
	"output 0 a /a\n",
	"output 9223372036854775807 - /b c%25%0A\n",
	HEADER,
	"end " HEX "\n",
};

/* Now and then put in a right line before a line of the data. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	const char *line = right_lines[seed / 4 % (sizeof(right_lines) / sizeof(char *))];
	const size_t length = strlen(line);
	size_t at = size ? seed / 64 % size : 0;

	if (seed % 4 != 0 || size + length > max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	while (at > 0 && data[at - 1] != '\n')
		at--;
	memmove(data + at + length, data + at, size - at);
	memcpy(data + at, line, length);
	return size + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t whole_size = 0;
	cleanup_free char *whole = make_whole(data, size, &whole_size);

	read_text((const char *)data, size);
	if (whole)
		read_text(whole, whole_size);
	return 0;
}
