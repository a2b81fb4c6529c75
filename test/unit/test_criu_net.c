// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "engine/criu/criu.h"
#include "testing.h"

static bool wants(const struct place *p, const char *script, enum wish_net net)
{
	char *argv[] = { (char *)place_path(p, "script"), NULL };
	struct wishes wishes = { .net = net };
	/* Without a criu nobody reaches its sockets. */
	const struct conf conf = { .criu_path = (char *)"/nonexistent/criu" };
	struct engine_job job = { .conf = &conf, .argv = argv, .wishes = &wishes };

	put_file(p->fd, "script", script);
	return criu_wants_own_net(&job);
}

static void a_script_that_starts_mpirun_has_its_own_network(void **state)
{
	static const struct {
		const char *script;
		bool own;
	} cases[] = {
		{ "#!/bin/sh\nmpirun -n 2 ./a\n", true },
		{ "#!/bin/sh\n/usr/bin/mpirun.openmpi -n 2 ./a\n", true },
		{ "#!/bin/sh\nif x; then mpiexec ./a; fi\n", true },
		{ "#!/bin/sh\nsrun hostname\nmpirun ./a\n", false },
		{ "#!/bin/sh\n./my-mpirun\n", false },
		{ "#!/bin/sh\n./mpirunner\n", false },
		{ "#!/bin/sh\nsrun ./a\n", false },
		{ "", false },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		assert_int_equal(wants(*state, cases[i].script, WISH_NET_AUTO),
				 cases[i].own);
		assert_false(wants(*state, cases[i].script, WISH_NET_HOST));
		assert_true(wants(*state, cases[i].script, WISH_NET_PRIVATE));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_script_that_starts_mpirun_has_its_own_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
