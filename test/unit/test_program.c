// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/program.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "testing.h"

static void put_program(struct place *p, const char *name, const char *text, mode_t mode)
{
	put_file(p->fd, name, text);
	assert_int_equal(fchmodat(p->fd, name, mode, 0), 0);
}

/* A copy of this very test, which is a program. */
static void put_self(struct place *p, const char *name, size_t most)
{
	size_t size;
	cleanup_free char *self =
		file_read(AT_FDCWD, "/proc/self/exe", SIZE_MAX, &size, NULL);

	assert_non_null(self);
	put_bytes(p->fd, name, self, most < size ? most : size);
	assert_int_equal(fchmodat(p->fd, name, 0755, 0), 0);
}

static void what_cannot_run_is_refused_with_its_path(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *says;
	} cases[] = {
		{ "", 0755, "is neither an ELF program nor a script" },
		{ "echo", 0755, "is neither an ELF program nor a script" },
		{ "#!/bin/sh\n", 0644, "is not executable" },
		{ "#!", 0755, "names no interpreter" },
		{ "#! \t\nx", 0755, "names no interpreter" },
		{ "#!/nonesuch/sh\n", 0755, "/nonesuch/sh: No such file" },
		{ "\x7f"
		  "ELF",
		  0755, "is damaged: it is cut short" },
		{ "#!/\n", 0755, "/ is not a program: it is no regular file" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct error e = { .text = "" };
		struct program program;

		put_program(p, "it", cases[i].text, cases[i].mode);
		assert_int_equal(program_read(&program, place_path(p, "it"), &e), -1);
		assert_says(&e, cases[i].says);
		program_free(&program);
	}
}

static void an_executable_is_read(void **state)
{
	struct place *p = *state;
	struct program program;
	struct error e;

	put_self(p, "it", SIZE_MAX);
	assert_int_equal(program_read(&program, place_path(p, "it"), &e), 0);
	assert_string_equal(program.path, place_path(p, "it"));
	assert_false(program.is_script);
	assert_false(program.set_user || program.set_group || program.capabilities);
	assert_true(program_is_dynamic(&program));
	assert_int_equal(program.elf.bits, 8 * sizeof(void *));
	program_free(&program);
	put_self(p, "short", 100);
	assert_int_equal(program_read(&program, place_path(p, "short"), &e), -1);
	assert_says(&e, "/short is damaged: it is cut short");
	program_free(&program);
}

static void privileges_are_seen(void **state)
{
	static const struct {
		mode_t mode;
		bool user, group;
	} cases[] = {
		{ 0755, false, false }, { 04755, true, false },	 { 02755, false, true },
		{ 06755, true, true },	{ 02745, false, false },
	};
	struct place *p = *state;

	put_self(p, "it", SIZE_MAX);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct program program;
		struct error e;

		assert_int_equal(fchmodat(p->fd, "it", cases[i].mode, 0), 0);
		assert_int_equal(program_read(&program, place_path(p, "it"), &e), 0);
		assert_int_equal(program.set_user, cases[i].user);
		assert_int_equal(program.set_group, cases[i].group);
		program_free(&program);
	}
}

static void scripts_are_followed_to_their_interpreter(void **state)
{
	struct place *p = *state;
	cleanup_free char *first = str_printf("#! %s -x y\n", place_path(p, "it"));
	cleanup_free char *second = str_printf("#!%s", place_path(p, "first"));
	struct program program;
	struct error e;

	put_self(p, "it", SIZE_MAX);
	put_program(p, "first", first, 0755);
	put_program(p, "second", second, 0755);
	assert_int_equal(program_read(&program, place_path(p, "second"), &e), 0);
	assert_string_equal(program.path, place_path(p, "it"));
	assert_true(program.is_script);
	program_free(&program);
}

static void a_script_for_itself_is_refused(void **state)
{
	struct place *p = *state;
	cleanup_free char *text = str_printf("#!%s\n", place_path(p, "it"));
	struct program program;
	struct error e;

	put_program(p, "it", text, 0755);
	assert_int_equal(program_read(&program, place_path(p, "it"), &e), -1);
	assert_says(&e, "is a script of a script");
	program_free(&program);
}

static void what_is_not_there_or_no_file_is_refused(void **state)
{
	struct place *p = *state;
	struct program program;
	struct error e;

	assert_int_equal(program_read(&program, place_path(p, "none"), &e), -1);
	assert_says(&e, "/none: No such file");
	program_free(&program);
	assert_int_equal(program_read(&program, p->path, &e), -1);
	assert_says(&e, "it is no regular file");
	program_free(&program);
	assert_int_equal(mkfifoat(p->fd, "pipe", 0755), 0);
	assert_int_equal(program_read(&program, place_path(p, "pipe"), &e), -1);
	assert_says(&e, "it is no regular file");
	program_free(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_cannot_run_is_refused_with_its_path),
		in_place(an_executable_is_read),
		in_place(privileges_are_seen),
		in_place(scripts_are_followed_to_their_interpreter),
		in_place(a_script_for_itself_is_refused),
		in_place(what_is_not_there_or_no_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
