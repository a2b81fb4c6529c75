// SPDX-License-Identifier: GPL-2.0-or-later
#include "spank/parent_job.h"

#include <stdlib.h>
#include <string.h>

#include "base/protocol.h"
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

static void a_submitted_job_has_the_tmpdir_that_it_would_have(void **state)
{
	static const struct {
		const char *folder, *tmpdir, *outer, *want;
	} cases[] = {
		{ "/ck/c/7", "/ck/c/7/tmp", NULL, NULL },
		{ "/ck/c/7", "/ck/c/7/tmp", "/local", "/local" },
		{ "/ck/c/7", "/ck/c/7/tmp/sub", NULL, NULL },
		{ "/ck/c/7", CHECKPOINT_SHORT_TMPDIR, "/local", "/local" },
		{ "/ck/c/7", CHECKPOINT_SHORT_TMPDIR "/sub", NULL, NULL },
		{ "/ck/c/7", CHECKPOINT_SHORT_TMPDIR "2", NULL,
		  CHECKPOINT_SHORT_TMPDIR "2" },
		{ "/ck/c/7", "/ck/c/70/tmp", "/local", "/ck/c/70/tmp" },
		{ "/ck/c/7", "/scratch", "/local", "/scratch" },
		{ "/ck/c/7", NULL, "/local", NULL },
		/* It is in no checkpointed job. */
		{ NULL, "/scratch", NULL, "/scratch" },
		{ "", "/scratch", NULL, "/scratch" },
		{ NULL, CHECKPOINT_SHORT_TMPDIR, NULL, CHECKPOINT_SHORT_TMPDIR },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		set(CHECKPOINT_ENV_IMAGE_DIR, cases[i].folder);
		set(CHECKPOINT_ENV_OUTER_TMPDIR, cases[i].outer);
		set(CHECKPOINT_ENV_RESTART, "1");
		set("TMPDIR", cases[i].tmpdir);
		parent_job_drop();
		assert_variable("TMPDIR", cases[i].want);
		for (size_t v = 0; parent_job_variables[v]; v++)
			assert_variable(parent_job_variables[v], NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_submitted_job_has_the_tmpdir_that_it_would_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
