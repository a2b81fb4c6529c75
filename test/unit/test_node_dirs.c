// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/node_dirs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "testing.h"

static void which_paths_a_node_has_for_itself(void **state)
{
	(void)state;
	assert_true(node_dirs_hold("/tmp/x"));
	assert_true(node_dirs_hold("/var/tmp/x/y"));
	assert_false(node_dirs_hold("/tmp"));
	assert_false(node_dirs_hold("/tmpx/y"));
	assert_false(node_dirs_hold("/home/tmp/x"));
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void directories_are_made_again_with_their_modes(void **state)
{
	char top[] = "/tmp/test_node_dirs.XXXXXX";
	cleanup_free char *below = NULL, *file = NULL;
	struct manifest m = { 0 };
	struct error e;

	(void)state;
	assert_non_null(mkdtemp(top));
	below = str_printf("%s/a b", top);
	file = str_printf("%s/a b/log", top);
	assert_int_equal(mkdir(below, 0700), 0);
	assert_int_equal(chmod(below, 0750), 0);
	assert_int_equal(node_dirs_note(&m, file), 0);
	assert_int_equal(node_dirs_note(&m, below), 0);
	assert_int_equal(node_dirs_note(&m, "/elsewhere/x"), 0);
	assert_true(node_dirs_noted(&m, top));
	assert_true(node_dirs_noted(&m, below));
	assert_false(node_dirs_noted(&m, file));
	assert_false(node_dirs_noted(&m, "/tmp"));
	assert_int_equal(file_remove_tree(AT_FDCWD, top, NULL), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(node_dirs_make(&m, &e), 0);
		assert_int_equal(mode_of(top), 0700);
		assert_int_equal(mode_of(below), 0750);
	}
	assert_int_equal(file_remove_tree(AT_FDCWD, top, NULL), 0);
	/* Somebody else's, or no directory at all. */
	assert_int_equal(symlink("/etc", top), 0);
	assert_int_equal(node_dirs_make(&m, &e), -1);
	assert_says(&e, "is not a directory of its user's on this node");
	assert_int_equal(unlink(top), 0);
	manifest_free(&m);
}

static void nothing_is_made_elsewhere(void **state)
{
	struct manifest m = { 0 };
	struct error e;

	(void)state;
	assert_int_equal(manifest_set(&m, NODE_DIRS, "700 /root/x\n"), 0);
	assert_int_equal(node_dirs_make(&m, &e), -1);
	manifest_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_paths_a_node_has_for_itself),
		cmocka_unit_test(directories_are_made_again_with_their_modes),
		cmocka_unit_test(nothing_is_made_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
