// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/manifest.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define HEADER_WORDS "slurm-checkpoint manifest "
#define HEADER	     HEADER_WORDS "1\n"
#define FORMAT	     1

/* ---- what can be said in a line ---- */

static int valid_file_name(const char *name)
{
	if (*name == '\0' || *name == '.' || *name == '-')
		return 0;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("._-+", *name))
			return 0;
	}
	return 1;
}

static int valid_attr_name(const char *name)
{
	return *name &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static int valid_digest(const char *hex)
{
	return strlen(hex) == DIGEST_HEX && strspn(hex, "0123456789abcdef") == DIGEST_HEX;
}

/* -1 and errno: nothing is written that would be refused when it is read. */
static int invalid(void)
{
	errno = EINVAL;
	return -1;
}

/* ---- building ---- */

/* Room for one more element of size bytes in an array of count; NULL without memory. */
static void *grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array; /* room was made at the last power of two */
	return reallocarray(array, count ? count * 2 : 1, size);
}

int manifest_set(struct manifest *m, const char *name, const char *format, ...)
{
	struct manifest_attr *grown;
	char *value = NULL;
	va_list ap;

	if (!valid_attr_name(name))
		return invalid();
	va_start(ap, format);
	if (vasprintf(&value, format, ap) < 0)
		value = NULL;
	va_end(ap);
	if (!value)
		return -1;
	for (size_t i = 0; i < m->nattrs; i++) {
		if (!strcmp(m->attrs[i].name, name)) {
			free(m->attrs[i].value);
			m->attrs[i].value = value;
			return 0;
		}
	}
	grown = grow(m->attrs, m->nattrs, sizeof(*m->attrs));
	if (grown)
		m->attrs = grown;
	if (!grown || !(m->attrs[m->nattrs].name = strdup(name))) {
		free(value);
		return -1;
	}
	m->attrs[m->nattrs++].value = value;
	return 0;
}

int manifest_add_file(struct manifest *m, const char *name, uint64_t size,
		      const char digest[DIGEST_HEX + 1])
{
	struct manifest_file *f;

	if (!valid_file_name(name) || !valid_digest(digest) || size > INT64_MAX)
		return invalid();
	f = grow(m->files, m->nfiles, sizeof(*f));
	if (!f)
		return -1;
	m->files = f;
	f += m->nfiles;
	memset(f, 0, sizeof(*f));
	f->name = strdup(name);
	if (!f->name)
		return -1;
	f->size = size;
	memcpy(f->digest, digest, DIGEST_HEX);
	m->nfiles++;
	return 0;
}

static int add_output(struct manifest *m, const char *path, uint64_t length,
		      const char *copy)
{
	struct manifest_output *o;

	if (*path != '/' || length > INT64_MAX)
		return invalid();
	o = grow(m->outputs, m->noutputs, sizeof(*o));
	if (!o)
		return -1;
	m->outputs = o;
	o += m->noutputs;
	memset(o, 0, sizeof(*o));
	o->path = strdup(path);
	o->copy = copy ? strdup(copy) : NULL;
	if (!o->path || (copy && !o->copy)) {
		free(o->path);
		free(o->copy);
		return -1;
	}
	o->length = length;
	m->noutputs++;
	return 0;
}

int manifest_add_output(struct manifest *m, const char *path, uint64_t length,
			const char *copy)
{
	if (copy && !manifest_find_file(m, copy))
		return invalid();
	return add_output(m, path, length, copy);
}

/* ---- asking ---- */

const char *manifest_get(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->nattrs; i++) {
		if (!strcmp(m->attrs[i].name, name))
			return m->attrs[i].value;
	}
	return NULL;
}

int manifest_get_number(const struct manifest *m, const char *name,
			unsigned long long max, unsigned long long *value)
{
	const char *text = manifest_get(m, name);

	return text ? str_to_ull(text, max, value) : -1;
}

const struct manifest_file *manifest_find_file(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->nfiles; i++) {
		if (!strcmp(m->files[i].name, name))
			return &m->files[i];
	}
	return NULL;
}

uint64_t manifest_bytes(const struct manifest *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->nfiles; i++)
		sum += m->files[i].size;
	return sum;
}

/* ---- text ---- */

/* Write text with what would end or confuse a line as %XX. */
static void put_escaped(FILE *f, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < ' ' || *p == '%' || *p == 0x7f)
			fprintf(f, "%%%02X", *p);
		else
			fputc(*p, f);
	}
}

char *manifest_encode(const struct manifest *m, size_t *size)
{
	char hex[DIGEST_HEX + 1];
	char *text = NULL;
	FILE *f = open_memstream(&text, size);

	if (!f)
		return NULL;
	fputs(HEADER, f);
	for (size_t i = 0; i < m->nattrs; i++) {
		fprintf(f, "attr %s ", m->attrs[i].name);
		put_escaped(f, m->attrs[i].value);
		fputc('\n', f);
	}
	for (size_t i = 0; i < m->nfiles; i++)
		fprintf(f, "file %" PRIu64 " %s %s\n", m->files[i].size,
			m->files[i].digest, m->files[i].name);
	for (size_t i = 0; i < m->noutputs; i++) {
		fprintf(f, "output %" PRIu64 " %s ", m->outputs[i].length,
			m->outputs[i].copy ? m->outputs[i].copy : "-");
		put_escaped(f, m->outputs[i].path);
		fputc('\n', f);
	}
	if (fflush(f) == 0) {
		digest_of(text, *size, hex);
		fprintf(f, "end %s\n", hex);
	}
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Undo put_escaped in place. */
static int unescape(char *text)
{
	char *to = text;

	for (char *from = text; *from; from++) {
		int high, low;

		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = hex_value(from[1]);
		low = high < 0 ? -1 : hex_value(from[2]);
		if (low < 0 || (high == 0 && low == 0))
			return -1;
		*to++ = (char)(high * 16 + low);
		from += 2;
	}
	*to = '\0';
	return 0;
}

/* Cut the first word off *line; NULL if there is no further word. */
static char *next_word(char **line)
{
	char *word = *line ? strsep(line, " ") : NULL;

	return word && *word ? word : NULL;
}

static int decode_attr(struct manifest *m, char *rest)
{
	char *name = next_word(&rest);

	if (!name || !rest || manifest_get(m, name) || unescape(rest) < 0)
		return -1;
	return manifest_set(m, name, "%s", rest);
}

static int decode_file(struct manifest *m, char *rest)
{
	char *size_text = next_word(&rest);
	char *digest = next_word(&rest);
	unsigned long long size;

	if (!size_text || !digest || !rest || str_to_ull(size_text, INT64_MAX, &size) < 0)
		return -1;
	return manifest_add_file(m, rest, size, digest);
}

static int decode_output(struct manifest *m, char *rest)
{
	char *length_text = next_word(&rest);
	char *copy = next_word(&rest);
	unsigned long long length;

	if (!length_text || !copy || !rest ||
	    str_to_ull(length_text, INT64_MAX, &length) < 0)
		return -1;
	if (!strcmp(copy, "-"))
		copy = NULL;
	if (unescape(rest) < 0)
		return -1;
	return add_output(m, rest, length, copy);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each file has a line, and each copy is one of them. */
static int check_files(const struct manifest *m, struct error *e)
{
	cleanup_free char **names = calloc(m->nfiles + 1, sizeof(*names));

	if (!names)
		return error_sys(e, "manifest");
	for (size_t i = 0; i < m->nfiles; i++)
		names[i] = m->files[i].name;
	if (m->nfiles)
		qsort(names, m->nfiles, sizeof(*names), by_name);
	for (size_t i = 1; i < m->nfiles; i++) {
		if (!strcmp(names[i - 1], names[i]))
			return error_set(e, "manifest has the file %s twice", names[i]);
	}
	for (size_t i = 0; i < m->noutputs; i++) {
		char *const *copy = &m->outputs[i].copy;

		if (*copy && !bsearch(copy, names, m->nfiles, sizeof(*names), by_name))
			return error_set(e, "manifest lists no file %s", *copy);
	}
	return 0;
}

static bool has_too_many(const struct manifest *m, enum user_file kind)
{
	const struct user_file_limit *limit = &user_file_limits[kind];

	return m->nattrs > limit->attrs || m->nfiles + m->noutputs > limit->entries;
}

static int decode_line(struct manifest *m, char *line)
{
	char *kind = next_word(&line);

	if (!kind || !line)
		return -1;
	if (!strcmp(kind, "attr"))
		return decode_attr(m, line);
	if (!strcmp(kind, "file"))
		return decode_file(m, line);
	if (!strcmp(kind, "output"))
		return decode_output(m, line);
	return -1;
}

/* The format that the header names, of at least that many bytes; or 0. */
static unsigned int format_of(const char *text)
{
	const char *number = text + sizeof(HEADER_WORDS) - 1;
	size_t digits;

	if (memcmp(text, HEADER_WORDS, sizeof(HEADER_WORDS) - 1) != 0)
		return 0;
	digits = strspn(number, "0123456789");
	if (digits == 0 || digits > 3 || number[digits] != '\n')
		return 0;
	return (unsigned int)strtoul(number, NULL, 10);
}

/* Check the closing digest; the size of what it covers, or 0. */
static size_t covered_size(const char *text, size_t size)
{
	const size_t end = sizeof("end \n") - 1 + DIGEST_HEX;
	char hex[DIGEST_HEX + 1];
	size_t covered;

	if (size < sizeof(HEADER) - 1 + end || format_of(text) == 0)
		return 0;
	covered = size - end;
	if (text[covered - 1] != '\n' || memcmp(text + covered, "end ", 4) != 0 ||
	    text[size - 1] != '\n')
		return 0;
	digest_of(text, covered, hex);
	return memcmp(text + covered + 4, hex, DIGEST_HEX) == 0 ? covered : 0;
}

int manifest_decode(struct manifest *m, enum user_file kind, const char *text,
		    size_t size, struct error *e)
{
	size_t covered = covered_size(text, size);
	cleanup_free char *copy = NULL;
	char *rest;
	unsigned int number = 1;

	memset(m, 0, sizeof(*m));
	if (covered == 0 || memchr(text, '\0', covered))
		return error_set(e, "manifest is damaged");
	if (format_of(text) != FORMAT) {
		error_set(e, "manifest is of a later version of slurm-checkpoint than "
			     "this one, " VERSION);
		errno = EPROTONOSUPPORT;
		return -1;
	}
	copy = strndup(text, covered);
	if (!copy)
		return error_sys(e, "manifest");
	rest = copy + sizeof(HEADER) - 1;
	while (*rest) {
		char *line = strsep(&rest, "\n");

		number++;
		if (decode_line(m, line) < 0)
			return error_set(e, "manifest line %u cannot be understood",
					 number);
		if (has_too_many(m, kind))
			return error_set(e, "manifest has more lines than it may");
	}
	return check_files(m, e);
}

int manifest_read(struct manifest *m, int dirfd, const char *name, enum user_file kind,
		  struct error *e)
{
	size_t size;
	cleanup_free char *text = user_file_read(dirfd, name, kind, &size, e);

	memset(m, 0, sizeof(*m));
	if (!text)
		return -1;
	errno = 0;
	if (manifest_decode(m, kind, text, size, e) == 0)
		return 0;
	if (errno != EPROTONOSUPPORT)
		errno = EBADMSG;
	return -1;
}

void manifest_free(struct manifest *m)
{
	for (size_t i = 0; i < m->nattrs; i++) {
		free(m->attrs[i].name);
		free(m->attrs[i].value);
	}
	for (size_t i = 0; i < m->nfiles; i++)
		free(m->files[i].name);
	for (size_t i = 0; i < m->noutputs; i++) {
		free(m->outputs[i].path);
		free(m->outputs[i].copy);
	}
	free(m->attrs);
	free(m->files);
	free(m->outputs);
	memset(m, 0, sizeof(*m));
}
