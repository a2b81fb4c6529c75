// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/programs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "testing.h"

static void put_program(const struct place *p, const char *name, const char *text)
{
	put_file(p->fd, name, text);
	assert_int_equal(fchmodat(p->fd, name, 0755, 0), 0);
}

/* The programs of a job that is this command; its PATH is the test's place. */
static void read_programs(const struct place *p, struct script_programs *programs,
			  char *const *argv)
{
	struct engine_job job = { .argv = argv };
	struct error e;

	assert_int_equal(setenv("PATH", p->path, 1), 0);
	assert_int_equal(engine_job_programs(&job, programs, &e), 0);
}

static const struct script_program *find(const struct script_programs *programs,
					 const char *name)
{
	for (size_t i = 0; i < programs->count; i++) {
		if (!strcmp(programs->list[i].name, name))
			return &programs->list[i];
	}
	return NULL;
}

static void programs_are_found_by_path_and_scripts_looked_into(void **state)
{
	struct place *p = *state;
	char *argv[] = { (char *)place_path(p, "job"), NULL };
	struct script_programs programs;

	put_program(p, "job",
		    "#!/bin/sh\ninner; nonesuch; /bin/sh -c 'mpirun -n 2 tool'\n");
	put_program(p, "inner", "#!/bin/sh\ntool\n");
	put_program(p, "mpirun", "#!/bin/sh\n");
	assert_int_equal(symlinkat("/bin/sh", p->fd, "tool"), 0);
	read_programs(p, &programs, argv);
	assert_non_null(find(&programs, argv[0]));
	assert_non_null(find(&programs, "inner"));
	assert_null(find(&programs, "nonesuch"));
	assert_true(find(&programs, "inner")->program.is_script);
	assert_false(find(&programs, "tool")->program.is_script);
	assert_true(find(&programs, "mpirun")->is_mpi);
	assert_true(programs.has_mpi);
	engine_programs_free(&programs);
}

static void scripts_that_start_each_other_come_to_an_end(void **state)
{
	struct place *p = *state;
	char *argv[] = { (char *)"job", NULL };
	struct script_programs programs;

	put_program(p, "job", "#!/bin/sh\nother\n");
	put_program(p, "other", "#!/bin/sh\njob\n");
	read_programs(p, &programs, argv);
	assert_int_equal(programs.count, 2);
	assert_false(programs.has_mpi);
	engine_programs_free(&programs);
}

static void without_a_command_there_are_none(void **state)
{
	struct script_programs programs;

	read_programs(*state, &programs, NULL);
	assert_int_equal(programs.count, 0);
	engine_programs_free(&programs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(programs_are_found_by_path_and_scripts_looked_into),
		in_place(scripts_that_start_each_other_come_to_an_end),
		in_place(without_a_command_there_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
