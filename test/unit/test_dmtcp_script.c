// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "engine/dmtcp/mpi.h"
#include "testing.h"

struct words {
	char text[512];
};

static int add_word(void *arg, const char *word, struct error *e)
{
	struct words *words = arg;
	size_t length = strlen(words->text);

	if (strcmp(word, "refused") == 0)
		return error_set(e, "refused");
	snprintf(words->text + length, sizeof(words->text) - length, "%s ", word);
	return 0;
}

static void commands_and_paths_of_a_script_are_seen(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "#!/bin/sh\n", "" },
		{ "a", "a " },
		{ "a b c/d", "a c/d " },
		{ "  a; b|c && d || e", "a b c d e " },
		{ "exec ./a -x b", "exec ./a " },
		{ "A=1 B=2 a b", "A=1 B=2 a " },
		{ "if a; then b; else c; fi", "if a then b else c fi " },
		{ "x=$(a b)", "x=$ a " },
		{ "`a`", "a " },
		{ "mpirun -n 2 ./ring 5 # ./not", "mpirun ./ring " },
		{ "\"./a b\" '/c'", "./a /c " },
		{ "a >b/c", "a b/c " },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct words words = { "" };

		assert_int_equal(script_visit(cases[i][0], add_word, &words, NULL), 0);
		assert_string_equal(words.text, cases[i][1]);
	}
}

static void what_is_refused_ends_it(void **state)
{
	struct words words = { "" };
	struct error e;

	(void)state;
	assert_int_equal(script_visit("a\nrefused\nb\n", add_word, &words, &e), -1);
	assert_string_equal(words.text, "a ");
	assert_string_equal(e.text, "refused");
}

static void only_scripts_for_shells_are_read(void **state)
{
	struct place *p = *state;
	cleanup_free char *text = NULL;

	put_file(p->fd, "shell", "#!/bin/sh\necho\n");
	put_file(p->fd, "other", "#!/usr/bin/env python3\nprint()\n");
	assert_int_equal(fchmodat(p->fd, "shell", 0755, 0), 0);
	assert_int_equal(fchmodat(p->fd, "other", 0755, 0), 0);
	text = script_read(place_path(p, "shell"));
	assert_string_equal(text, "#!/bin/sh\necho\n");
	assert_null(script_read(place_path(p, "other")));
	assert_null(script_read(place_path(p, "none")));
	assert_null(script_read("/proc/self/exe"));
}

static void the_program_that_starts_mpi_jobs_tells_which_mpi_it_is(void **state)
{
	static const struct {
		const char *path;
		enum mpi mpi;
	} cases[] = {
		{ "/usr/bin/mpirun.openmpi", MPI_OPENMPI },
		{ "/usr/bin/orterun", MPI_OPENMPI },
		{ "/usr/bin/prterun", MPI_OPENMPI },
		{ "/opt/openmpi-5.0/bin/mpirun", MPI_OPENMPI },
		{ "/usr/bin/mpiexec.hydra", MPI_MPICH },
		{ "/usr/bin/mpirun.mpich", MPI_MPICH },
		{ "/opt/mpich/bin/mpiexec", MPI_MPICH },
		{ "/nowhere/bin/mpirun", MPI_EITHER },
		{ "/usr/bin/ls", MPI_NONE },
		{ "/opt/openmpi/bin/ls", MPI_NONE },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(mpi_of_path(cases[i].path), cases[i].mpi);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_and_paths_of_a_script_are_seen),
		cmocka_unit_test(what_is_refused_ends_it),
		in_place(only_scripts_for_shells_are_read),
		cmocka_unit_test(the_program_that_starts_mpi_jobs_tells_which_mpi_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
