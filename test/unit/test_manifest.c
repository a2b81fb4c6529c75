// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "testing.h"

#define HEADER "slurm-checkpoint manifest 1\n"
#define HEX    "0123456789abcdef0123456789abcdef"

#define cleanup_manifest __attribute__((cleanup(manifest_free)))

/* The text with the closing line that makes it whole; owned by the caller. */
static char *closed(const char *text)
{
	char hex[DIGEST_HEX + 1];

	digest_of(text, strlen(text), hex);
	return str_printf("%send %s\n", text, hex);
}

static void assert_refused(const char *text, size_t size, const char *why)
{
	cleanup_manifest struct manifest m;
	struct error e = { .text = "" };

	if (manifest_decode(&m, USER_FILE_MANIFEST, text, size, &e) == 0)
		fail_msg("taken for a manifest: %s", text);
	assert_says(&e, why);
}

static void make_full(struct manifest *m)
{
	*m = (struct manifest){ 0 };
	assert_int_equal(manifest_set(m, "job", "%u", 42), 0);
	assert_int_equal(manifest_set(m, "node", "%s", "n1"), 0);
	assert_int_equal(manifest_add_file(m, "pages-1.img", 4096, HEX), 0);
	assert_int_equal(manifest_add_file(m, "output-1", 7, HEX), 0);
	assert_int_equal(manifest_add_output(m, "/home/u/a b%\n.out", 7, "output-1"), 0);
	assert_int_equal(manifest_add_output(m, "/home/u/log", 0, NULL), 0);
}

static void what_was_said_is_read_again(void **state)
{
	cleanup_manifest struct manifest m;
	cleanup_manifest struct manifest again;
	cleanup_free char *text = NULL;
	struct error e;
	size_t size;

	make_full(&m);
	text = manifest_encode(&m, &size);
	assert_non_null(text);
	assert_int_equal(manifest_decode(&again, USER_FILE_MANIFEST, text, size, &e), 0);
	assert_int_equal(again.nattrs, 2);
	assert_string_equal(manifest_get(&again, "job"), "42");
	assert_string_equal(manifest_get(&again, "node"), "n1");
	assert_null(manifest_get(&again, "jo"));
	assert_int_equal(again.nfiles, 2);
	assert_int_equal(manifest_find_file(&again, "pages-1.img")->size, 4096);
	assert_string_equal(manifest_find_file(&again, "pages-1.img")->digest, HEX);
	assert_null(manifest_find_file(&again, "pages-2.img"));
	assert_int_equal(manifest_bytes(&again), 4096 + 7);
	assert_int_equal(again.noutputs, 2);
	assert_string_equal(again.outputs[0].path, "/home/u/a b%\n.out");
	assert_int_equal(again.outputs[0].length, 7);
	assert_string_equal(again.outputs[0].copy, "output-1");
	assert_null(again.outputs[1].copy);
}

/* Stores outlive releases: doc/store-format.md is this text. */
static void the_format_is_as_documented(void **state)
{
	cleanup_manifest struct manifest m;
	cleanup_free char *text = NULL;
	cleanup_free char *want =
		closed(HEADER "attr job 42\n"
			      "attr node n1\n"
			      "file 4096 " HEX " pages-1.img\n"
			      "file 7 " HEX " output-1\n"
			      "output 7 output-1 /home/u/a b%25%0A.out\n"
			      "output 0 - /home/u/log\n");
	size_t size;

	make_full(&m);
	text = manifest_encode(&m, &size);
	assert_string_equal(text, want);
	assert_int_equal(size, strlen(want));
}

static void an_empty_manifest_is_one(void **state)
{
	cleanup_manifest struct manifest m = { 0 };
	cleanup_free char *text = NULL;
	struct error e;
	size_t size;

	text = manifest_encode(&m, &size);
	assert_int_equal(manifest_decode(&m, USER_FILE_MANIFEST, text, size, &e), 0);
	assert_int_equal(m.nattrs + m.nfiles + m.noutputs, 0);
}

static void any_byte_can_be_in_a_value_or_a_path(void **state)
{
	char every[256], path[258] = "/";
	cleanup_manifest struct manifest m = { 0 };
	cleanup_manifest struct manifest again;
	cleanup_free char *text = NULL;
	struct error e;
	size_t size;

	for (int i = 0; i < 255; i++)
		every[i] = (char)(i + 1);
	every[255] = '\0';
	memcpy(path + 1, every, sizeof(every));
	assert_int_equal(manifest_set(&m, "every", "%s", every), 0);
	assert_int_equal(manifest_set(&m, "empty", "%s", ""), 0);
	assert_int_equal(manifest_set(&m, "space", "%s", " a  b "), 0);
	assert_int_equal(manifest_add_output(&m, path, 1, NULL), 0);
	text = manifest_encode(&m, &size);
	assert_int_equal(manifest_decode(&again, USER_FILE_MANIFEST, text, size, &e), 0);
	assert_string_equal(manifest_get(&again, "every"), every);
	assert_string_equal(manifest_get(&again, "empty"), "");
	assert_string_equal(manifest_get(&again, "space"), " a  b ");
	assert_string_equal(again.outputs[0].path, path);
}

static void many_of_everything_are_kept_in_order(void **state)
{
	enum { MANY = 1000 };
	cleanup_manifest struct manifest m = { 0 };
	cleanup_manifest struct manifest again;
	cleanup_free char *text = NULL;
	struct error e;
	size_t size;

	for (unsigned int i = 0; i < MANY; i++) {
		cleanup_free char *name = str_printf("name-%u", i);
		cleanup_free char *path = str_printf("/%u", i);

		assert_int_equal(manifest_set(&m, name, "%u", i), 0);
		assert_int_equal(manifest_add_file(&m, name, i, HEX), 0);
		assert_int_equal(manifest_add_output(&m, path, i, i & 1 ? name : NULL),
				 0);
	}
	text = manifest_encode(&m, &size);
	assert_int_equal(manifest_decode(&again, USER_FILE_MANIFEST, text, size, &e), 0);
	assert_int_equal(again.nattrs, MANY);
	assert_int_equal(again.nfiles, MANY);
	assert_int_equal(again.noutputs, MANY);
	for (unsigned int i = 0; i < MANY; i++) {
		assert_int_equal(atoi(again.attrs[i].value), i);
		assert_int_equal(again.files[i].size, i);
		assert_int_equal(again.outputs[i].length, i);
	}
}

static void a_newer_value_replaces_the_older(void **state)
{
	cleanup_manifest struct manifest m = { 0 };

	assert_int_equal(manifest_set(&m, "a", "1"), 0);
	assert_int_equal(manifest_set(&m, "b", "2"), 0);
	assert_int_equal(manifest_set(&m, "a", "%s", manifest_get(&m, "b")), 0);
	assert_int_equal(m.nattrs, 2);
	assert_string_equal(manifest_get(&m, "a"), "2");
}

static void a_number_is_a_number_and_not_too_large(void **state)
{
	static const struct {
		const char *value;
		unsigned long long max;
		int rc;
	} cases[] = {
		{ "0", 0, 0 },	  { "17", 17, 0 },  { "18", 17, -1 },  { "", 99, -1 },
		{ "-1", 99, -1 }, { "1 ", 99, -1 }, { "one", 99, -1 },
	};
	cleanup_manifest struct manifest m = { 0 };
	unsigned long long value;

	assert_int_equal(manifest_get_number(&m, "n", 99, &value), -1);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		assert_int_equal(manifest_set(&m, "n", "%s", cases[i].value), 0);
		assert_int_equal(manifest_get_number(&m, "n", cases[i].max, &value),
				 cases[i].rc);
	}
}

static void a_manifest_cut_anywhere_is_refused(void **state)
{
	cleanup_manifest struct manifest m;
	cleanup_free char *text = NULL;
	size_t size;

	make_full(&m);
	text = manifest_encode(&m, &size);
	for (size_t n = 0; n < size; n++) {
		/* A block of just that size, so that a sanitizer sees any read after it.
		 */
		cleanup_free char *cut = malloc(n ? n : 1);

		memcpy(cut, text, n);
		assert_refused(cut, n, "manifest is damaged");
	}
}

static void a_manifest_with_any_bit_flipped_is_refused(void **state)
{
	cleanup_manifest struct manifest m;
	cleanup_free char *text = NULL;
	size_t size;

	make_full(&m);
	text = manifest_encode(&m, &size);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		text[bit / 8] ^= (char)(1 << bit % 8);
		assert_refused(text, size, "manifest is damaged");
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void a_manifest_with_anything_after_it_is_refused(void **state)
{
	static const char *const tails[] = { "\n", "x", "attr a b\n", HEADER };
	cleanup_free char *text = closed(HEADER "attr job 1\n");

	for (size_t i = 0; i < LENGTH(tails); i++) {
		cleanup_free char *longer = str_printf("%s%s", text, tails[i]);

		assert_refused(longer, strlen(longer), "manifest is damaged");
	}
	assert_refused(text, strlen(text) + 1, "manifest is damaged");
}

/* Of another release, or of another program altogether. */
static void another_format_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"slurm-checkpoint manifest 0\n",
		"slurm-checkpoint manifest x\n",
		"slurm-checkpoint manifest 1\r\n",
		"\nslurm-checkpoint manifest 1\n",
		"slurm-checkpoint manifest 1",
		"attr job 1\n",
	};

	for (size_t i = 0; i < LENGTH(texts); i++) {
		cleanup_free char *text = closed(texts[i]);

		assert_refused(text, strlen(text), "manifest is damaged");
	}
}

static void a_later_format_is_refused_as_such(void **state)
{
	static const char *const texts[] = {
		"slurm-checkpoint manifest 2\n",
		"slurm-checkpoint manifest 10\nsomething new\n",
	};

	for (size_t i = 0; i < LENGTH(texts); i++) {
		cleanup_free char *text = closed(texts[i]);

		errno = 0;
		assert_refused(text, strlen(text), "manifest is of a later version");
		assert_int_equal(errno, EPROTONOSUPPORT);
		text[strlen(texts[i]) - 2]++;
		assert_refused(text, strlen(text), "manifest is damaged");
	}
}

static void a_line_that_cannot_be_understood_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"attr",
		"attr ",
		"attr name",
		"attr Name value",
		"attr na_me value",
		"attr  value",
		"attr a %",
		"attr a %0",
		"attr a %zz",
		"attr a %0a",
		"attr a %00",
		"Attr a b",
		" attr a b",
		"file",
		"file 1",
		"file 1 " HEX,
		"file 1 " HEX " ",
		"file 1 " HEX " a/b",
		"file 1 " HEX " ..",
		"file 1 " HEX " .",
		"file 1 " HEX " .hidden",
		"file 1 " HEX " -x",
		"file 1 " HEX " a b",
		"file 1 " HEX " a%41",
		"file 1 0123456789abcdef a",
		"file 1 0123456789ABCDEF0123456789ABCDEF a",
		"file 1 " HEX "0 a",
		"file -1 " HEX " a",
		"file x " HEX " a",
		"file 9223372036854775808 " HEX " a",
		"output",
		"output 1",
		"output 1 -",
		"output 1 - ",
		"output 1 - relative",
		"output 1 - /a%",
		"output 1 - /a%00b",
		"output 1 - %2",
		"output x - /path",
		"output 9223372036854775808 - /path",
		"other a b",
		"end " HEX,
	};

	for (size_t i = 0; i < LENGTH(lines); i++) {
		cleanup_free char *inner =
			str_printf(HEADER "attr job 1\n%s\n", lines[i]);
		cleanup_free char *text = closed(inner);

		assert_refused(text, strlen(text),
			       "manifest line 3 cannot be understood");
	}
}

static void a_copy_that_is_no_file_and_a_file_said_twice_are_refused(void **state)
{
	static const struct {
		const char *lines, *why;
	} cases[] = {
		{ "output 1 none /path\n", "lists no file none" },
		{ "output 1 ../a /path\n", "lists no file ../a" },
		{ "file 1 " HEX " a\noutput 1 b /path\n", "lists no file b" },
		{ "file 1 " HEX " a\nfile 1 " HEX " b\nfile 2 " HEX " a\n",
		  "has the file a twice" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_free char *inner = str_printf(HEADER "%s", cases[i].lines);
		cleanup_free char *text = closed(inner);

		assert_refused(text, strlen(text), cases[i].why);
	}
}

static void an_attribute_said_twice_is_refused(void **state)
{
	cleanup_free char *text = closed(HEADER "attr job 1\nattr user u\nattr job 2\n");

	assert_refused(text, strlen(text), "manifest line 4");
}

static void a_zero_byte_is_refused(void **state)
{
	char text[] = HEADER "attr job 1\0attr a b\n";
	char whole[sizeof(text) + 5 + DIGEST_HEX + 1], hex[DIGEST_HEX + 1];
	const size_t size = sizeof(text) - 1;

	digest_of(text, size, hex);
	memcpy(whole, text, size);
	memcpy(whole + size, "end ", 4);
	memcpy(whole + size + 4, hex, DIGEST_HEX);
	whole[size + 4 + DIGEST_HEX] = '\n';
	assert_refused(whole, size + 5 + DIGEST_HEX, "manifest is damaged");
}

/* Or a generation would be committed that nobody can read. */
static void what_could_not_be_read_again_is_not_taken(void **state)
{
	static const char *const attrs[] = { "", "a b", "A", "a_b", "a\n" };
	static const char *const files[] = { "",    ".",   "..",   "-",
					     "a/b", "a b", "a\nb", "\xc3\xa4" };
	static const char *const digests[] = { "", "0123", HEX "0",
					       "0123456789ABCDEF0123456789ABCDEF" };
	cleanup_manifest struct manifest m = { 0 };

	for (size_t i = 0; i < LENGTH(attrs); i++) {
		errno = 0;
		assert_int_equal(manifest_set(&m, attrs[i], "x"), -1);
		assert_int_equal(errno, EINVAL);
	}
	for (size_t i = 0; i < LENGTH(files); i++)
		assert_int_equal(manifest_add_file(&m, files[i], 1, HEX), -1);
	for (size_t i = 0; i < LENGTH(digests); i++)
		assert_int_equal(manifest_add_file(&m, "a", 1, digests[i]), -1);
	assert_int_equal(manifest_add_file(&m, "a", UINT64_MAX, HEX), -1);
	assert_int_equal(manifest_add_output(&m, "relative", 1, NULL), -1);
	assert_int_equal(manifest_add_output(&m, "", 1, NULL), -1);
	assert_int_equal(manifest_add_output(&m, "/path", 1, "no-such-file"), -1);
	assert_int_equal(m.nattrs + m.nfiles + m.noutputs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_said_is_read_again),
		cmocka_unit_test(the_format_is_as_documented),
		cmocka_unit_test(an_empty_manifest_is_one),
		cmocka_unit_test(any_byte_can_be_in_a_value_or_a_path),
		cmocka_unit_test(many_of_everything_are_kept_in_order),
		cmocka_unit_test(a_newer_value_replaces_the_older),
		cmocka_unit_test(a_number_is_a_number_and_not_too_large),
		cmocka_unit_test(a_manifest_cut_anywhere_is_refused),
		cmocka_unit_test(a_manifest_with_any_bit_flipped_is_refused),
		cmocka_unit_test(a_manifest_with_anything_after_it_is_refused),
		cmocka_unit_test(another_format_is_refused),
		cmocka_unit_test(a_later_format_is_refused_as_such),
		cmocka_unit_test(a_line_that_cannot_be_understood_is_refused),
		cmocka_unit_test(
			a_copy_that_is_no_file_and_a_file_said_twice_are_refused),
		cmocka_unit_test(an_attribute_said_twice_is_refused),
		cmocka_unit_test(a_zero_byte_is_refused),
		cmocka_unit_test(what_could_not_be_read_again_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
