// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/hand_over.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "testing.h"

/* A vector that ends with NULL. */
#define WORDS(...) ((char *[]){ __VA_ARGS__, NULL })

static int count(char *const *argv)
{
	int n = 0;

	while (argv[n])
		n++;
	return n;
}

static void assert_same(char *const *argv, char *const *expected)
{
	assert_int_equal(count(argv), count(expected));
	for (int i = 0; expected[i]; i++)
		assert_string_equal(argv[i], expected[i]);
}

/* In the environment as the plugin puts it there, with pieces of a length. */
static void give(const char *text, size_t piece)
{
	size_t n = 0;

	do {
		cleanup_free char *name = hand_over_variable(n++);
		cleanup_free char *value = strndup(text, piece);

		setenv(name, value, 1);
		text += strlen(value);
	} while (*text);
}

static char **pass(const struct hand_over *h, size_t piece, char *const *argv,
		   struct error *e)
{
	cleanup_free char *text = hand_over_encode(h);
	cleanup_free char *taken = NULL;

	give(text, piece);
	taken = hand_over_take(e);
	assert_string_equal(taken, text);
	assert_null(getenv(CHECKPOINT_ENV_TASK));
	return hand_over_decode(taken, count(argv), argv, e);
}

static void the_task_is_executed_with_what_was_set(void **state)
{
	const struct {
		const char *name;
		char *const *argv; /* set, in place of */
		const char *original;
		size_t originals;
		const char *runner;
		char *const *started; /* as Slurm starts task-exec */
		char *const *executed;
	} cases[] = {
		{ "a runner only", NULL, NULL, 0, "/r", WORDS("/x", "script", "a"),
		  WORDS("/r", "script", "a") },
		{ "longer", WORDS("nice", "script", "a"), "script", 2, NULL,
		  WORDS("/x", "script", "a"), WORDS("nice", "script", "a") },
		{ "shorter", WORDS("b"), "script", 2, NULL, WORDS("/x", "script", "a"),
		  WORDS("b") },
		{ "with a runner", WORDS("nice", "script"), "script", 1, "/r",
		  WORDS("/x", "script"), WORDS("/r", "nice", "script") },
		{ "behind another plugin's", WORDS("b", "c"), "script", 2, "/r",
		  WORDS("/x", "time", "-p", "script", "a"),
		  WORDS("/r", "time", "-p", "b", "c") },
		{ "in place of the first", WORDS("b", "c", "d"), NULL, 1, NULL,
		  WORDS("/x", "a"), WORDS("b", "c", "d") },
		{ "in place of the only one", WORDS("script"), NULL, 0, "/r", WORDS("/x"),
		  WORDS("/r", "script") },
		{ "odd bytes", WORDS("a", "", "\n\t\\", "3:x,", "=\x01\xff"), "s", 1,
		  NULL, WORDS("/x", "s"), WORDS("a", "", "\n\t\\", "3:x,", "=\x01\xff") },
	};
	static const size_t pieces[] = { HAND_OVER_PIECE, 1, 7 };

	for (size_t i = 0; i < LENGTH(cases) * LENGTH(pieces); i++) {
		size_t c = i / LENGTH(pieces);
		const struct hand_over h = { cases[c].argv, cases[c].originals,
					     cases[c].original, cases[c].runner };
		struct error e = { .text = "" };
		char **argv = pass(&h, pieces[i % LENGTH(pieces)], cases[c].started, &e);

		if (!argv)
			fail_msg("%s: %s", cases[c].name, e.text);
		assert_string_equal(e.text, "");
		assert_same(argv, cases[c].executed);
		hand_over_free(argv);
	}
}

/* The longest that the kernel takes as one argument, and many. */
static void a_vector_takes_no_more_room_than_execve_has_for_it(void **state)
{
	static char longest[128 * 1024];
	static char *argv[100001];
	size_t room = 0;
	struct hand_over h = { argv, 1, "s", NULL };
	struct error e;
	cleanup_free char *text = NULL;
	char **passed;

	memset(longest, 'x', sizeof(longest) - 1);
	for (size_t i = 0; i < LENGTH(argv) - 1; i++)
		argv[i] = i < 10 ? longest : (char *)"y";
	for (size_t i = 0; argv[i]; i++)
		room += strlen(argv[i]) + 1 + sizeof(char *);
	text = hand_over_encode(&h);
	assert_true(strlen(text) < room);
	passed = pass(&h, HAND_OVER_PIECE, WORDS("/x", "s"), &e);
	assert_same(passed, argv);
	hand_over_free(passed);
}

static void the_task_is_as_it_was_when_it_has_other_arguments_than_Slurm_told(
	void **state)
{
	const struct {
		const char *text;
		char *const *started;
	} cases[] = {
		{ "1:2,4:conf,0:,1:b,", WORDS("/x", "other", "a") },
		{ "1:2,4:conf,0:,1:b,", WORDS("/x", "other") },
		{ "1:9,4:conf,0:,1:b,", WORDS("/x", "other") },
		{ "1:0,4:conf,0:,1:b,", WORDS("/x", "other") },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct error e = { .text = "" };
		char **argv = hand_over_decode(cases[i].text, count(cases[i].started),
					       cases[i].started, &e);

		assert_same(argv, cases[i].started + 1);
		assert_says(&e, "other arguments");
		hand_over_free(argv);
	}
}

static void what_is_damaged_or_leaves_out_the_runner_is_refused(void **state)
{
	const struct {
		const char *text;
		char *const *started;
		const char *says;
	} cases[] = {
		{ "1:1,6:script,2:/r,1:b,", WORDS("/x", "other"), "other arguments" },
		{ "1:9,6:script,2:/r,1:b,", WORDS("/x", "script"), "other arguments" },
		{ "10:4294967298,6:script,0:,1:b,", WORDS("/x", "script"),
		  "not a number" },
		{ "2:-1,6:script,0:,1:b,", WORDS("/x", "script"), "not a number" },
		{ "1:1,6:script,0:,", WORDS("/x", "script"), "nothing to execute" },
		{ "1:1,6:script,0:,1:b", WORDS("/x", "script"), "not a netstring" },
		{ "1:0,0:,", WORDS("/x", "script"), "not a netstring" },
		{ "", WORDS("/x", "script"), "not a netstring" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct error e = { .text = "" };

		assert_null(hand_over_decode(cases[i].text, count(cases[i].started),
					     cases[i].started, &e));
		assert_says(&e, cases[i].says);
	}
}

static void an_environment_without_it_is_told_of(void **state)
{
	struct error e;

	unsetenv(CHECKPOINT_ENV_TASK);
	assert_null(hand_over_take(&e));
	assert_says(&e, CHECKPOINT_ENV_TASK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_task_is_executed_with_what_was_set),
		cmocka_unit_test(a_vector_takes_no_more_room_than_execve_has_for_it),
		cmocka_unit_test(
			the_task_is_as_it_was_when_it_has_other_arguments_than_Slurm_told),
		cmocka_unit_test(what_is_damaged_or_leaves_out_the_runner_is_refused),
		cmocka_unit_test(an_environment_without_it_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
