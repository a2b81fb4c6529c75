// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/cost.h"
#include "sim/lublin.h"
#include "sim/machine.h"
#include "testing.h"

static const char text[] = "; MaxNodes: 4\n; MaxProcs: 8\n;\n"
			   "1 10 -1 100 4 -1 -1 -1 -1 -1 1\n"
			   "2 5 -1 100 8 -1 -1 -1 -1 2049 1\n"
			   "3 20 -1 -1 8 -1 -1 -1 -1 -1 0\n"
			   "4 30 -1 100 9 -1 -1 -1 -1 -1 1";

static void assert_trace(const char *path)
{
	struct trace t = { 0 };
	struct error e;

	assert_int_equal(trace_read(&t, path, &e), 0);
	assert_int_equal(t.max_procs, 8);
	assert_int_equal(t.unusable, 1);
	trace_fit(&t, 8);
	assert_int_equal(t.too_wide, 1);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.jobs[0].cpus, 8);
	assert_int_equal(t.jobs[0].submit, 0);
	assert_int_equal(t.jobs[0].memory, 3);
	assert_int_equal(t.jobs[1].submit, 5);
	trace_free(&t);
}

static void put_gzip(const char *path)
{
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	archive_write_add_filter_gzip(a);
	archive_write_set_format_raw(a);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	archive_entry_set_pathname(entry, "trace");
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, text, strlen(text)), strlen(text));
	archive_entry_free(entry);
	archive_write_free(a);
}

static void a_trace_is_read_plain_and_compressed(void **state)
{
	struct place *p = *state;

	put_file(p->fd, "plain.swf", text);
	assert_trace(place_path(p, "plain.swf"));
	put_gzip(place_path(p, "trace.swf.gz"));
	assert_trace(place_path(p, "trace.swf.gz"));
}

static void what_sacct_prints_is_a_trace(void **state)
{
	struct place *p = *state;
	struct trace t = { 0 };
	struct error e;

	put_file(p->fd, "month",
		 "JobID|Submit|Elapsed|AllocCPUS|Timelimit\n"
		 "7|2025-11-30T01:30:27|00:02:00|8|01:00:00\n"
		 "7.batch|2025-11-30T01:30:27|00:02:00|8|\n"
		 "8|2025-11-30T01:30:00|00:00:00|0|01:00:00\n"
		 "9|2025-11-30T01:30:17|00:01:00|1|UNLIMITED\n");
	assert_int_equal(trace_read(&t, place_path(p, "month"), &e), 0);
	trace_fit(&t, 8);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.unusable, 1);
	assert_int_equal(t.jobs[0].run, 60);
	assert_int_equal(t.jobs[1].submit, 10);
	assert_int_equal(t.jobs[1].estimate, 3600);
	trace_free(&t);
	put_file(p->fd, "month", "JobID|Submit|Elapsed|AllocCPUS\n7|1|00:02:00\n");
	assert_int_equal(trace_read(&t, place_path(p, "month"), &e), -1);
	assert_says(&e, "line 2: only 3 fields, and AllocCPUS is the 4. column");
	trace_free(&t);
}

static void what_is_no_trace_is_refused_with_its_line(void **state)
{
	struct place *p = *state;
	struct trace t = { 0 };
	char line[70001];
	struct error e;

	put_file(p->fd, "a", "; a comment\nhello\n");
	assert_int_equal(trace_read(&t, place_path(p, "a"), &e), -1);
	assert_non_null(strstr(e.text, "a, line 2: field 1 is not a number"));
	put_bytes(p->fd, "b", "1 2\0003\n", 7);
	assert_int_equal(trace_read(&t, place_path(p, "b"), &e), -1);
	assert_non_null(strstr(e.text, "line 1: a zero byte"));
	memset(line, '1', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	put_file(p->fd, "c", line);
	assert_int_equal(trace_read(&t, place_path(p, "c"), &e), -1);
	assert_non_null(strstr(e.text, "line 1: more than"));
	assert_int_equal(trace_read(&t, place_path(p, "none"), &e), -1);
	assert_non_null(strstr(e.text, "none"));
	assert_int_equal(trace_read(&t, p->path, &e), -1);
	put_file(p->fd, "empty", "");
	assert_int_equal(trace_read(&t, place_path(p, "empty"), &e), 0);
	assert_int_equal(t.count, 0);
	trace_free(&t);
}

static void a_load_is_reached_and_shaking_keeps_it(void **state)
{
	struct trace t = { 0 }, shaken, same;
	struct error e;

	(void)state;
	assert_int_equal(lublin_make(&t, 5000, 256, 7, &e), 0);
	trace_fit(&t, 256);
	assert_int_equal(t.count, 5000);
	trace_set_load(&t, 256, 0.8);
	assert_true(trace_load(&t, 256) > 0.799 && trace_load(&t, 256) < 0.801);
	assert_int_equal(trace_shake(&shaken, &t, 1, &e), 0);
	assert_int_equal(trace_shake(&same, &t, 0, &e), 0);
	assert_memory_equal(same.jobs, t.jobs, t.count * sizeof(t.jobs[0]));
	assert_memory_not_equal(shaken.jobs, t.jobs, t.count * sizeof(t.jobs[0]));
	assert_true(trace_load(&shaken, 256) > 0.7 && trace_load(&shaken, 256) < 0.9);
	for (size_t i = 1; i < t.count; i++)
		assert_true(shaken.jobs[i].submit >= shaken.jobs[i - 1].submit);
	trace_free(&t);
	trace_free(&shaken);
	trace_free(&same);
}

/* What the model's article says of them: a third is serial, most others are powers of two. */
static void jobs_that_are_made_up_are_as_the_model_says(void **state)
{
	size_t serial = 0, power = 0;
	struct trace t = { 0 };
	struct error e;

	(void)state;
	assert_int_equal(lublin_make(&t, 20000, 256, 3, &e), 0);
	for (size_t i = 0; i < t.count; i++) {
		uint32_t cpus = t.jobs[i].cpus;

		assert_true(cpus >= 1 && cpus <= 256);
		assert_true(t.jobs[i].run >= 1 && t.jobs[i].run <= 162755);
		serial += cpus == 1;
		power += cpus > 1 && (cpus & (cpus - 1)) == 0;
	}
	assert_true(serial > 5600 && serial < 6300);
	assert_true(power > 13200 && power < 14800);
	trace_free(&t);
}

static void a_machine_is_read(void **state)
{
	static const char *const wrong[] = { "0 a 1 2 3",
					     "0 a -1 2 1 5",
					     "0 a 0 2 1 5",
					     "0 a 99999999999999999999 2 1 5",
					     "0 a 67108864 2 1 5",
					     "0 a 1 2 1 5 6",
					     "x" };
	struct place *p = *state;
	struct machine m;
	struct error e;

	put_file(p->fd, "m",
		 "# seth\n0\tseth\t120\t2\t1\t1048576\n1 big 2 2 4 8388608\n");
	assert_int_equal(machine_read(&m, place_path(p, "m"), &e), 0);
	assert_int_equal(m.nodes, 122);
	assert_int_equal(m.cpus, 256);
	assert_int_equal(m.node_cpus, 2);
	assert_true(m.memory == (UINT64_C(120) + 16) << 30);
	for (size_t i = 0; i < LENGTH(wrong); i++)
		assert_int_equal(machine_add(&m, wrong[i], &e), -1);
	put_file(p->fd, "none", "\n");
	assert_int_equal(machine_read(&m, place_path(p, "none"), &e), -1);
}

static void a_checkpoint_takes_as_long_as_its_image_is_large(void **state)
{
	struct cost_model m = {
		.memory = 1000, .fixed = 2, .rate = 100, .shared = 300, .node_cpus = 2
	};
	double busy = 0;

	(void)state;
	assert_true(cost_image(&m, 4, 0) == 4000);
	assert_true(cost_image(&m, 4, 3) == 4 * 3 * 1024.0 * 1024);
	/* Two nodes write 200 bytes a second; eight are held up by the shared 300. */
	assert_int_equal(cost_seconds(&m, 4000, 4, 50, NULL), 22);
	assert_int_equal(cost_seconds(&m, 3000, 16, 50, NULL), 12);
	/* One after the other. */
	assert_int_equal(cost_seconds(&m, 3000, 16, 50, &busy), 12);
	assert_int_equal(cost_seconds(&m, 3000, 16, 50, &busy), 22);
	assert_int_equal(cost_seconds(&m, 3000, 16, 1000, &busy), 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_trace_is_read_plain_and_compressed),
		in_place(what_sacct_prints_is_a_trace),
		in_place(what_is_no_trace_is_refused_with_its_line),
		cmocka_unit_test(a_load_is_reached_and_shaking_keeps_it),
		cmocka_unit_test(jobs_that_are_made_up_are_as_the_model_says),
		in_place(a_machine_is_read),
		cmocka_unit_test(a_checkpoint_takes_as_long_as_its_image_is_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
