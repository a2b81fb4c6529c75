// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/local_disk.h"

#include <sys/stat.h>

#include "testing.h"

static void a_disk_of_the_node_is_told_by_its_file_system(void **state)
{
	(void)state;
	assert_string_equal(local_disk("/dev/shm"), "tmpfs");
}

static void what_no_disk_has_is_on_none(void **state)
{
	(void)state;
	assert_null(local_disk("/proc"));
	assert_null(local_disk("/dev/shm/is/not/there"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_of_the_node_is_told_by_its_file_system),
		cmocka_unit_test(what_no_disk_has_is_on_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
