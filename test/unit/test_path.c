// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/path.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "testing.h"

static void a_program_is_found_as_slurmstepd_finds_it(void **state)
{
	static const struct {
		const char *name, *found; /* NULL: the name itself */
	} cases[] = {
		{ "in-one", "one/in-one" },
		{ "in-both", "one/in-both" },
		{ "in-two", "two/in-two" },
		{ "directory", "two/directory" },
		{ "sub/deep", "two/sub/deep" },
		{ "nowhere", NULL },
		{ "/in-one", NULL },
		{ "./in-one", NULL },
		{ "../in-one", NULL },
	};
	struct place *p = *state;
	cleanup_free char *path =
		str_printf("%s/none::%s/one:%s/two", p->path, p->path, p->path);

	assert_int_equal(mkdirat(p->fd, "one", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "one/directory", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "two", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "two/sub", 0700), 0);
	put_file(p->fd, "one/in-one", "");
	put_file(p->fd, "one/in-both", "");
	put_file(p->fd, "two/in-both", "");
	put_file(p->fd, "two/in-two", "");
	put_file(p->fd, "two/directory", "");
	put_file(p->fd, "two/sub/deep", "");
	setenv("PATH", path, 1);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_free char *found = path_find(cases[i].name);

		assert_string_equal(found, cases[i].found ? place_path(p, cases[i].found)
							  : cases[i].name);
	}
}

static void without_PATH_there_is_the_name_alone(void **state)
{
	cleanup_free char *found = NULL;

	unsetenv("PATH");
	found = path_find("sh");
	assert_string_equal(found, "sh");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_program_is_found_as_slurmstepd_finds_it),
		cmocka_unit_test(without_PATH_there_is_the_name_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
