// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/version.h"

#include "base/cleanup.h"
#include "base/protocol.h"
#include "testing.h"

static void set(struct folder *folder, const char *attribute, const char *value)
{
	assert_int_equal(manifest_set(&folder->record, attribute, "%s", value), 0);
}

static void a_runner_is_asked_only_what_it_knows(void **state)
{
	static const struct {
		const char *protocol;
		int signum;
		int rc;
	} cases[] = {
		{ NULL, CHECKPOINT_SIGNAL_CREATE, 0 }, /* before it was written */
		{ NULL, CHECKPOINT_SIGNAL_MOVE, 0 },
		{ NULL, CHECKPOINT_SIGNAL_MOVE + 1, -1 },
		{ "1", CHECKPOINT_SIGNAL_MOVE, 0 },
		{ "1", CHECKPOINT_SIGNAL_LAST, -1 },
		{ "0", CHECKPOINT_SIGNAL_CREATE, -1 },
		{ "2", CHECKPOINT_SIGNAL_MOVE, 0 }, /* a later version's knows these */
	};
	struct place *p = *state;

	for (unsigned int i = 0; i < LENGTH(cases); i++) {
		cleanup_folder struct folder folder;
		struct error e = { .text = "" };

		make_folder(p, 10 + i, &folder);
		set(&folder, RECORD_NODE, "n3");
		set(&folder, RECORD_VERSION, "0.0.9");
		if (cases[i].protocol)
			set(&folder, RECORD_PROTOCOL, cases[i].protocol);
		assert_int_equal(version_check_request(&folder, cases[i].signum, &e),
				 cases[i].rc);
		if (cases[i].rc < 0)
			assert_says(&e, "its runner, of slurm-checkpoint 0.0.9 on n3, "
					"does not know this request");
	}
}

static void a_runner_writes_which_requests_it_knows(void **state)
{
	cleanup_folder struct folder folder;
	struct error e;

	make_folder(*state, 7, &folder);
	assert_int_equal(version_stamp_record(&folder.record), 0);
	assert_int_equal(version_check_request(&folder, CHECKPOINT_SIGNAL_MOVE, &e), 0);
	assert_non_null(manifest_get(&folder.record, RECORD_VERSION));
}

static void what_is_needed_is_needed_once(void **state)
{
	struct manifest m = { 0 };
	struct error e;

	(void)state;
	assert_int_equal(version_need(&m, "wings", &e), 0);
	assert_int_equal(version_need(&m, "wing", &e), 0);
	assert_int_equal(version_need(&m, "wings", &e), 0);
	assert_int_equal(version_check_needs(&m, &e), -1);
	assert_string_equal(manifest_get(&m, ATTR_NEEDS),
			    "wings=" VERSION " wing=" VERSION);
	manifest_free(&m);
}

static void a_need_that_is_not_known_is_refused_with_the_version(void **state)
{
	static const struct {
		const char *needs, *says; /* NULL: nothing is wrong */
	} cases[] = {
		{ NULL, NULL },
		{ "", NULL },
		{ "  ", NULL },
		{ "wings=2.5", "needs slurm-checkpoint 2.5 or later, with \"wings\"" },
		{ " wings=", "needs slurm-checkpoint  or later, with \"wings\"" },
		{ "wings", "needs \"wings\", which" },
		{ "=1", "needs \"=1\", which" },
	};

	(void)state;
	for (unsigned int i = 0; i < LENGTH(cases); i++) {
		struct manifest m = { 0 };
		struct error e = { .text = "" };

		if (cases[i].needs)
			assert_int_equal(
				manifest_set(&m, ATTR_NEEDS, "%s", cases[i].needs), 0);
		assert_int_equal(version_check_needs(&m, &e), cases[i].says ? -1 : 0);
		if (cases[i].says)
			assert_says(&e, cases[i].says);
		manifest_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_runner_is_asked_only_what_it_knows),
		in_place(a_runner_writes_which_requests_it_knows),
		cmocka_unit_test(what_is_needed_is_needed_once),
		cmocka_unit_test(a_need_that_is_not_known_is_refused_with_the_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
