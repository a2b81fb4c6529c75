// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "testing.h"

static void what_is_inside_a_jobs_own_network(void **state)
{
	static const struct {
		const char *address;
		bool inside;
	} cases[] = {
		{ "127.0.0.1", true },
		{ "127.8.9.10", true },
		{ "192.0.2.2", true },
		{ "192.0.2.1", false }, /* pasta's end */
		{ "192.0.2.3", false },
		{ "10.0.0.1", false },
		{ "128.0.0.1", false },
		{ "::1", true },
		{ "::2", false },
		{ "fe80::1", false },
		{ "2001:db8::1", false },
		{ "::ffff:127.0.0.1", true },
		{ "::ffff:192.0.2.2", true },
		{ "::ffff:10.0.0.1", false },
		{ "::127.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct in6_addr address;
		struct in_addr ipv4;

		if (inet_pton(AF_INET, cases[i].address, &ipv4) == 1)
			network_map(&address, &ipv4);
		else
			assert_int_equal(inet_pton(AF_INET6, cases[i].address, &address),
					 1);
		assert_int_equal(network_is_inside(&address), cases[i].inside);
	}
}

static void an_address_of_IPv4_is_mapped_as_the_kernel_maps_it(void **state)
{
	struct in6_addr mapped, want;
	struct in_addr ipv4;

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "10.20.30.40", &ipv4), 1);
	assert_int_equal(inet_pton(AF_INET6, "::ffff:10.20.30.40", &want), 1);
	memset(&mapped, 0x55, sizeof(mapped));
	network_map(&mapped, &ipv4);
	assert_memory_equal(&mapped, &want, sizeof(mapped));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_inside_a_jobs_own_network),
		cmocka_unit_test(an_address_of_IPv4_is_mapped_as_the_kernel_maps_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
