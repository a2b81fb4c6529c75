// SPDX-License-Identifier: GPL-2.0-or-later
#include "spank/parent_job.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/environment.h"
#include "base/present.h"
#include "base/protocol.h"
#include "base/str.h"
#include "testing.h"

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void assert_variable(const char *name, const char *want)
{
	const char *got = getenv(name);

	if (!want)
		assert_null(got);
	else
		assert_string_equal(got, want);
}

/* A job's folder with what its runner has written, or none. */
static void make_folder_of(struct place *p, const char *folder, const char *outer)
{
	char *variable = outer ? str_printf("TMPDIR=%s", outer) : NULL;
	char *environment[] = { variable, NULL };
	struct error e;

	set(CHECKPOINT_ENV_IMAGE_DIR, folder && *folder ? place_path(p, folder) : folder);
	(void)mkdir(place_path(p, "c"), 0700);
	(void)mkdir(place_path(p, "c/7"), 0700);
	(void)mkdir(place_path(p, "c/7/control"), 0700);
	assert_int_equal(present_write(place_path(p, "c/7/control"), environment, &e), 0);
	free(variable);
}

/* A relative one is in the place. */
static void set_tmpdir(struct place *p, const char *tmpdir)
{
	set("TMPDIR", tmpdir && *tmpdir != '/' ? place_path(p, tmpdir) : tmpdir);
}

static void a_submitted_job_has_the_tmpdir_that_it_would_have(void **state)
{
	static const struct {
		const char *folder, *tmpdir, *outer, *want;
	} cases[] = {
		{ "c/7", "c/7/tmp", NULL, NULL },
		{ "c/7", "c/7/tmp", "/local", "/local" },
		{ "c/7", "c/7/tmp/sub", NULL, NULL },
		{ "c/7", CHECKPOINT_SHORT_TMPDIR, "/local", "/local" },
		{ "c/7", CHECKPOINT_SHORT_TMPDIR "/sub", NULL, NULL },
		{ "c/7", CHECKPOINT_SHORT_TMPDIR "2", NULL, CHECKPOINT_SHORT_TMPDIR "2" },
		{ "c/7", "/c/7/tmp", "/local", "/c/7/tmp" },
		{ "c/7", "/scratch", "/local", "/scratch" },
		{ "c/7", NULL, "/local", NULL },
		/* It is in no checkpointed job. */
		{ NULL, "/scratch", NULL, "/scratch" },
		{ "", "/scratch", NULL, "/scratch" },
		{ NULL, CHECKPOINT_SHORT_TMPDIR, NULL, CHECKPOINT_SHORT_TMPDIR },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		make_folder_of(*state, cases[i].folder, cases[i].outer);
		set(CHECKPOINT_ENV_RESTART, "1");
		set_tmpdir(*state, cases[i].tmpdir);
		parent_job_drop();
		assert_variable("TMPDIR", cases[i].want);
		for (size_t v = 0; parent_job_variables[v]; v++)
			assert_variable(parent_job_variables[v], NULL);
	}
}

static void what_was_added_for_the_parent_is_not_for_the_child(void **state)
{
	(void)state;
	set(ENVIRONMENT_ADDED, "HYDRA_LAUNCHER=fork\t\tNPY=A B\tUCX_TLS=tcp\tx");
	set("HYDRA_LAUNCHER", "fork");
	set("NPY", "A B");
	set("UCX_TLS", "rc");
	set("I_MPI_HYDRA_BOOTSTRAP", "ssh");
	parent_job_drop();
	assert_variable("HYDRA_LAUNCHER", NULL);
	assert_variable("NPY", NULL);
	assert_variable("UCX_TLS", "rc");
	assert_variable("I_MPI_HYDRA_BOOTSTRAP", "ssh");
	assert_variable(ENVIRONMENT_ADDED, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_submitted_job_has_the_tmpdir_that_it_would_have),
		cmocka_unit_test(what_was_added_for_the_parent_is_not_for_the_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
