// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/site.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "testing.h"

/* ---- what was found ---- */

static struct finding found[64];
static size_t count;

static void keep(void *arg, const struct finding *finding)
{
	(void)arg;
	assert_true(count < LENGTH(found));
	found[count++] = *finding;
}

/* Is there a finding of this kind with these words, and these in what to write? */
static bool has(enum finding_kind kind, const char *text, const char *write)
{
	for (size_t i = 0; i < count; i++) {
		if (found[i].kind == kind && strstr(found[i].text.text, text) &&
		    strstr(found[i].write.text, write))
			return true;
	}
	return false;
}

static size_t missing(void)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += found[i].kind == FINDING_MISSING;
	return n;
}

static void judge(const struct site *site)
{
	count = 0;
	site_judge(site, keep, NULL);
	/* Where something is missing, and where it is right, that is told. */
	assert_true(count >= 4);
	for (size_t i = 0; i < count; i++)
		assert_true(*found[i].text.text && *found[i].use);
}

/* ---- a site that lacks nothing ---- */

static char none[] = "", low[] = "low", high[] = "high",
	    signal_new[] = "send_user_signal",
	    signal_old[] = "enable_configless,preempt_send_user_signal",
	    expire[] = "cred_expire=10", delay[] = "bf_max_job_test=100,requeue_delay=2";

static struct site_queue partitions[] = {
	{ .name = low,
	  .tier = 1,
	  .mode = SITE_PREEMPT_REQUEUE,
	  .grace = 60,
	  .max_time = SITE_UNLIMITED },
	{ .name = high, .tier = 10, .mode = SITE_PREEMPT_OFF, .max_time = 86400 },
};

static struct site good(void)
{
	return (struct site){ .release = 2411,
			      .preempt_type = SITE_BY_PARTITION,
			      .mode = SITE_PREEMPT_REQUEUE,
			      .preempt_params = signal_new,
			      .slurmctld_params = none,
			      .sched_params = none,
			      .auth_info = expire,
			      .job_requeue = true,
			      .max_batch_requeue = 100,
			      .exempt_time = 60,
			      .queues = partitions,
			      .npartitions = LENGTH(partitions),
			      .nqueues = LENGTH(partitions),
			      .limit_warning = 60 };
}

static void where_all_is_right_nothing_is_to_be_written(void **state)
{
	struct site site = good();

	judge(&site);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(found[i].kind, FINDING_RIGHT);
		assert_string_equal(found[i].write.text, "");
	}
	assert_true(has(FINDING_RIGHT, "partition low makes way", ""));
}

static void the_warning_has_another_name_on_older_releases(void **state)
{
	static const struct {
		unsigned int release;
		char *preempt, *slurmctld;
		bool right;
		const char *write;
	} cases[] = {
		{ 2205, signal_new, none, false,
		  "SlurmctldParameters=preempt_send_user_signal" },
		{ 2205, none, signal_old, true, "" },
		{ 2302, signal_new, none, true, "" },
		{ 2411, none, signal_old, true, "" },
		{ 2411, none, none, false, "PreemptParameters=send_user_signal" },
		{ 2605, signal_new, none, true, "" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct site site = good();

		site.release = cases[i].release;
		site.preempt_params = cases[i].preempt;
		site.slurmctld_params = cases[i].slurmctld;
		judge(&site);
		assert_int_equal(missing(), cases[i].right ? 0 : 1);
		assert_true(cases[i].right ||
			    has(FINDING_MISSING, "not told", cases[i].write));
	}
}

static void a_requeued_job_waits_as_long_as_the_release_has_it(void **state)
{
	static const struct {
		unsigned int release;
		char *sched, *auth;
		const char *seconds;
		enum finding_kind kind;
	} cases[] = {
		{ 2411, none, expire, " 10 seconds", FINDING_RIGHT },
		{ 2411, delay, none, " 120 seconds", FINDING_ADVICE },
		{ 2605, delay, none, " 2 seconds", FINDING_RIGHT },
		{ 2605, none, expire, " 10 seconds", FINDING_RIGHT },
		{ 2605, none, none, " 120 seconds", FINDING_ADVICE },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct site site = good();

		site.release = cases[i].release;
		site.sched_params = cases[i].sched;
		site.auth_info = cases[i].auth;
		judge(&site);
		assert_true(has(cases[i].kind, cases[i].seconds, ""));
	}
}

static void without_grace_no_job_is_saved(void **state)
{
	struct site_queue queues[] = { partitions[0], partitions[1] };
	struct site site = good();

	site.queues = queues;
	queues[0].grace = 0;
	judge(&site);
	assert_true(has(FINDING_MISSING, "partition low has GraceTime=0",
			"PartitionName=low"));
	/* It is the cluster's mode where a partition has none. */
	queues[0].mode = SITE_PREEMPT_UNSET;
	judge(&site);
	assert_int_equal(missing(), 1);
	site.mode = SITE_PREEMPT_SUSPEND;
	judge(&site);
	assert_true(has(FINDING_ADVICE, "suspended", ""));
	site.mode = SITE_PREEMPT_OFF;
	judge(&site);
	assert_true(has(FINDING_MISSING, "no partition makes way", "PriorityTier"));
}

static void without_preemption_no_job_makes_way(void **state)
{
	struct site site = good();

	site.preempt_type = SITE_NO_PREEMPTION;
	judge(&site);
	assert_true(has(FINDING_MISSING, "no job is preempted", "PreemptType="));
}

static void a_QOS_makes_way_for_those_that_preempt_it(void **state)
{
	char normal[] = "normal", list[] = "other,low";
	struct site_queue queues[] = {
		partitions[0],
		{ .name = normal,
		  .grace = 0,
		  .mode = SITE_PREEMPT_REQUEUE,
		  .max_time = SITE_UNLIMITED },
		{ .name = low,
		  .grace = 30,
		  .mode = SITE_PREEMPT_REQUEUE,
		  .max_time = SITE_UNLIMITED },
		{ .name = high,
		  .mode = SITE_PREEMPT_OFF,
		  .preempted = list,
		  .max_time = SITE_UNLIMITED },
	};
	struct site site = good();

	site.preempt_type = SITE_BY_QOS;
	site.queues = queues;
	site.npartitions = 1;
	site.nqueues = LENGTH(queues);
	site.qos_known = true;
	judge(&site);
	assert_int_equal(missing(), 0);
	assert_true(has(FINDING_RIGHT, "QOS low makes way", ""));
	queues[2].grace = 0;
	judge(&site);
	assert_true(has(FINDING_MISSING, "QOS low has GraceTime=0",
			"sacctmgr modify qos low"));
	queues[3].preempted = NULL;
	judge(&site);
	assert_true(has(FINDING_MISSING, "no QOS makes way", "Preempt="));
	site.qos_known = false;
	judge(&site);
	assert_true(has(FINDING_MISSING, "slurmdbd does not tell", ""));
}

static void requeues_that_are_forbidden_or_few_are_told(void **state)
{
	struct site site = good();

	site.job_requeue = false;
	site.max_batch_requeue = 5;
	judge(&site);
	assert_true(has(FINDING_MISSING, "not requeued", "JobRequeue=1"));
	assert_true(has(FINDING_ADVICE, "held after 5 failures; a preemption counts",
			"MaxBatchRequeue="));
	site.release = 2205;
	judge(&site);
	assert_true(has(FINDING_ADVICE, "held after 5 failures", ""));
	assert_false(has(FINDING_ADVICE, "preemption counts", ""));
	assert_false(has(FINDING_ADVICE, "", "MaxBatchRequeue="));
}

static void a_time_limit_shorter_than_its_warning_is_told(void **state)
{
	struct site_queue queues[] = { partitions[0], partitions[1] };
	struct site site = good();

	site.queues = queues;
	queues[1].max_time = 120;
	judge(&site);
	assert_true(
		has(FINDING_MISSING, "partition high: jobs of 120 seconds", "MaxTime"));
	queues[1].max_time = 121;
	judge(&site);
	assert_int_equal(missing(), 0);
}

static void an_item_of_a_list_is_found_whole(void **state)
{
	static const struct {
		const char *list, *item, *value; /* what it begins with */
	} cases[] = {
		{ "a=1,b", "a", "1,b" }, { "a=1,b", "b", "" },	{ "", "a", NULL },
		{ "ab=1", "a", NULL },	 { "xa=1", "a", NULL }, { "A=2", "a", "2" },
		{ "a", "ab", NULL },	 { ",,a=3", "a", "3" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *value = site_find_item(cases[i].list, cases[i].item);

		if (cases[i].value)
			assert_string_equal(value, cases[i].value);
		else
			assert_null(value);
	}
}

static void what_private_data_hides_is_told(void **state)
{
	struct site site = good();

	(void)state;
	site.private_nodes = true;
	judge(&site);
	assert_int_equal(missing(), 0);
	assert_true(has(FINDING_ADVICE, "PrivateData=nodes", "slurm.conf: PrivateData"));
	assert_false(has(FINDING_ADVICE, "PrivateData=jobs", ""));
	site.private_jobs = true;
	judge(&site);
	assert_true(has(FINDING_ADVICE, "PrivateData=jobs", "slurm.conf: PrivateData"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_all_is_right_nothing_is_to_be_written),
		cmocka_unit_test(the_warning_has_another_name_on_older_releases),
		cmocka_unit_test(a_requeued_job_waits_as_long_as_the_release_has_it),
		cmocka_unit_test(without_grace_no_job_is_saved),
		cmocka_unit_test(without_preemption_no_job_makes_way),
		cmocka_unit_test(a_QOS_makes_way_for_those_that_preempt_it),
		cmocka_unit_test(requeues_that_are_forbidden_or_few_are_told),
		cmocka_unit_test(a_time_limit_shorter_than_its_warning_is_told),
		cmocka_unit_test(what_private_data_hides_is_told),
		cmocka_unit_test(an_item_of_a_list_is_found_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
