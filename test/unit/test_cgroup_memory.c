// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cgroup_memory.h"

#include <unistd.h>

#include "testing.h"

static void what_is_free_and_what_is_cache_can_be_had(void **state)
{
	static const struct {
		const char *names[3], *limit, *usage, *stat;
		uint64_t want;
	} cases[] = {
		{ { "memory.max", "memory.current", "memory.stat" },
		  "1000\n",
		  "600\n",
		  "anon 500\ninactive_file 30\nactive_file 20\n",
		  450 },
		{ { "memory.max", "memory.current", "memory.stat" },
		  "1000\n",
		  "1100\n",
		  "anon 1\n",
		  0 },
		{ { "memory.max", "memory.current", "memory.stat" },
		  "max\n",
		  "600\n",
		  "",
		  CGROUP_MEMORY_UNLIMITED },
		{ { "memory.max", "memory.current", "memory.stat" },
		  "1000\n",
		  "10\n",
		  "inactive_file 900\n",
		  1000 },
		{ { "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat" },
		  "2000\n",
		  "1500\n",
		  "cache 3\ntotal_inactive_file 100\n",
		  600 },
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		put_file(p->fd, cases[i].names[0], cases[i].limit);
		put_file(p->fd, cases[i].names[1], cases[i].usage);
		put_file(p->fd, cases[i].names[2], cases[i].stat);
		assert_true(cgroup_memory_room_of(place_path(p, "")) == cases[i].want);
		for (size_t n = 0; n < 3; n++)
			unlinkat(p->fd, cases[i].names[n], 0);
	}
	assert_true(cgroup_memory_room_of(place_path(p, "")) == CGROUP_MEMORY_UNLIMITED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_is_free_and_what_is_cache_can_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
