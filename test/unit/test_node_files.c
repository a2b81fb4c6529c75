// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/node_files.h"

#include <stdio.h>

#include "testing.h"

struct seen {
	size_t count;
	char last[64];
	mode_t mode;
};

static int see(void *arg, const struct node_file *file, struct error *e)
{
	struct seen *seen = arg;

	(void)e;
	seen->count++;
	seen->mode = file->mode;
	snprintf(seen->last, sizeof(seen->last), "%s=%s", file->name, file->path);
	return 0;
}

static struct seen each(const char *attribute)
{
	struct manifest m = { 0 };
	struct seen seen = { 0 };
	struct error e;

	assert_int_equal(manifest_set(&m, NODE_FILES, "%s", attribute), 0);
	assert_int_equal(node_files_each(&m, see, &seen, &e), 0);
	manifest_free(&m);
	return seen;
}

static void test_each_is_called(void **state)
{
	struct seen seen =
		each("644 node-file-0 /etc/passwd\n4600 node-file-1 /etc/a b\n");

	(void)state;
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.mode, 0600);
	assert_string_equal(seen.last, "node-file-1=/etc/a b");
}

/* What a user has written there puts nothing in another place than /etc. */
static void test_hostile_lines_are_left_out(void **state)
{
	static const char *const lines[] = {
		"",	   "644",
		"644 a",   "644 a /home/alice/.profile\n",
		"644 a /", "644 ../../other/1/pages /etc/passwd\n",
		" ",	   "644 a /etc/../root/.profile\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(each(lines[i]).count, 0);
}

static void test_where_they_are(void **state)
{
	(void)state;
	assert_true(node_files_hold("/etc/ld.so.cache"));
	assert_false(node_files_hold("/etcetera"));
	assert_false(node_files_hold("/usr/etc/x"));
	assert_false(node_files_hold("/etc/a\nb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_called),
		cmocka_unit_test(test_hostile_lines_are_left_out),
		cmocka_unit_test(test_where_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
