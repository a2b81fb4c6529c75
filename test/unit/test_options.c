// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <getopt.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "spank/options.h"
#include "spank/settings.h"

#define CASES(table) (sizeof(table) / sizeof((table)[0]))

/* An option as given: its argument, or one of these. */
#define NOT_GIVEN NULL
#define ALONE	  ""

static struct options give(enum option_id id, const char *arg)
{
	struct options o = { 0 };

	assert_int_equal(options_set(&o, id, arg), 0);
	return o;
}

static void test_the_table_is_in_order_and_fits_what_Slurm_can_take(void **state)
{
	static const char *const names[OPTION_COUNT] = {
		[OPTION_CHECKPOINT] = "checkpoint",
		[OPTION_NO_CHECKPOINT] = "no-checkpoint",
		[OPTION_DIR] = "checkpoint-dir",
		[OPTION_FALLBACK] = "checkpoint-fallback",
		[OPTION_ETERNAL] = "eternal",
		[OPTION_KEEP] = "checkpoint-keep",
		[OPTION_TMPDIR] = "checkpoint-tmpdir",
		[OPTION_FILES] = "checkpoint-files",
		[OPTION_FROM] = "checkpoint-from",
		[OPTION_ENGINE] = "checkpoint-engine",
		[OPTION_SIGNAL] = "checkpoint-signal",
		[OPTION_EXIT_CODE] = "checkpoint-exit-code",
		[OPTION_DONE_FILE] = "checkpoint-done-file",
		[OPTION_NET] = "checkpoint-net",
		[OPTION_TCP] = "checkpoint-tcp",
		[OPTION_SRUN] = "checkpoint-srun",
		[OPTION_CPU] = "checkpoint-cpu",
	};

	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_info *info = &option_table[id];

		assert_string_equal(info->name, names[id]);
		assert_non_null(info->usage);
		assert_true((info->has_arg == no_argument) == (info->arginfo == NULL));
		assert_true((info->has_arg == no_argument) == (info->check == NULL));
	}
}

static void test_who_is_checkpointed(void **state)
{
	static const struct {
		const char *checkpoint, *no_checkpoint, *dir, *eternal, *from;
		bool asked, wanted_by_default;
	} cases[] = {
		{ NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, false, true },
		{ ALONE, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, true, true },
		{ "10m", NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, true, true },
		{ NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, ALONE, NOT_GIVEN, true, true },
		{ NOT_GIVEN, NOT_GIVEN, "/ck", NOT_GIVEN, NOT_GIVEN, false, true },
		{ NOT_GIVEN, ALONE, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, false, false },
		{ "10m", ALONE, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, false, false },
		{ "10m", ALONE, "/ck", ALONE, NOT_GIVEN, false, false },
		{ NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, "123", true, true },
		{ NOT_GIVEN, ALONE, NOT_GIVEN, NOT_GIVEN, "123.4", false, false },
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		struct conf off = { 0 }, on = { .default_on = true };
		struct options o = { 0 };

		if (cases[i].checkpoint)
			options_set(&o, OPTION_CHECKPOINT, cases[i].checkpoint);
		if (cases[i].no_checkpoint)
			options_set(&o, OPTION_NO_CHECKPOINT, NULL);
		if (cases[i].dir)
			options_set(&o, OPTION_DIR, cases[i].dir);
		if (cases[i].eternal)
			options_set(&o, OPTION_ETERNAL, NULL);
		if (cases[i].from)
			options_set(&o, OPTION_FROM, cases[i].from);
		if (options_asked(&o) != cases[i].asked ||
		    options_wanted(&o, &off) != cases[i].asked ||
		    options_wanted(&o, &on) != cases[i].wanted_by_default)
			fail_msg("case %zu", i);
		assert_int_equal(options_any(&o), i != 0);
		options_free(&o);
	}
}

static void test_usable_arguments_are_taken(void **state)
{
	static const struct {
		enum option_id id;
		const char *arg;
	} cases[] = {
		{ OPTION_CHECKPOINT, NULL },
		{ OPTION_CHECKPOINT, "" },
		{ OPTION_CHECKPOINT, "0" },
		{ OPTION_CHECKPOINT, "10m" },
		{ OPTION_CHECKPOINT, "1-0:30" },
		{ OPTION_CHECKPOINT, "(null)" },
		{ OPTION_NO_CHECKPOINT, "(null)" },
		{ OPTION_DIR, "/ck/%u/%j" },
		{ OPTION_FALLBACK, "fail" },
		{ OPTION_FALLBACK, "restart" },
		{ OPTION_ETERNAL, NULL },
		{ OPTION_ETERNAL, "anything" },
		{ OPTION_CHECKPOINT, "auto" },
		{ OPTION_CHECKPOINT, "AUTO" },
		{ OPTION_KEEP, "1" },
		{ OPTION_KEEP, "1000" },
		{ OPTION_TMPDIR, "yes" },
		{ OPTION_TMPDIR, "no" },
		{ OPTION_FILES, "lengths" },
		{ OPTION_FILES, "copy" },
		{ OPTION_FROM, "1" },
		{ OPTION_FROM, "4294967295" },
		{ OPTION_FROM, "123.4" },
		{ OPTION_FROM, "1.4294967295" },
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		struct options o = give(cases[i].id, cases[i].arg);
		struct error e = { .text = "" };

		if (options_check(&o, &e) < 0)
			fail_msg("case %zu: %s", i, e.text);
		options_free(&o);
	}
}

static void test_others_are_refused_in_one_sentence_that_names_the_option(void **state)
{
	static const struct {
		enum option_id id;
		const char *arg, *error;
	} cases[] = {
		{ OPTION_CHECKPOINT, "banana",
		  "--checkpoint=banana: not an interval; give auto, minutes, "
		  "hours:minutes:seconds, days-hours or a number with s, m, h or d" },
		{ OPTION_CHECKPOINT, "400d", "--checkpoint=400d: longer than a year" },
		{ OPTION_DIR, "", "--checkpoint-dir=: not an absolute path" },
		{ OPTION_DIR, "(null)", "--checkpoint-dir=(null): not an absolute path" },
		{ OPTION_DIR, "ck/%u", "--checkpoint-dir=ck/%u: not an absolute path" },
		{ OPTION_DIR, "/ck/%h",
		  "--checkpoint-dir=/ck/%h: %h is not known; use %u for the user and %j "
		  "for the job id" },
		{ OPTION_FALLBACK, "",
		  "--checkpoint-fallback=: neither fail nor restart" },
		{ OPTION_FALLBACK, "Fail",
		  "--checkpoint-fallback=Fail: neither fail nor restart" },
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		struct options o = give(cases[i].id, cases[i].arg);
		struct error e = { .text = "" };

		assert_int_equal(options_check(&o, &e), -1);
		assert_string_equal(e.text, cases[i].error);
		options_free(&o);
	}
}

/* The words that these options know, and numbers within their bounds, alone. */
static void test_what_an_option_does_not_know_is_refused(void **state)
{
	static const struct {
		enum option_id id;
		const char *why;
		const char *args[16];
	} cases[] = {
		{ OPTION_CHECKPOINT,
		  "not an interval",
		  { "automatic", "auto ", "aut", "-1", "on" } },
		{ OPTION_KEEP,
		  "not a number from 1 to 1000",
		  { "", "0", "1001", "-1", "+1", "1.5", "2x", "all", "(null)",
		    "99999999999999999999" } },
		{ OPTION_TMPDIR,
		  "neither yes nor no",
		  { "", "Yes", "NO", "y", "n", "1", "true", "yes ", "(null)" } },
		{ OPTION_FILES,
		  "none of auto, lengths and copy",
		  { "", "length", "Lengths", "copies", "none", "copy,lengths",
		    "(null)" } },
		{ OPTION_FROM,
		  "neither a job id nor one with a generation, as 123.4",
		  { "", "0", "0.1", "1.", ".1", ".", "1.0", "1.2.3", "1_2", "-1", "1.-1",
		    "4294967296", "1.4294967296", "job", "1,2", "(null)" } },
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		for (size_t n = 0; n < CASES(cases[i].args) && cases[i].args[n]; n++) {
			const char *arg = cases[i].args[n];
			struct options o = give(cases[i].id, arg);
			struct error e = { .text = "" };

			if (options_check(&o, &e) == 0)
				fail_msg("--%s=%s was taken",
					 option_table[cases[i].id].name, arg);
			assert_non_null(strstr(e.text, option_table[cases[i].id].name));
			assert_non_null(strstr(e.text, cases[i].why));
			options_free(&o);
		}
	}
}

static void test_what_is_given_later_wins(void **state)
{
	struct options o = give(OPTION_CHECKPOINT, "banana");
	struct error e;

	assert_int_equal(options_set(&o, OPTION_CHECKPOINT, "5m"), 0);
	assert_int_equal(options_check(&o, &e), 0);
	assert_string_equal(options_task_value(&o, OPTION_CHECKPOINT), "5m");
	assert_int_equal(options_set(&o, OPTION_CHECKPOINT, NULL), 0);
	assert_string_equal(options_task_value(&o, OPTION_CHECKPOINT), "0");
	options_free(&o);
}

static void test_the_runner_gets_what_was_given_and_no_more(void **state)
{
	struct options none = { 0 };
	static const struct {
		enum option_id id;
		const char *arg, *value;
	} cases[] = {
		{ OPTION_CHECKPOINT, NULL, "0" },
		{ OPTION_CHECKPOINT, "", "0" },
		{ OPTION_CHECKPOINT, "1:30:00", "1:30:00" },
		{ OPTION_NO_CHECKPOINT, NULL, NULL },
		{ OPTION_DIR, "/ck/%u", "/ck/%u" },
		{ OPTION_FALLBACK, "restart", "restart" },
		{ OPTION_ETERNAL, NULL, "1" },
		{ OPTION_CHECKPOINT, "auto", "auto" },
		{ OPTION_KEEP, "3", "3" },
		{ OPTION_TMPDIR, "no", "no" },
		{ OPTION_FILES, "copy", "copy" },
		{ OPTION_FROM, "123.4", "123.4" },
	};

	for (enum option_id id = 0; id < OPTION_COUNT; id++)
		assert_null(options_task_value(&none, id));
	for (size_t i = 0; i < CASES(cases); i++) {
		struct options o = give(cases[i].id, cases[i].arg);
		const char *value = options_task_value(&o, cases[i].id);

		if (!cases[i].value)
			assert_null(value);
		else
			assert_string_equal(value, cases[i].value);
		options_free(&o);
	}
}

static void test_options_are_read_from_what_Slurm_leaves_in_the_job(void **state)
{
	static char *const environment[] = {
		"PATH=/bin",
		"SLURM_SPANK__SLURM_SPANK_OPTION_checkpoint_checkpoint=10m",
		"SLURM_SPANK__SLURM_SPANK_OPTION_checkpoint_checkpoint_dir=/a=b",
		"SLURM_SPANK__SLURM_SPANK_OPTION_checkpoint_eternal=(null)",
		"SLURM_SPANK__SLURM_SPANK_OPTION_checkpoint_no_checkpoints=1",
		"SLURM_SPANK__SLURM_SPANK_OPTION_other_no_checkpoint=1",
		"_SLURM_SPANK_OPTION_checkpoint_no_checkpoint=1",
		"SLURM_SPANK__SLURM_SPANK_OPTION_checkpoint_checkpoint_keep=5",
		"SLURM_SPANK__SLURM_SPANK_OPTION_checkpoint_checkpoint_tmpdir=no",
		"SLURM_SPANK__SLURM_SPANK_OPTION_checkpoint_checkpoint_files=copy",
		"SLURM_SPANK__SLURM_SPANK_OPTION_checkpoint_checkpoint_from=7.1",
		NULL,
	};
	struct options o = { 0 };

	assert_int_equal(options_read_environment(&o, environment), 0);
	assert_string_equal(o.arg[OPTION_CHECKPOINT], "10m");
	assert_string_equal(o.arg[OPTION_DIR], "/a=b");
	assert_true(o.given[OPTION_ETERNAL]);
	assert_null(o.arg[OPTION_ETERNAL]);
	assert_false(o.given[OPTION_NO_CHECKPOINT]);
	assert_false(o.given[OPTION_FALLBACK]);
	assert_string_equal(o.arg[OPTION_KEEP], "5");
	assert_string_equal(o.arg[OPTION_TMPDIR], "no");
	assert_string_equal(o.arg[OPTION_FILES], "copy");
	assert_string_equal(o.arg[OPTION_FROM], "7.1");
	options_free(&o);
}

static void test_the_administrators_paths_are_read(void **state)
{
	char *argv[] = { "conf=/etc/x.conf", "runner=/opt/runner" };
	struct settings s;
	struct error e;

	assert_int_equal(settings_parse(2, argv, &s, &e), 0);
	assert_string_equal(s.conf, "/etc/x.conf");
	assert_string_equal(s.runner, "/opt/runner");
	assert_int_equal(settings_parse(0, NULL, &s, &e), 0);
	assert_null(s.conf);
	assert_null(s.runner);
}

static void test_task_exec_is_beside_the_runner(void **state)
{
	const struct settings given = { .runner = "/opt/runner" }, none = { 0 };
	cleanup_free char *beside = settings_task_exec(&given);
	cleanup_free char *installed = settings_task_exec(&none);

	assert_string_equal(settings_runner(&given), "/opt/runner");
	assert_string_equal(beside, "/opt/task-exec");
	assert_string_equal(strrchr(settings_runner(&none), '/'), "/runner");
	assert_string_equal(strrchr(installed, '/'), "/task-exec");
}

static void test_a_wrong_argument_in_plugstack_conf_spoils_no_other(void **state)
{
	static char *const wrong[] = { "runer=/x", "conf", "conf=", "conf=x", "/x", "" };

	for (size_t i = 0; i < CASES(wrong); i++) {
		char *argv[] = { wrong[i], "runner=/opt/runner" };
		struct settings s;
		struct error e;

		assert_int_equal(settings_parse(2, argv, &s, &e), -1);
		assert_non_null(strstr(e.text, wrong[i]));
		assert_null(s.conf);
		assert_string_equal(s.runner, "/opt/runner");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_table_is_in_order_and_fits_what_Slurm_can_take),
		cmocka_unit_test(test_who_is_checkpointed),
		cmocka_unit_test(test_usable_arguments_are_taken),
		cmocka_unit_test(
			test_others_are_refused_in_one_sentence_that_names_the_option),
		cmocka_unit_test(test_what_an_option_does_not_know_is_refused),
		cmocka_unit_test(test_what_is_given_later_wins),
		cmocka_unit_test(test_the_runner_gets_what_was_given_and_no_more),
		cmocka_unit_test(test_options_are_read_from_what_Slurm_leaves_in_the_job),
		cmocka_unit_test(test_task_exec_is_beside_the_runner),
		cmocka_unit_test(test_the_administrators_paths_are_read),
		cmocka_unit_test(test_a_wrong_argument_in_plugstack_conf_spoils_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
