// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/step_site.h"

#include <string.h>

#include "testing.h"

static void what_the_runner_writes_srun_reads(void **state)
{
	const struct place *p = *state;
	const struct step_site written = { .release = 2605,
					   .kill_wait = 30,
					   .wait = 7,
					   .kill_on_bad_exit = true,
					   .mpi_default = "pmix_v5" };
	struct step_site read = { 0 };
	struct error e;

	assert_int_equal(step_site_read(p->path, &read, &e), -1);
	assert_int_equal(step_site_write(p->path, &written, &e), 0);
	assert_int_equal(step_site_read(p->path, &read, &e), 0);
	assert_int_equal(read.release, 2605);
	assert_int_equal(read.kill_wait, 30);
	assert_int_equal(read.wait, 7);
	assert_true(read.kill_on_bad_exit);
	assert_string_equal(read.mpi_default, "pmix_v5");
	assert_false(read.affinity || read.programs);
}

static void what_an_older_runner_writes_is_read(void **state)
{
	const struct place *p = *state;
	struct step_site site;
	struct error e;

	put_file(p->fd, STEP_SITE_FILE, "srun 1 2411 30 0 0 0 0 1\n");
	assert_int_equal(step_site_read(p->path, &site, &e), 0);
	assert_string_equal(site.mpi_default, "");
	assert_true(site.programs);
	put_file(p->fd, STEP_SITE_FILE, "srun 1 2411 30 0 0 0 1 0\n");
	assert_int_equal(step_site_read(p->path, &site, &e), 0);
	assert_string_equal(site.mpi_default, "pmi"); /* one that is Slurm's to know */
}

static void anything_else_is_refused(void **state)
{
	const struct place *p = *state;
	struct step_site site;
	struct error e;

	put_file(p->fd, STEP_SITE_FILE, "srun 2 1 2 3\n");
	assert_int_equal(step_site_read(p->path, &site, &e), -1);
	assert_non_null(strstr(e.text, "not what the runner writes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_the_runner_writes_srun_reads),
		in_place(what_an_older_runner_writes_is_read),
		in_place(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
