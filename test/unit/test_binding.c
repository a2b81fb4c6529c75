// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/binding.h"

#include <stdlib.h>
#include <string.h>

#include "testing.h"

/* Eight CPUs, 4 to 11: two sockets of two cores of two threads. */
static void make_cpus(struct cpus *cpus)
{
	*cpus = (struct cpus){ .count = 8 };
	for (int i = 0; i < 8; i++) {
		cpus->number[i] = 4 + i;
		cpus->core[i] = i / 2 * 2;
		cpus->socket[i] = i / 4;
	}
}

static void tasks_are_bound(void **state)
{
	static const struct {
		enum step_bind bind;
		const char *list;
		long ntasks, each, task;
		const char *mask;
	} cases[] = {
		{ BIND_AUTO, NULL, 8, 1, 0, "0x10" },
		{ BIND_AUTO, NULL, 8, 1, 1, "0x100" },
		{ BIND_AUTO, NULL, 8, 1, 7, "0x800" },
		{ BIND_AUTO, NULL, 4, 1, 1, "0x300" },
		{ BIND_AUTO, NULL, 2, 1, 1, "0xF00" },
		{ BIND_AUTO, NULL, 4, 2, 1, "0x300" },
		{ BIND_AUTO, NULL, 3, 1, 2, "0xFF0" },
		{ BIND_AUTO, NULL, 1, 1, 0, "0xFF0" },
		{ BIND_NONE, NULL, 8, 1, 3, "0xFF0" },
		{ BIND_THREADS, NULL, 2, 1, 1, "0x100" },
		{ BIND_CORES, NULL, 2, 1, 1, "0x300" },
		{ BIND_CORES, NULL, 1, 2, 0, "0xF0" },
		{ BIND_SOCKETS, NULL, 2, 1, 1, "0xF00" },
		{ BIND_MAP, "4,9", 2, 1, 1, "0x200" },
		{ BIND_MAP, "5", 2, 1, 1, "0x20" },
		{ BIND_MASK, "0x10,30", 2, 1, 1, "0x30" },
	};
	static struct cpus cpus;

	make_cpus(&cpus);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct binding b = { cases[i].bind, cases[i].list, cases[i].ntasks,
				     cases[i].each, false };
		cpu_set_t set;
		char *mask;

		assert_int_equal(binding_of_task(&b, &cpus, cases[i].task, &set), 0);
		mask = binding_format(&set);
		if (strcmp(mask, cases[i].mask) != 0)
			fail_msg("case %zu: %s, and not %s", i, mask, cases[i].mask);
		free(mask);
	}
}

static void sockets_are_filled_one_after_the_other_if_that_is_asked_for(void **state)
{
	static struct cpus cpus;
	struct binding b = { .ntasks = 4, .fill = true };
	cpu_set_t set;
	char *mask;

	make_cpus(&cpus);
	assert_int_equal(binding_of_task(&b, &cpus, 1, &set), 0);
	mask = binding_format(&set);
	assert_string_equal(mask, "0xC0");
	free(mask);
}

static void lists_name_cpus_of_the_step(void **state)
{
	static const struct {
		enum step_bind bind;
		const char *list;
	} cases[] = { { BIND_MAP, "3" },    { BIND_MAP, "x" },	{ BIND_MAP, "4,," },
		      { BIND_MASK, "0x1" }, { BIND_MASK, "0" }, { BIND_MASK, "0x10x" } };
	static struct cpus cpus;

	make_cpus(&cpus);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct binding b = { cases[i].bind, cases[i].list, 3, 1, false };
		cpu_set_t set;
		int rc = 0;

		for (long task = 0; task < 3; task++)
			rc |= binding_of_task(&b, &cpus, task, &set);
		assert_int_equal(rc, -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_are_bound),
		cmocka_unit_test(
			sockets_are_filled_one_after_the_other_if_that_is_asked_for),
		cmocka_unit_test(lists_name_cpus_of_the_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
