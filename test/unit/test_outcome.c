// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/outcome.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testing.h"

#define EXITED(status) ((status) << 8)
#define TEN	       "0123456789"
#define FIFTY	       TEN TEN TEN TEN TEN

/* What a run printed, as its files have it. */
static void put_outcome(struct place *p, const char *name, const char *out,
			const char *err, struct outcome *outcome)
{
	struct error e;

	assert_int_equal(outcome_init(outcome, p->path, name, &e), 0);
	put_file(p->fd, strrchr(outcome->out, '/') + 1, out);
	put_file(p->fd, strrchr(outcome->err, '/') + 1, err);
}

static void the_first_difference_is_shown(void **state)
{
	static const struct {
		const char *expected, *got;
		const char *says; /* NULL: they are the same */
	} cases[] = {
		{ "", "", NULL },
		{ "one\ntwo\n", "one\ntwo\n", NULL },
		{ "one\ntwo\n", "one\ntoo\n",
		  "its output differs at line 2: expected \"two\", got \"too\"" },
		{ "one\n", "one\ntwo\n", "at line 2: expected its end, got \"two\"" },
		{ "one\ntwo\n", "one\n", "at line 2: expected \"two\", got its end" },
		{ "one\n", "one",
		  "at line 1: expected \"one\", got \"one\" and its end" },
		{ "", "\n", "at line 1: expected its end, got \"\"" },
		{ "a\tb", "a\001b", "expected \"a\\x09b\", got \"a\\x01b\"" },
		{ "\xc3\xa4\n", "\xc3\xb6\n", "expected \"\xc3\xa4\", got \"\xc3\xb6\"" },
		{ FIFTY "a" FIFTY, FIFTY "b" FIFTY,
		  "at line 1: expected ...\"" TEN TEN "a" TEN TEN TEN
		  "012345678\"..., got ...\"" TEN TEN "b" TEN TEN TEN "012345678\"..." },
		{ FIFTY TEN "\nx", FIFTY TEN "\ny",
		  "at line 2: expected \"x\", got \"y\"" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct outcome expected, got;
		struct error e = { .text = "" };

		put_outcome(p, "expected", cases[i].expected, "", &expected);
		put_outcome(p, "got", cases[i].got, "", &got);
		assert_int_equal(outcome_compare(&expected, &got, &e), !!cases[i].says);
		if (cases[i].says)
			assert_says(&e, cases[i].says);
		outcome_free(&expected);
		outcome_free(&got);
	}
}

static void all_that_differs_is_told_in_one_sentence(void **state)
{
	static const struct {
		const char *out, *err;
		int status;
		const char *says;
	} cases[] = {
		{ "out", "err", EXITED(0), NULL },
		{ "out", "err", EXITED(3),
		  "it ended with exit status 3 instead of with exit status 0" },
		{ "out", "err", 11,
		  "it ended by signal 11 instead of with exit status 0" },
		{ "out", "eRr", EXITED(0), "its error output differs at line 1" },
		{ "oUt", "eRr", EXITED(0), "its output differs at line 1" },
		{ "oUt", "err", EXITED(1),
		  "got \"oUt\"; it ended with exit status 1 instead of" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct outcome expected, got;
		struct error e = { .text = "" };

		put_outcome(p, "expected", "out", "err", &expected);
		put_outcome(p, "got", cases[i].out, cases[i].err, &got);
		got.status = cases[i].status;
		assert_int_equal(outcome_compare(&expected, &got, &e), !!cases[i].says);
		if (cases[i].says)
			assert_says(&e, cases[i].says);
		outcome_free(&expected);
		outcome_free(&got);
	}
}

static void a_difference_is_told_with_the_restart_before_it(void **state)
{
	static const struct {
		const char *got, *says;
	} cases[] = {
		{ "X\nb\nc\n", "its output differs at line 1: " },
		{ "a\nX\nc\n", "its output differs at line 2, after restart 1: " },
		{ "a\nb\nX\n", "its output differs at line 3, after restart 2: " },
		{ "a\nb\n", "its output differs at line 3, after restart 2: " },
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct outcome expected, got;
		struct error e = { .text = "" };

		put_outcome(p, "expected", "a\nb\nc\n", "", &expected);
		put_outcome(p, "got", cases[i].got, "", &got);
		assert_int_equal(truncate(got.out, 2), 0);
		assert_int_equal(outcome_restarted(&got, &e), 0);
		put_file(p->fd, "got.out", "a\nb\n");
		assert_int_equal(outcome_restarted(&got, &e), 0);
		put_file(p->fd, "got.out", cases[i].got);
		assert_int_equal(got.restarts, 2);
		assert_int_equal(outcome_compare(&expected, &got, &e), 1);
		assert_says(&e, cases[i].says);
		outcome_free(&expected);
		outcome_free(&got);
	}
}

static void what_cannot_be_read_is_an_error(void **state)
{
	struct place *p = *state;
	struct outcome expected, got;
	struct error e = { .text = "" };

	put_outcome(p, "expected", "", "", &expected);
	put_outcome(p, "got", "", "", &got);
	assert_int_equal(unlink(got.err), 0);
	assert_int_equal(outcome_compare(&expected, &got, &e), -1);
	assert_says(&e, "got.err: No such file");
	outcome_free(&expected);
	outcome_free(&got);
}

static void bytes_of_both_are_counted(void **state)
{
	struct place *p = *state;
	struct outcome outcome;

	put_outcome(p, "it", "four", "three", &outcome);
	assert_int_equal(outcome_bytes(&outcome), 9);
	outcome_free(&outcome);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(the_first_difference_is_shown),
		in_place(all_that_differs_is_told_in_one_sentence),
		in_place(a_difference_is_told_with_the_restart_before_it),
		in_place(what_cannot_be_read_is_an_error),
		in_place(bytes_of_both_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
