// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/conf.h"
#include "base/str.h"

#define CASES(table) (sizeof(table) / sizeof((table)[0]))

static int parse(struct conf *conf, const char *text, struct error *e)
{
	assert_int_equal(conf_init(conf, e), 0);
	return conf_parse(conf, text, strlen(text), "checkpoint.conf", e);
}

static void test_defaults_are_those_that_the_manual_page_names(void **state)
{
	struct conf conf;
	struct error e;

	assert_int_equal(conf_init(&conf, &e), 0);
	assert_string_equal(conf.checkpoint_dir, "/home/%u/checkpoint");
	assert_false(conf.default_on);
	assert_int_equal(conf.interval, 0);
	assert_int_equal(conf.grace_time, 60);
	assert_int_equal(conf.keep, 2);
	assert_int_equal(conf.cleanup, CLEANUP_SUCCESS);
	assert_int_equal(conf.fallback, FALLBACK_FAIL);
	assert_int_equal(conf.log_level, LOG_INFO);
	assert_null(conf.criu_path);
	assert_null(conf.tmp_dir);
	assert_null(conf.leave_out);
	assert_int_equal(conf.dump_timeout, 600);
	assert_int_equal(conf.restore_timeout, 600);
	assert_true(conf.quota == 0);
	assert_int_equal(conf.node_mtbf, 365);
	assert_int_equal(conf.purge_after, 30);
	conf_free(&conf);
}

static void test_every_keyword_sets_its_member(void **state)
{
	struct conf conf;
	struct error e = { .text = "" };

	assert_int_equal(parse(&conf,
			       "CheckpointDir=/scratch/%u/%j\n"
			       "CheckpointDefault=yes\n"
			       "CheckpointInterval=1-12:30\n"
			       "GraceTime=65535\n"
			       "KeepGenerations=1\n"
			       "Cleanup=always\n"
			       "Fallback=restart\n"
			       "LogLevel=debug\n"
			       "CheckpointNet=private\n"
			       "CpuBaseline=x86-64-v3\n"
			       "CriuPath=/opt/criu/sbin/criu\n"
			       "TmpDir=/local\n"
			       "EnvironmentLeaveOut=*_TOKEN,AWS_*\n"
			       "DumpTimeout=1\n"
			       "RestoreTimeout=86400\n"
			       "Quota=2T\n"
			       "NodeMTBF=36500\n"
			       "PurgeAfter=0\n"
			       "NodeFeature=ck-1",
			       &e),
			 0);
	assert_string_equal(conf.checkpoint_dir, "/scratch/%u/%j");
	assert_true(conf.default_on);
	assert_int_equal(conf.interval, (36 * 60 + 30) * 60);
	assert_int_equal(conf.grace_time, 65535);
	assert_int_equal(conf.keep, 1);
	assert_int_equal(conf.cleanup, CLEANUP_ALWAYS);
	assert_int_equal(conf.fallback, FALLBACK_RESTART);
	assert_int_equal(conf.log_level, LOG_DEBUG);
	assert_int_equal(conf.net, WISH_NET_PRIVATE);
	assert_int_equal(conf.cpu_baseline, CPU_V3);
	assert_string_equal(conf.criu_path, "/opt/criu/sbin/criu");
	assert_string_equal(conf.tmp_dir, "/local");
	assert_string_equal(conf.leave_out, "*_TOKEN,AWS_*");
	assert_int_equal(conf.dump_timeout, 1);
	assert_int_equal(conf.restore_timeout, 86400);
	assert_true(conf.quota == 2ull << 40);
	assert_int_equal(conf.node_mtbf, 36500);
	assert_int_equal(conf.purge_after, 0);
	assert_string_equal(conf.node_feature, "ck-1");
	conf_free(&conf);
}

static void test_words_stand_for_what_is_not_a_number(void **state)
{
	static const char *const cases[] = {
		"CheckpointInterval=auto\nNodeMTBF=measured\nQuota=0\n",
		"checkpointinterval = AUTO\nnodemtbf = Measured\nquota = 0K\n",
		"CheckpointInterval=5\nCheckpointInterval=auto\n"
		"NodeMTBF=5\nNodeMTBF=measured\nQuota=5\nQuota=0",
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		struct error e = { .text = "" };
		struct conf conf;

		if (parse(&conf, cases[i], &e) < 0)
			fail_msg("%s: %s", cases[i], e.text);
		assert_int_equal(conf.interval, CONF_INTERVAL_AUTO);
		assert_int_equal(conf.node_mtbf, 0);
		assert_true(conf.quota == 0);
		conf_free(&conf);
	}
}

static void test_an_interval_is_a_time_or_chosen_for_the_job(void **state)
{
	static const struct {
		const char *text;
		long seconds;
	} cases[] = {
		{ "auto", CONF_INTERVAL_AUTO },
		{ "Auto", CONF_INTERVAL_AUTO },
		{ "0", 0 },
		{ "30", 30 * 60 },
		{ "90s", 90 },
		{ "1-0", 86400 },
	};
	static const char *const wrong[] = { "",      "automatic", "auto ",
					     " auto", "-1",	   "aut" };

	for (size_t i = 0; i < CASES(cases); i++) {
		struct error e = { .text = "" };
		long seconds = 99;

		if (conf_parse_interval(cases[i].text, &seconds, &e) < 0)
			fail_msg("%s: %s", cases[i].text, e.text);
		assert_int_equal(seconds, cases[i].seconds);
	}
	for (size_t i = 0; i < CASES(wrong); i++) {
		struct error e = { .text = "" };
		long seconds;

		assert_int_equal(conf_parse_interval(wrong[i], &seconds, &e), -1);
		assert_string_not_equal(e.text, "");
	}
}

static void test_case_space_comments_and_repetition_do_not_matter(void **state)
{
	static const char *const cases[] = {
		"KeepGenerations=7",
		"keepgenerations=7\n",
		"\t KEEPGENERATIONS \t=\t 7 \r\n",
		"# KeepGenerations=8\n\n   \nKeepGenerations=7 # not 9\n#",
		"KeepGenerations=3\nKeepGenerations=7",
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		struct error e = { .text = "" };
		struct conf conf;

		if (parse(&conf, cases[i], &e) < 0)
			fail_msg("%s: %s", cases[i], e.text);
		assert_int_equal(conf.keep, 7);
		conf_free(&conf);
	}
}

static void test_a_line_not_understood_is_named_with_the_reason(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "\n\nbanana", "line 3: banana: not Keyword=value" },
		{ "NodeFeature=", "line 1: NodeFeature=: not a feature: a letter, and "
				  "then letters, digits, \"_\", \"-\", \".\" and \"=\"" },
		{ "NodeFeature=a&b", "line 1: NodeFeature=a&b: not a feature: a letter, "
				     "and then letters, digits, \"_\", \"-\", \".\" and "
				     "\"=\"" },
		{ "CheckpointDefault=maybe",
		  "line 1: CheckpointDefault=maybe: not one of no|yes" },
		{ "cleanup=", "line 1: Cleanup=: not one of never|success|always" },
		{ "Cleanup=never|success",
		  "line 1: Cleanup=never|success: not one of never|success|always" },
		{ "Fallback=f", "line 1: Fallback=f: not one of fail|restart" },
		{ "LogLevel=3",
		  "line 1: LogLevel=3: not one of quiet|error|info|verbose|debug" },
		{ "KeepGenerations=0",
		  "line 1: KeepGenerations=0: not a number from 1 to 1000" },
		{ "GraceTime=-1", "line 1: GraceTime=-1: not a number from 1 to 65535" },
		{ "GraceTime=65536",
		  "line 1: GraceTime=65536: not a number from 1 to 65535" },
		{ "GraceTime=99999999999999999999999",
		  "line 1: GraceTime=99999999999999999999999: not a number from 1 to "
		  "65535" },
		{ "DumpTimeout=60s",
		  "line 1: DumpTimeout=60s: not a number from 1 to 86400" },
		{ "CheckpointInterval=often",
		  "line 1: CheckpointInterval=often: not an interval; give auto, "
		  "minutes, "
		  "hours:minutes:seconds, days-hours or a number with s, m, h or d" },
		{ "CheckpointDir=", "line 1: CheckpointDir=: not an absolute path" },
		{ "CheckpointDir=%u", "line 1: CheckpointDir=%u: not an absolute path" },
		{ "CheckpointDir=/%h", "line 1: CheckpointDir=/%h: %h is not known; use "
				       "%u for the user and %j "
				       "for the job id" },
		{ "CriuPath=criu", "line 1: CriuPath=criu: not an absolute path" },
		{ "TmpDir=", "line 1: TmpDir=: not an absolute path" },
		{ "EnvironmentLeaveOut=A B",
		  "line 1: EnvironmentLeaveOut=A B: not names of variables with commas "
		  "between" },
		{ "Quota=", "line 1: Quota=: not a size; give a number with K, M, G, T "
			    "or P" },
		{ "Quota=all", "line 1: Quota=all: not a size; give a number with K, M, "
			       "G, T or P" },
		{ "Quota=8192P", "line 1: Quota=8192P: not a size; give a number with "
				 "K, M, G, T or P" },
		{ "Quota=-1", "line 1: Quota=-1: not a size; give a number with K, M, G, "
			      "T or P" },
		{ "NodeMTBF=0", "line 1: NodeMTBF=0: neither \"measured\" nor a number "
				"of days from 1 to 36500" },
		{ "NodeMTBF=36501", "line 1: NodeMTBF=36501: neither \"measured\" nor "
				    "a number of days from 1 to 36500" },
		{ "NodeMTBF=measure", "line 1: NodeMTBF=measure: neither \"measured\" "
				      "nor a number of days from 1 to 36500" },
		{ "NodeMTBF=", "line 1: NodeMTBF=: neither \"measured\" nor a number "
			       "of days from 1 to 36500" },
		{ "PurgeAfter=36501",
		  "line 1: PurgeAfter=36501: not a number from 0 to 36500" },
		{ "PurgeAfter=never",
		  "line 1: PurgeAfter=never: not a number from 0 to 36500" },
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		cleanup_free char *expected =
			str_printf("checkpoint.conf %s", cases[i].error);
		struct error e = { .text = "" };
		struct conf conf;

		assert_int_equal(parse(&conf, cases[i].text, &e), -1);
		assert_string_equal(e.text, expected);
		conf_free(&conf);
	}
}

static void test_a_keyword_of_a_later_version_is_passed_over_and_reported(void **state)
{
	struct error e = { .text = "" };
	struct conf conf;

	assert_int_equal(parse(&conf,
			       "KeepGenerations=7\nBanana = 1\nApple=2\n=\nGraceTime=9",
			       &e),
			 0);
	assert_int_equal(conf.keep, 7);
	assert_int_equal(conf.grace_time, 9);
	assert_string_equal(conf.ignored, "checkpoint.conf line 2: Banana: no such "
					  "keyword; it is ignored");
	conf_free(&conf);
	assert_int_equal(parse(&conf, "KeepGenerations=7", &e), 0);
	assert_null(conf.ignored);
	conf_free(&conf);
}

static void test_a_zero_byte_is_refused(void **state)
{
	static const char text[] = "KeepGenerations=7\0";
	struct conf conf;
	struct error e;

	assert_int_equal(conf_init(&conf, &e), 0);
	assert_int_equal(conf_parse(&conf, text, sizeof(text), "x", &e), -1);
	assert_string_equal(e.text, "x line 1: holds a zero byte");
	conf_free(&conf);
}

static void test_a_directory_pattern_is_expanded(void **state)
{
	static const struct {
		const char *pattern, *dir;
	} cases[] = {
		{ "/", "/" },
		{ "/ck/%u/%j", "/ck/alice/42" },
		{ "/%%u/%u%u%%", "/%u/alicealice%" },
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		struct error e = { .text = "" };
		cleanup_free char *dir =
			conf_expand_dir(cases[i].pattern, "alice", 42, &e);

		assert_non_null(dir);
		assert_string_equal(dir, cases[i].dir);
	}
}

static void test_a_wrong_directory_pattern_is_refused(void **state)
{
	static const struct {
		const char *pattern, *error;
	} cases[] = {
		{ "", "not an absolute path" },
		{ "ck", "not an absolute path" },
		{ "%u", "not an absolute path" },
		{ "/%x", "%x is not known; use %u for the user and %j for the job id" },
		{ "/%", "% is not known; use %u for the user and %j for the job id" },
		{ "/%%%", "% is not known; use %u for the user and %j for the job id" },
	};

	for (size_t i = 0; i < CASES(cases); i++) {
		struct error e = { .text = "" };

		assert_null(conf_expand_dir(cases[i].pattern, "alice", 42, &e));
		assert_string_equal(e.text, cases[i].error);
	}
}

/* A directory of its own for each test, with room for one checkpoint.conf. */
struct place {
	char *dir, *file, *slurm_conf;
};

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	p->dir = strdup("/tmp/test_conf.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->file = str_printf("%s/checkpoint.conf", p->dir);
	p->slurm_conf = str_printf("%s/slurm.conf", p->dir);
	*state = p;
	return 0;
}

static int remove_place(void **state)
{
	struct place *p = *state;

	unlink(p->file);
	rmdir(p->file);
	rmdir(p->dir);
	free(p->dir);
	free(p->file);
	free(p->slurm_conf);
	free(p);
	unsetenv("SLURM_CONF");
	return 0;
}

static void write_file(const char *path, const char *text, off_t size)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(ftruncate(fd, size), 0);
}

static void test_a_file_is_read_and_its_errors_name_it(void **state)
{
	const struct place *p = *state;
	cleanup_free char *expected =
		str_printf("%s line 1: Keep: not Keyword=value", p->file);
	struct conf conf;
	struct error e;

	assert_int_equal(conf_init(&conf, &e), 0);
	write_file(p->file, "KeepGenerations=5\n", 18);
	assert_int_equal(conf_read(&conf, p->file, &e), 0);
	assert_int_equal(conf.keep, 5);
	write_file(p->file, "Keep\n", 5);
	assert_int_equal(conf_read(&conf, p->file, &e), -1);
	assert_string_equal(e.text, expected);
	conf_free(&conf);
}

static void test_a_missing_file_leaves_the_defaults(void **state)
{
	const struct place *p = *state;
	struct conf conf;
	struct error e;

	assert_int_equal(conf_init(&conf, &e), 0);
	assert_int_equal(conf_read(&conf, p->file, &e), 0);
	assert_int_equal(conf.keep, 2);
	conf_free(&conf);
}

static void test_a_directory_or_too_large_a_file_is_refused(void **state)
{
	const struct place *p = *state;
	struct conf conf;
	struct error e;

	assert_int_equal(conf_init(&conf, &e), 0);
	assert_int_equal(mkdir(p->file, 0700), 0);
	assert_int_equal(conf_read(&conf, p->file, &e), -1);
	assert_int_equal(rmdir(p->file), 0);
	write_file(p->file, "#", 1024 * 1024 + 1);
	assert_int_equal(conf_read(&conf, p->file, &e), -1);
	assert_non_null(strstr(e.text, p->file));
	conf_free(&conf);
}

static void test_the_file_is_beside_slurm_conf_if_it_is_there(void **state)
{
	const struct place *p = *state;
	cleanup_free char *elsewhere = NULL, *beside = NULL;

	setenv("SLURM_CONF", p->slurm_conf, 1);
	elsewhere = conf_path();
	assert_string_not_equal(elsewhere, p->file);
	write_file(p->file, "", 0);
	beside = conf_path();
	assert_string_equal(beside, p->file);
}

static void a_percent_is_found_that_stands_for_something(void **state)
{
	static const struct {
		const char *pattern;
		char which;
		int at; /* or -1 */
	} cases[] = {
		{ "/x/%u", 'u', 3 },	  { "/x/%j", 'u', -1 }, { "/x", 'u', -1 },
		{ "/100%%u/x", 'u', -1 }, { "/%%%u", 'u', 3 },	{ "/%%u/%u", 'u', 5 },
		{ "/%j/%u", 'u', 4 },	  { "/x%", 'u', -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *found = conf_find_percent(cases[i].pattern, cases[i].which);

		assert_true(cases[i].at < 0 ? !found
					    : found == cases[i].pattern + cases[i].at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_percent_is_found_that_stands_for_something),
		cmocka_unit_test(test_defaults_are_those_that_the_manual_page_names),
		cmocka_unit_test(test_every_keyword_sets_its_member),
		cmocka_unit_test(test_words_stand_for_what_is_not_a_number),
		cmocka_unit_test(test_an_interval_is_a_time_or_chosen_for_the_job),
		cmocka_unit_test(test_case_space_comments_and_repetition_do_not_matter),
		cmocka_unit_test(test_a_line_not_understood_is_named_with_the_reason),
		cmocka_unit_test(
			test_a_keyword_of_a_later_version_is_passed_over_and_reported),
		cmocka_unit_test(test_a_zero_byte_is_refused),
		cmocka_unit_test(test_a_directory_pattern_is_expanded),
		cmocka_unit_test(test_a_wrong_directory_pattern_is_refused),
		cmocka_unit_test_setup_teardown(
			test_a_file_is_read_and_its_errors_name_it, make_place,
			remove_place),
		cmocka_unit_test_setup_teardown(test_a_missing_file_leaves_the_defaults,
						make_place, remove_place),
		cmocka_unit_test_setup_teardown(
			test_a_directory_or_too_large_a_file_is_refused, make_place,
			remove_place),
		cmocka_unit_test_setup_teardown(
			test_the_file_is_beside_slurm_conf_if_it_is_there, make_place,
			remove_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
