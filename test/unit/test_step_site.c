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
					   .mpi = true };
	struct step_site read = { 0 };
	struct error e;

	assert_int_equal(step_site_read(p->path, &read, &e), -1);
	assert_int_equal(step_site_write(p->path, &written, &e), 0);
	assert_int_equal(step_site_read(p->path, &read, &e), 0);
	assert_int_equal(read.release, 2605);
	assert_int_equal(read.kill_wait, 30);
	assert_int_equal(read.wait, 7);
	assert_true(read.kill_on_bad_exit && read.mpi);
	assert_false(read.affinity || read.programs);
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
		in_place(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
