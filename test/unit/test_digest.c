// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/digest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "testing.h"

/* What "xxh128sum" prints, so that a store can be checked without this program. */
static void the_digest_is_what_xxh128sum_prints(void **state)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{ "", "99aa06d3014798d86001c324468d497f" },
		{ "a", "a96faf705af16834e6c632b61e964e1f" },
		{ "abc", "06b05ab6733a618578af5f94892f3950" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		char hex[DIGEST_HEX + 1];

		digest_of(cases[i].text, strlen(cases[i].text), hex);
		assert_string_equal(hex, cases[i].hex);
	}
}

enum { SIZE = (3 << 20) + 17 }; /* bytes: more than is read at once */

static char *make_data(void)
{
	char *data = malloc(SIZE);

	assert_non_null(data);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)(i * 2654435761u >> 11);
	return data;
}

static void in_pieces_or_at_once_or_from_a_file_it_is_the_same(void **state)
{
	static const size_t pieces[] = { 1 << 12, 65537, 1 << 20, SIZE };
	struct place *p = *state;
	cleanup_free char *data = make_data();
	char whole[DIGEST_HEX + 1], hex[DIGEST_HEX + 1];
	cleanup_close int fd = -1;
	struct error e;
	uint64_t size;

	digest_of(data, SIZE, whole);
	assert_int_equal(strlen(whole), DIGEST_HEX);
	for (size_t i = 0; i < LENGTH(pieces); i++) {
		struct digest *d = digest_new();

		for (size_t at = 0; at < SIZE; at += pieces[i])
			digest_add(d, data + at,
				   at + pieces[i] < SIZE ? pieces[i] : SIZE - at);
		digest_hex(d, hex);
		assert_string_equal(hex, whole);
		digest_free(d);
	}
	put_bytes(p->fd, "f", data, SIZE);
	fd = openat(p->fd, "f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(digest_of_fd(fd, "f", SIZE, hex, &size, &e), 0);
	assert_int_equal(size, SIZE);
	assert_string_equal(hex, whole);
}

/* As a file may that grows while it is read. */
static void no_more_is_read_than_is_asked_for(void **state)
{
	cleanup_close int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	cleanup_free char *zeros = calloc(1, SIZE);
	char hex[DIGEST_HEX + 1], whole[DIGEST_HEX + 1];
	struct error e;
	uint64_t size;

	(void)state;
	digest_of(zeros, SIZE, whole);
	assert_int_equal(digest_of_fd(fd, "f", SIZE, hex, &size, &e), 0);
	assert_int_equal(size, SIZE);
	assert_string_equal(hex, whole);
}

static void every_bit_counts(void **state)
{
	cleanup_free char *data = make_data();
	char before[DIGEST_HEX + 1], after[DIGEST_HEX + 1];

	digest_of(data, 1000, before);
	for (size_t bit = 0; bit < 8000; bit++) {
		data[bit / 8] ^= (char)(1 << bit % 8);
		digest_of(data, 1000, after);
		assert_string_not_equal(before, after);
		data[bit / 8] ^= (char)(1 << bit % 8);
	}
	digest_of(data, 999, after);
	assert_string_not_equal(before, after);
}

static void no_bytes_have_a_digest_too(void **state)
{
	struct digest *d = digest_new();
	char running[DIGEST_HEX + 1], at_once[DIGEST_HEX + 1];

	digest_hex(d, running);
	digest_of("", 0, at_once);
	assert_string_equal(running, at_once);
	digest_free(d);
	digest_free(NULL);
}

static void what_cannot_be_read_has_no_digest(void **state)
{
	struct place *p = *state;
	char hex[DIGEST_HEX + 1];
	struct error e;
	uint64_t size;

	assert_int_equal(digest_of_fd(p->fd, "dir", SIZE, hex, &size, &e), -1);
	assert_says(&e, "dir: Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(the_digest_is_what_xxh128sum_prints),
		in_place(in_pieces_or_at_once_or_from_a_file_it_is_the_same),
		cmocka_unit_test(no_more_is_read_than_is_asked_for),
		in_place(every_bit_counts),
		in_place(no_bytes_have_a_digest_too),
		in_place(what_cannot_be_read_has_no_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
