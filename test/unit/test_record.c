// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "runner/own_output.h"
#include "testing.h"

static struct task task_of(unsigned int restart)
{
	return (struct task){
		.job = 7, .restart = restart, .cluster = "c", .node = "n1", .user = "u"
	};
}

/* Start while the job's output is "out", and its error output "err". */
static unsigned int start(struct place *p, struct folder *folder, const struct task *task)
{
	static const char *const names[] = { "out", "err" };
	struct error e = { .text = "" };
	unsigned int generation = 99;
	int saved[2], rc;

	for (int i = 0; i < 2; i++) {
		cleanup_close int fd =
			openat(p->fd, names[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		saved[i] = fcntl(STDOUT_FILENO + i, F_DUPFD_CLOEXEC, 3);
		assert_true(fd >= 0 && saved[i] >= 0);
		assert_true(dup2(fd, STDOUT_FILENO + i) >= 0);
	}
	rc = record_start(folder, task, &generation, &e);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], STDOUT_FILENO + i);
		close(saved[i]);
	}
	if (rc < 0)
		fail_msg("%s", e.text);
	return generation;
}

/* What is in the record on the disk. */
static void assert_record(struct place *p, const char *attribute, const char *want)
{
	cleanup_folder struct folder folder;
	const char *got;

	make_folder(p, 7, &folder);
	got = manifest_get(&folder.record, attribute);
	if (!want) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_string_equal(got, want);
}

static void set(struct folder *folder, const char *attribute, const char *value)
{
	struct error e;

	assert_int_equal(manifest_set(&folder->record, attribute, "%s", value), 0);
	assert_int_equal(folder_save(folder, &e), 0);
}

/* ---- starting ---- */

static void who_runs_the_job_is_in_its_record(void **state)
{
	struct place *p = *state;
	struct task task = task_of(0);
	cleanup_folder struct folder folder;

	make_folder(p, 7, &folder);
	setenv("SLURM_JOB_PARTITION", "long", 1);
	assert_int_equal(start(p, &folder, &task), 0);
	unsetenv("SLURM_JOB_PARTITION");
	assert_record(p, RECORD_JOB, "7");
	assert_record(p, RECORD_CLUSTER, "c");
	assert_record(p, RECORD_USER, "u");
	assert_record(p, RECORD_PARTITION, "long");
	assert_record(p, RECORD_RESTART, "0");
	assert_record(p, RECORD_NODE, "n1");
	assert_record(p, RECORD_END, "");
	task.restart = 3;
	task.node = "n2";
	set(&folder, RECORD_END, "1770000000");
	assert_int_equal(start(p, &folder, &task), 0);
	assert_record(p, RECORD_PARTITION, "");
	assert_record(p, RECORD_RESTART, "3");
	assert_record(p, RECORD_NODE, "n2");
	assert_record(p, RECORD_END, ""); /* it runs again */
}

/* As after --checkpoint-from. */
static void a_job_that_goes_on_as_another_has_that_ones_number(void **state)
{
	struct place *p = *state;
	struct task task = task_of(0);
	cleanup_folder struct folder folder;

	make_folder(p, 7, &folder);
	set(&folder, RECORD_JOB, "5");
	set(&folder, RECORD_RESTART, "12");
	start(p, &folder, &task);
	assert_record(p, RECORD_JOB, "7");
	assert_record(p, RECORD_RESTART, "0");
}

static void which_generation_to_go_on_from_holds_for_one_start(void **state)
{
	struct place *p = *state;
	struct task task = task_of(1);
	cleanup_folder struct folder folder;

	make_folder(p, 7, &folder);
	set(&folder, RECORD_GENERATION, "4294967295");
	assert_int_equal(start(p, &folder, &task), 4294967295);
	assert_record(p, RECORD_GENERATION, "");
	assert_int_equal(start(p, &folder, &task), 0);
}

static void an_element_of_an_array_is_known_by_that_too(void **state)
{
	struct place *p = *state;
	struct task task = task_of(0);
	cleanup_folder struct folder folder;

	make_folder(p, 7, &folder);
	setenv("SLURM_ARRAY_JOB_ID", "5", 1);
	start(p, &folder, &task);
	assert_record(p, RECORD_ARRAY_JOB, NULL);
	setenv("SLURM_ARRAY_TASK_ID", "0", 1);
	start(p, &folder, &task);
	unsetenv("SLURM_ARRAY_JOB_ID");
	unsetenv("SLURM_ARRAY_TASK_ID");
	assert_record(p, RECORD_ARRAY_JOB, "5");
	assert_record(p, RECORD_ARRAY_TASK, "0");
}

static void assert_outputs(const struct folder *folder, uint64_t out, uint64_t err)
{
	assert_int_equal(folder->record.noutputs, 2);
	assert_string_equal(strrchr(folder->record.outputs[0].path, '/'), "/out");
	assert_string_equal(strrchr(folder->record.outputs[1].path, '/'), "/err");
	assert_int_equal(folder->record.outputs[0].length, out);
	assert_int_equal(folder->record.outputs[1].length, err);
}

static void the_outputs_are_recorded_as_the_first_start_met_them(void **state)
{
	struct place *p = *state;
	struct task task = task_of(0);
	cleanup_folder struct folder folder;

	make_folder(p, 7, &folder);
	put_file(p->fd, "out", "of an earlier job");
	start(p, &folder, &task);
	assert_outputs(&folder, 17, 0);
	put_file(p->fd, "out", "of an earlier job, and of this one");
	task.restart = 1;
	task.truncate = true;
	start(p, &folder, &task);
	assert_outputs(&folder, 17, 0);
	assert_content(p->fd, "out", "of an earlier job, and of this one");
}

/* Of a job that got its options only after it had been started without. */
static void what_a_start_that_was_not_ours_wrote_does_not_stay(void **state)
{
	static const struct {
		unsigned int restart;
		bool truncate, stays;
	} cases[] = {
		{ 0, false, true },
		{ 0, true, true },
		{ 1, false, true }, /* Slurm itself has truncated */
		{ 1, true, false },
	};
	struct place *p = *state;

	for (unsigned int i = 0; i < LENGTH(cases); i++) {
		struct task task = task_of(cases[i].restart);
		cleanup_folder struct folder folder;

		task.truncate = cases[i].truncate;
		put_file(p->fd, "out", "12345");
		put_file(p->fd, "err", "123");
		make_folder(p, 10 + i, &folder);
		start(p, &folder, &task);
		assert_outputs(&folder, cases[i].stays ? 5 : 0, cases[i].stays ? 3 : 0);
		assert_content(p->fd, "out", cases[i].stays ? "12345" : "");
		assert_content(p->fd, "err", cases[i].stays ? "123" : "");
	}
}

static void what_a_job_wrote_until_it_was_requeued_stays(void **state)
{
	static const struct output_past alone = { .job = 7 };
	struct place *p = *state;
	struct task task = task_of(0);
	cleanup_folder struct folder folder;
	struct error e;

	make_folder(p, 7, &folder);
	start(p, &folder, &task);
	put_file(p->fd, "out", "12345");
	own_output_settle(&folder.record);
	put_file(p->fd, "out", "12345678");
	put_file(p->fd, "err", "1");
	assert_int_equal(own_output_start_over(&folder.record, &alone, &e), 0);
	assert_content(p->fd, "out", "12345");
	assert_content(p->fd, "err", "");
}

/* ---- counts ---- */

static void a_count_is_kept_from_one_start_to_the_next(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_folder struct folder again;

	make_folder(p, 7, &folder);
	assert_int_equal(record_count(&folder, ATTR_RESTORED), 0);
	record_set_count(&folder, ATTR_RESTORED, 0);
	assert_false(exists(folder.fd, FOLDER_RECORD)); /* nothing was written */
	record_set_count(&folder, ATTR_RESTORED, 4294967295);
	record_set_count(&folder, ATTR_DISABLED, 1);
	record_set_count(&folder, ATTR_DISABLED, 0);
	make_folder(p, 7, &again);
	assert_int_equal(record_count(&again, ATTR_RESTORED), 4294967295);
	assert_int_equal(record_count(&again, ATTR_DISABLED), 0);
	assert_int_equal(record_count(&again, ATTR_WARNED), 0);
}

static void what_is_no_number_counts_nothing(void **state)
{
	static const char *const values[] = { "", "x", "-1", "1x", " 1", "4294967296" };
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	for (size_t i = 0; i < LENGTH(values); i++) {
		set(&folder, ATTR_WARNED, values[i]);
		assert_int_equal(record_count(&folder, ATTR_WARNED), 0);
	}
}

/* ---- signals ---- */

static void save_held(struct folder *folder, const int *signals, size_t count)
{
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < count; i++)
		sigaddset(&held, signals[i]);
	record_save_held(folder, &held);
}

/* Just these are passed on at the next start, of all that there are. */
static void assert_held(const struct folder *folder, const int *signals, size_t count)
{
	sigset_t held;

	record_load_held(folder, &held);
	for (int signum = 1; signum <= SIGRTMAX; signum++) {
		bool want = false;

		for (size_t i = 0; i < count; i++)
			want |= signals[i] == signum;
		if (sigismember(&held, signum) != want)
			fail_msg("signal %d", signum);
	}
}

static void signals_wait_for_the_next_start(void **state)
{
	const int some[] = { SIGHUP, SIGUSR1, SIGTERM, SIGRTMAX }, other[] = { SIGUSR2 };
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_folder struct folder again;

	make_folder(p, 7, &folder);
	assert_held(&folder, NULL, 0);
	save_held(&folder, some, LENGTH(some));
	make_folder(p, 7, &again);
	assert_held(&again, some, LENGTH(some));
	save_held(&again, other, LENGTH(other));
	assert_held(&again, other, LENGTH(other));
	save_held(&again, NULL, 0);
	assert_held(&again, NULL, 0);
	assert_int_equal(folder_load(&folder, NULL), 0);
	assert_held(&folder, NULL, 0);
}

static void a_continuing_job_is_not_told_to_continue(void **state)
{
	const int both[] = { SIGCONT, SIGUSR1 };
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	save_held(&folder, both, 1);
	assert_false(exists(folder.fd, FOLDER_RECORD)); /* nothing was written */
	save_held(&folder, both, 2);
	assert_held(&folder, &both[1], 1);
}

static void what_is_no_list_of_signals_holds_none(void **state)
{
	static const struct {
		const char *list;
		int signals[2];
		size_t count;
	} cases[] = {
		{ "", { 0 }, 0 },
		{ "USR1", { 0 }, 0 },
		{ "0 ", { 0 }, 0 },
		{ "-1 10", { 10 }, 1 },
		{ "65 1000 10", { 10 }, 1 },
		{ "10 x 12", { 10 }, 1 },
		{ "10 12", { 10, 12 }, 2 },
		{ "10 10 10 12 ", { 10, 12 }, 2 },
	};
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		set(&folder, ATTR_SIGNALS, cases[i].list);
		assert_held(&folder, cases[i].signals, cases[i].count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(who_runs_the_job_is_in_its_record),
		in_place(a_job_that_goes_on_as_another_has_that_ones_number),
		in_place(which_generation_to_go_on_from_holds_for_one_start),
		in_place(an_element_of_an_array_is_known_by_that_too),
		in_place(the_outputs_are_recorded_as_the_first_start_met_them),
		in_place(what_a_start_that_was_not_ours_wrote_does_not_stay),
		in_place(what_a_job_wrote_until_it_was_requeued_stays),
		in_place(a_count_is_kept_from_one_start_to_the_next),
		in_place(what_is_no_number_counts_nothing),
		in_place(signals_wait_for_the_next_start),
		in_place(a_continuing_job_is_not_told_to_continue),
		in_place(what_is_no_list_of_signals_holds_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
