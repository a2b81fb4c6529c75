// SPDX-License-Identifier: GPL-2.0-or-later
/* What DMTCP 4.2.0 printed, as it was recorded. */
#define _GNU_SOURCE
#include "engine/dmtcp/status.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "testing.h"

#define HEAD "Coordinator:\n  Host: 127.0.0.1\n  Port: 56719\n"

static void a_status_is_understood(void **state)
{
	static const struct {
		const char *text;
		unsigned int peers;
		bool running;
	} cases[] = {
		{ HEAD "Status...\n  NUM_PEERS=2\n  RUNNING=yes\n"
		       "  CKPT_INTERVAL=0 (checkpoint manually)\n",
		  2, true },
		{ HEAD "Status...\n  NUM_PEERS=2\n  RUNNING=no\n"
		       "  CKPT_INTERVAL=0 (checkpoint manually)\n",
		  2, false },
		{ HEAD "Status...\n  NUM_PEERS=0\n  RUNNING=no\n"
		       "  CKPT_INTERVAL=0 (checkpoint manually)\n",
		  0, false },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct dmtcp_status status;
		struct error e;

		if (dmtcp_status_parse(cases[i].text, &status, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(status.peers, cases[i].peers);
		assert_int_equal(status.running, cases[i].running);
	}
}

static void anything_else_is_no_status(void **state)
{
	static const char *const texts[] = {
		"",
		"Coordinator not found. Please check port and host.\n",
		HEAD "Status...\n  NUM_PEERS=\n  RUNNING=yes\n",
		HEAD "Status...\n  NUM_PEERS=2\n",
		HEAD "Status...\n  RUNNING=yes\n",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct dmtcp_status status;
		struct error e;

		assert_int_equal(dmtcp_status_parse(texts[i], &status, &e), -1);
		assert_non_null(strstr(e.text, "does not tell its status"));
	}
}

static void only_a_checkpoint_at_a_bad_moment_is_asked_for_again(void **state)
{
	static const char later[] =
		"Error, computation not in running state.  Either a checkpoint is\n"
		" currently happening or there are no connected processes.\n";
	static const char none[] = "Coordinator not found. Please check port and host.\n";

	(void)state;
	assert_int_equal(dmtcp_answer_parse(0, ""), DMTCP_DONE);
	assert_int_equal(dmtcp_answer_parse(2, later), DMTCP_LATER);
	assert_int_equal(dmtcp_answer_parse(2, none), DMTCP_FAILED);
	assert_int_equal(dmtcp_answer_parse(99, ""), DMTCP_FAILED);
}

static void a_release_that_will_do_is_told(void **state)
{
	static const char *const texts[][2] = {
		{ "dmtcp_launch (DMTCP) 4.2.0\nLicense LGPLv3+: GNU LGPL\n", "4.2.0" },
		{ "dmtcp_launch (DMTCP) 3.1.2\n", "3.1.2" },
		{ "dmtcp_launch (DMTCP) 10.0", "10.0" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		cleanup_free char *version =
			dmtcp_version_parse(texts[i][0], "/p/dmtcp_launch", NULL);

		assert_string_equal(version, texts[i][1]);
	}
}

static void a_release_that_is_too_old_is_refused_by_name(void **state)
{
	static const char *const texts[][2] = {
		{ "dmtcp_launch (DMTCP) 3.0.0\n", "/p/dmtcp_launch is version 3.0, which "
						  "is too old; install DMTCP 3.1 or "
						  "later" },
		{ "dmtcp_launch (DMTCP) 2.6\n", "/p/dmtcp_launch is version 2.6, which "
						"is too old; install DMTCP 3.1 or "
						"later" },
		{ "no such thing", "/p/dmtcp_launch: does not tell its version" },
		{ "", "/p/dmtcp_launch: does not tell its version" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct error e;

		assert_null(dmtcp_version_parse(texts[i][0], "/p/dmtcp_launch", &e));
		assert_string_equal(e.text, texts[i][1]);
	}
}

static void the_last_reason_in_a_log_is_found(void **state)
{
	static const char log[] =
		"[0;33m[2026-11-22T21:12:16.027, 43000, 43002, Warning] at "
		"socketconnection.cpp:735 in postRestart; REASON='JWARNING(false) "
		"failed; "
		"(type = 2);Message: Bind failed.[0m\n"
		"[0;31m[2026-11-22T20:36:35.307, 85, 85, Error] at "
		"coordinatorapi.cpp:625 in "
		"sendRecvHandshake; REASON='JASSERT(msg.type == DMT_ACCEPT) failed; "
		"(msg.type = DMT_REJECT_NOT_RESTARTING);    dmtcp_restart: "
		"Terminating...\n";
	cleanup_free char *reason = dmtcp_log_reason(log);

	(void)state;
	assert_string_equal(reason, "JASSERT(msg.type == DMT_ACCEPT) failed");
	assert_null(dmtcp_log_reason("nothing of the kind\n"));
	assert_null(dmtcp_log_reason(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_understood),
		cmocka_unit_test(anything_else_is_no_status),
		cmocka_unit_test(only_a_checkpoint_at_a_bad_moment_is_asked_for_again),
		cmocka_unit_test(a_release_that_will_do_is_told),
		cmocka_unit_test(a_release_that_is_too_old_is_refused_by_name),
		cmocka_unit_test(the_last_reason_in_a_log_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
