// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/present.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "testing.h"

static char *write_and_read(struct place *p, char *const *environment, size_t *size)
{
	struct error e;
	char *text;

	assert_int_equal(mkdir(place_path(p, "control"), 0700), 0);
	assert_int_equal(present_write(place_path(p, "control"), environment, &e), 0);
	setenv(CHECKPOINT_ENV_IMAGE_DIR, p->path, 1);
	text = present_read(size, &e);
	unsetenv(CHECKPOINT_ENV_IMAGE_DIR);
	assert_non_null(text);
	return text;
}

static void what_an_allocation_says_of_itself_is_read_as_it_was_written(void **state)
{
	char *environment[] = { (char *)"PATH=/bin", (char *)"SLURM_JOB_NODELIST=n[1-2]",
				(char *)"SLURM_CPU_BIND=none",
				(char *)"SLURM_JOB_ACCOUNT=a=b 'c'\n", NULL };
	size_t size;
	cleanup_free char *text = write_and_read(*state, environment, &size);

	assert_string_equal(present_find(text, size, "SLURM_JOB_NODELIST"), "n[1-2]");
	assert_string_equal(present_find(text, size, "SLURM_JOB_ACCOUNT"), "a=b 'c'\n");
	assert_null(present_find(text, size, "SLURM_NODELIST"));
	assert_null(present_find(text, size, "PATH"));
	/* The user's own wishes for srun are not Slurm's to change. */
	assert_null(present_find(text, size, "SLURM_CPU_BIND"));
}

static void an_allocation_that_says_nothing_has_no_variables(void **state)
{
	char *environment[] = { NULL };
	size_t size;
	cleanup_free char *text = write_and_read(*state, environment, &size);

	assert_int_equal(size, 0);
	assert_null(present_find(text, size, "SLURM_JOB_ID"));
}

static void without_a_checkpointed_job_there_is_none(void **state)
{
	struct place *p = *state;
	struct error e;
	size_t size;

	unsetenv(CHECKPOINT_ENV_IMAGE_DIR);
	assert_null(present_read(&size, &e));
	assert_says(&e, "not checkpointed");
	setenv(CHECKPOINT_ENV_IMAGE_DIR, p->path, 1);
	assert_null(present_read(&size, &e));
	unsetenv(CHECKPOINT_ENV_IMAGE_DIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_an_allocation_says_of_itself_is_read_as_it_was_written),
		in_place(an_allocation_that_says_nothing_has_no_variables),
		in_place(without_a_checkpointed_job_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
