// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "engine/criu/criu.h"
#include "testing.h"

static const char *value_of(char *const *envp, const char *name)
{
	size_t length = strlen(name);

	for (; *envp; envp++) {
		if (!strncmp(*envp, name, length) && (*envp)[length] == '=')
			return *envp + length + 1;
	}
	return NULL;
}

static void launchers_are_told_unless_the_user_has_told_them(void **state)
{
	char *const mine[] = { (char *)"PATH=/bin", (char *)"HYDRA_LAUNCHER=ssh",
			       (char *)"UCX_TLSX=all", NULL };
	cleanup_free char **env = criu_launcher_env(mine);

	(void)state;
	assert_string_equal(value_of(env, "PATH"), "/bin");
	assert_string_equal(value_of(env, "HYDRA_LAUNCHER"), "ssh");
	assert_string_equal(value_of(env, "I_MPI_HYDRA_BOOTSTRAP"), "fork");
	assert_string_equal(value_of(env, "UCX_TLSX"), "all");
	assert_string_equal(value_of(env, "UCX_TLS"), "posix,tcp,self");
}

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
		cmocka_unit_test(launchers_are_told_unless_the_user_has_told_them),
		in_place(a_script_that_starts_mpirun_has_its_own_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
