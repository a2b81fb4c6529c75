// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/wishes.h"

#include <signal.h>
#include <string.h>

#include "testing.h"

static void a_signal_is_a_name_or_a_number_for_the_script_or_the_steps(void **state)
{
	static const struct {
		const char *text;
		int signum;
		bool to_steps;
	} good[] = {
		{ "USR1", SIGUSR1, false },	 { "SIGUSR2", SIGUSR2, false },
		{ "sigterm", SIGTERM, false },	 { "12", 12, false },
		{ "steps:USR1", SIGUSR1, true }, { "Steps:10", 10, true },
	};
	static const char *const bad[] = { "",	    "BANANA", "KILL", "STOP",	 "0",
					   "steps", "steps:", "65",   "batch:1", "41" };

	(void)state;
	for (size_t i = 0; i < LENGTH(good); i++) {
		struct wishes wishes;
		struct error e;

		wishes_init(&wishes);
		assert_int_equal(wishes_set_signal(&wishes, good[i].text, &e), 0);
		assert_int_equal(wishes.signal, good[i].signum);
		assert_int_equal(wishes.to_steps, good[i].to_steps);
	}
	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct wishes wishes;
		struct error e;

		wishes_init(&wishes);
		assert_int_equal(wishes_set_signal(&wishes, bad[i], &e), -1);
		assert_int_equal(wishes.signal, 0);
	}
}

static void an_exit_code_is_not_that_of_success(void **state)
{
	struct wishes wishes;
	struct error e;

	(void)state;
	wishes_init(&wishes);
	assert_int_equal(wishes.exit_code, -1);
	assert_int_equal(wishes_set_exit_code(&wishes, "85", &e), 0);
	assert_int_equal(wishes.exit_code, 85);
	assert_int_equal(wishes_set_exit_code(&wishes, "0", &e), -1);
	assert_int_equal(wishes_set_exit_code(&wishes, "256", &e), -1);
	assert_int_equal(wishes.exit_code, 85);
}

static void an_engine_is_one_of_ours_or_auto(void **state)
{
	struct wishes wishes;
	struct error e;

	(void)state;
	wishes_init(&wishes);
	assert_int_equal(wishes_set_engine(&wishes, "criu", &e), 0);
	assert_string_equal(wishes.engine, "criu");
	assert_int_equal(wishes_set_engine(&wishes, "auto", &e), 0);
	assert_null(wishes.engine);
	assert_int_equal(wishes_set_engine(&wishes, "blcr", &e), -1);
	assert_non_null(strstr(e.text, "blcr is none of the engines auto, criu"));
}

static void a_list_of_engines_names_each_once(void **state)
{
	struct error e;

	(void)state;
	assert_int_equal(wishes_check_engines("criu", &e), 0);
	assert_int_equal(wishes_check_engines("criu,criu", &e), -1);
	assert_int_equal(wishes_check_engines("criu,", &e), -1);
	assert_int_equal(wishes_check_engines("auto", &e), -1);
	assert_non_null(strstr(e.text, "auto is none of the engines criu, "));
}

static void a_network_and_connections_have_their_words(void **state)
{
	struct wishes wishes;
	struct error e;

	(void)state;
	wishes_init(&wishes);
	assert_int_equal(wishes.net, WISH_NET_AUTO);
	assert_int_equal(wishes_set_net(&wishes, "private", &e), 0);
	assert_int_equal(wishes.net, WISH_NET_PRIVATE);
	assert_int_equal(wishes_set_net(&wishes, "public", &e), -1);
	assert_int_equal(wishes.tcp, WISH_TCP_REFUSE);
	assert_int_equal(wishes_set_tcp(&wishes, "close", &e), 0);
	assert_int_equal(wishes.tcp, WISH_TCP_CLOSE);
	assert_int_equal(wishes_set_tcp(&wishes, "open", &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_signal_is_a_name_or_a_number_for_the_script_or_the_steps),
		cmocka_unit_test(an_exit_code_is_not_that_of_success),
		cmocka_unit_test(an_engine_is_one_of_ours_or_auto),
		cmocka_unit_test(a_list_of_engines_names_each_once),
		cmocka_unit_test(a_network_and_connections_have_their_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
