// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/event.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "testing.h"

/* Two lines that are right, before and after what is not. */
#define FIRST "{\"time\":1.5,\"event\":\"start\",\"node\":\"a\",\"restart\":0}\n"
#define LAST \
	"{\"time\":2.5,\"event\":\"end\",\"node\":\"b\",\"restart\":1,\"status\":0}\n"

/* A folder in which that is all that has happened. */
static void happened(const struct place *p, struct folder *folder, const char *lines)
{
	make_folder(p, 7, folder);
	put_file(folder->fd, FOLDER_EVENTS, lines);
}

static void append(const struct folder *folder, enum event_type type)
{
	struct event event = { .type = type, .time = 1 };
	struct error e;

	if (event_append(folder, &event, &e) < 0)
		fail_msg("%s", e.text);
}

static struct event_reader *reader_of(const struct folder *folder)
{
	struct error e = { .text = "" };
	struct event_reader *reader = event_reader_new(folder, &e);

	if (!reader)
		fail_msg("%s", e.text);
	return reader;
}

/* Just these events are next, by their names: "start end". */
static void assert_next(struct event_reader *reader, const char *want)
{
	cleanup_free char *got = strdup("");
	struct event event;
	struct error e;
	int rc;

	while ((rc = event_next(reader, &event, &e)) > 0) {
		char *longer = str_printf("%s%s%s", got, *got ? " " : "",
					  event_name(event.type));

		free(got);
		got = longer;
	}
	assert_int_equal(rc, 0);
	assert_string_equal(got, want);
}

static void assert_read(const struct folder *folder, const char *want)
{
	struct event_reader *reader = reader_of(folder);

	assert_next(reader, want);
	event_reader_free(reader);
}

/* ---- what is written is read ---- */

static const struct event whole = {
	.time = 1770000000.125,
	.restart = 3,
	.generation = 12,
	.seconds = 4.5,
	.bytes = 1ull << 40,
	.status = 256,
	.node = "n1",
	.engine = "criu",
	.reason = "interval",
	.text = "a \"sentence\"\nwith \\, / and \xc3\xa9",
};

/* What steers a terminal is not read as it was written. */
static void assert_printed(const char *got, const char *written)
{
	cleanup_free char *text = strdup(written);

	assert_non_null(text);
	str_make_printable(text);
	assert_string_equal(got, text);
}

static void assert_same(const struct event *got, const struct event *want)
{
	const bool seconds = want->type == EVENT_CHECKPOINT ||
			     want->type == EVENT_RESTART || want->type == EVENT_INTERVAL;
	const bool status = want->type == EVENT_END || want->type == EVENT_ABLE;

	assert_int_equal(got->type, want->type);
	assert_true(got->time == want->time);
	assert_int_equal(got->restart, want->restart);
	assert_int_equal(got->generation, want->generation);
	assert_true(got->seconds == (seconds ? want->seconds : 0));
	assert_true(got->bytes == (want->type == EVENT_CHECKPOINT ? want->bytes : 0));
	assert_int_equal(got->status, status ? want->status : 0);
	assert_string_equal(got->node, want->node);
	assert_string_equal(got->engine, want->engine);
	assert_string_equal(got->reason, want->reason);
	assert_printed(got->text, want->text);
}

static void an_event_of_any_type_is_read_as_it_was_written(void **state)
{
	cleanup_folder struct folder folder;
	struct event event = whole;
	struct event_reader *reader;
	struct error e;

	make_folder(*state, 7, &folder);
	for (event.type = 0; event.type < EVENT_TYPES; event.type++)
		assert_int_equal(event_append(&folder, &event, &e), 0);
	reader = reader_of(&folder);
	for (enum event_type type = 0; type < EVENT_TYPES; type++) {
		struct event got;

		assert_int_equal(event_next(reader, &got, &e), 1);
		event.type = type;
		assert_same(&got, &event);
	}
	assert_next(reader, "");
	event_reader_free(reader);
}

static void every_type_has_a_name_of_its_own(void **state)
{
	for (enum event_type a = 0; a < EVENT_TYPES; a++) {
		assert_true(strlen(event_name(a)) > 0);
		for (enum event_type b = 0; b < a; b++)
			assert_string_not_equal(event_name(a), event_name(b));
	}
}

static void the_largest_of_everything_is_read_as_it_was_written(void **state)
{
	cleanup_folder struct folder folder;
	struct event event = { .type = EVENT_CHECKPOINT,
			       .time = 9999999999.875,
			       .restart = UINT_MAX,
			       .generation = UINT_MAX,
			       .seconds = 99999999.5,
			       .bytes = INT64_MAX };
	struct event got;
	struct event_reader *reader;
	struct error e;

	memset(event.node, 'n', sizeof(event.node) - 1);
	memset(event.engine, 'e', sizeof(event.engine) - 1);
	memset(event.reason, 'r', sizeof(event.reason) - 1);
	memset(event.text, '\001', sizeof(event.text) - 1); /* six bytes for each */
	make_folder(*state, 7, &folder);
	assert_int_equal(event_append(&folder, &event, &e), 0);
	append(&folder, EVENT_END);
	reader = reader_of(&folder);
	assert_int_equal(event_next(reader, &got, &e), 1);
	assert_same(&got, &event);
	assert_next(reader, "end");
	event_reader_free(reader);
}

static void an_event_without_a_time_is_one_of_now(void **state)
{
	cleanup_folder struct folder folder;
	struct event event = { .type = EVENT_START };
	struct event got;
	struct event_reader *reader;
	const time_t before = time(NULL);
	struct error e;

	make_folder(*state, 7, &folder);
	assert_int_equal(event_append(&folder, &event, &e), 0);
	reader = reader_of(&folder);
	assert_int_equal(event_next(reader, &got, &e), 1);
	assert_true(got.time > (double)before - 1 && got.time < (double)time(NULL) + 1);
	event_reader_free(reader);
}

static void only_the_user_can_read_what_has_happened(void **state)
{
	cleanup_folder struct folder folder;

	umask(0);
	make_folder(*state, 7, &folder);
	append(&folder, EVENT_START);
	assert_mode(folder.fd, FOLDER_EVENTS, 0600);
	assert_int_equal(fchmodat(folder.fd, FOLDER_EVENTS, 0644, 0), 0);
	append(&folder, EVENT_END);
	assert_mode(folder.fd, FOLDER_EVENTS, 0600);
}

/* ---- what is not understood ---- */

static void a_line_that_is_not_understood_is_passed_over(void **state)
{
	static const char *const lines[] = {
		"",
		"\r",
		"nonsense",
		"\xff\xfe\x01\x80\x1b[2J",
		"{",
		"{\"time\":2,\"event\":\"lea",
		"[]",
		"null",
		"7",
		"\"start\"",
		"{}",
		"{\"time\":2}",
		"{\"event\":\"leave\"}",
		"{\"time\":0,\"event\":\"leave\"}",
		"{\"time\":-1,\"event\":\"leave\"}",
		"{\"time\":1e12,\"event\":\"leave\"}",
		"{\"time\":1e999,\"event\":\"leave\"}",
		"{\"time\":NaN,\"event\":\"leave\"}",
		"{\"time\":Infinity,\"event\":\"leave\"}",
		"{\"time\":\"soon\",\"event\":\"leave\"}",
		"{\"time\":null,\"event\":\"leave\"}",
		"{\"time\":2,\"event\":\"\"}",
		"{\"time\":2,\"event\":\"leav\"}",
		"{\"time\":2,\"event\":\"leave \"}",
		"{\"time\":2,\"event\":\"Leave\"}",
		"{\"time\":2,\"event\":7}",
		"{\"time\":2,\"event\":null}",
		"{\"time\":2,\"event\":true}",
		"{\"time\":2,\"event\":\"leave\",\"node\":{\"name\":\"n\"}}",
		"{\"time\":2,\"event\":\"leave\",\"x\":[[[[[[[[[[[[[[[[[[[[[[1",
		"{\"time\":2,\"event\":\"of a later version, and a long word\"}",
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(lines); i++) {
		cleanup_folder struct folder folder;
		cleanup_free char *text = str_printf(FIRST "%s\n" LAST, lines[i]);

		happened(p, &folder, text);
		assert_read(&folder, "start end");
	}
}

static void a_zero_byte_ends_no_line(void **state)
{
	static const char text[] = FIRST "{\"time\":2,\"event\":\"leave\0\"}\n\0\n" LAST;
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	put_bytes(folder.fd, FOLDER_EVENTS, text, sizeof(text) - 1);
	assert_read(&folder, "start end");
}

static void a_line_of_any_length_is_passed_over(void **state)
{
	static const size_t lengths[] = { 4096,	 8190,	8191,  8192,   8193,
					  16383, 16384, 16385, 100000, 3u << 20 };
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(lengths); i++) {
		cleanup_folder struct folder folder;
		cleanup_free char *line = malloc(lengths[i] + 1);
		cleanup_free char *text = NULL;

		memset(line, 'x', lengths[i]);
		line[lengths[i]] = '\0';
		text = str_printf(FIRST "%s\n" LAST "%s\n", line, line);
		happened(p, &folder, text);
		assert_read(&folder, "start end");
	}
}

/* An overlong one does not end where it happens to read like a line that is right. */
static void the_rest_of_an_overlong_line_is_no_line(void **state)
{
	cleanup_folder struct folder folder;
	cleanup_free char *text = str_printf(FIRST "%8192s%s" LAST, "", FIRST);
	cleanup_free char *longer =
		str_printf(FIRST "%*s" LAST FIRST, 8192 - (int)strlen(FIRST), "");

	happened(*state, &folder, text);
	assert_read(&folder, "start end");
	put_file(folder.fd, FOLDER_EVENTS, longer);
	assert_read(&folder, "start start");
}

static void a_number_out_of_bounds_or_of_another_type_is_none(void **state)
{
	static const char *const numbers[] = {
		"-1",	 "-9223372036854775809",
		"1e400", "18446744073709551616",
		"null",	 "\"many\"",
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(numbers); i++) {
		cleanup_folder struct folder folder;
		cleanup_free char *text = NULL;
		struct event_reader *reader;
		struct event event;
		struct error e;
		const char *n = numbers[i];

		text = str_printf("{\"time\":1,\"event\":\"checkpoint\",\"restart\":%s,"
				  "\"generation\":%s,\"seconds\":%s,\"status\":%s}\n",
				  n, n, n, n);
		happened(p, &folder, text);
		reader = reader_of(&folder);
		assert_int_equal(event_next(reader, &event, &e), 1);
		assert_int_equal(event.restart, 0);
		assert_int_equal(event.generation, 0);
		assert_int_equal(event.status, 0);
		assert_true(event.seconds == 0);
		event_reader_free(reader);
	}
}

static void a_text_too_long_or_no_text_at_all_does_no_harm(void **state)
{
	cleanup_folder struct folder folder;
	cleanup_free char *text = str_printf(
		"{\"time\":1,\"event\":\"start\",\"node\":\"%0300d\",\"engine\":7,"
		"\"reason\":\"%032d\",\"text\":\"a\\u0000b\"}\n",
		0, 0);
	struct event_reader *reader;
	struct event event;
	struct error e;

	happened(*state, &folder, text);
	reader = reader_of(&folder);
	assert_int_equal(event_next(reader, &event, &e), 1);
	assert_int_equal(strlen(event.node), EVENT_NODE_MAX);
	assert_int_equal(strlen(event.reason), EVENT_REASON_MAX);
	assert_string_equal(event.engine, "");
	assert_string_equal(event.text, "a");
	event_reader_free(reader);
}

/* Users can write there what they like, and administrators look at it. */
static void no_event_steers_a_terminal(void **state)
{
	static const char line[] =
		"{\"time\":1,\"event\":\"start\",\"node\":\"n\\u001b[2J\","
		"\"engine\":\"a\\nb\",\"reason\":\"\\u009bm\",\"text\":"
		"\"\\u202ex\\u0007\"}\n";
	cleanup_folder struct folder folder;
	struct event_reader *reader;
	struct event event;
	struct error e;

	happened(*state, &folder, line);
	reader = reader_of(&folder);
	assert_int_equal(event_next(reader, &event, &e), 1);
	assert_string_equal(event.node, "n?[2J");
	assert_string_equal(event.engine, "a?b");
	assert_string_equal(event.reason, "??m");
	assert_string_equal(event.text, "???x?");
	event_reader_free(reader);
}

static void a_last_line_cut_short_is_passed_over(void **state)
{
	struct place *p = *state;

	for (size_t left = 0; left < strlen(LAST); left++) {
		cleanup_folder struct folder folder;
		cleanup_free char *text = str_printf(FIRST "%.*s", (int)left, LAST);

		happened(p, &folder, text);
		assert_read(&folder, "start");
	}
}

/* What was half written when the power failed does not take the next event along. */
static void what_happens_after_a_line_cut_short_is_read(void **state)
{
	struct place *p = *state;

	for (size_t left = 0; left < strlen(LAST); left++) {
		cleanup_folder struct folder folder;
		cleanup_free char *text = str_printf(FIRST "%.*s", (int)left, LAST);
		struct event_reader *reader;

		happened(p, &folder, text);
		reader = reader_of(&folder);
		append(&folder, EVENT_RESTART);
		append(&folder, EVENT_LEAVE);
		/* all of it but the end of the line is whole */
		assert_next(reader, left + 1 == strlen(LAST) ? "start end restart leave"
							     : "start restart leave");
		event_reader_free(reader);
	}
}

/* ---- waiting for what happens ---- */

static void a_line_is_read_when_its_end_has_been_written(void **state)
{
	static const char line[] = LAST;
	cleanup_folder struct folder folder;
	cleanup_close int fd = -1;
	struct event_reader *reader;

	happened(*state, &folder, FIRST);
	reader = reader_of(&folder);
	assert_next(reader, "start");
	fd = openat(folder.fd, FOLDER_EVENTS, O_WRONLY | O_APPEND | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		assert_next(reader, "");
		assert_int_equal(file_write_all(fd, &line[i], 1), 0);
	}
	assert_next(reader, "end");
	event_reader_free(reader);
}

static void a_reader_at_the_end_hears_of_what_is_new(void **state)
{
	cleanup_folder struct folder folder;
	struct event_reader *reader;
	struct error e;

	happened(*state, &folder, FIRST);
	reader = event_reader_new_at_end(&folder, &e);
	assert_non_null(reader);
	assert_next(reader, "");
	append(&folder, EVENT_CHECKPOINT);
	assert_next(reader, "checkpoint");
	append(&folder, EVENT_LEAVE);
	append(&folder, EVENT_END);
	assert_next(reader, "leave end");
	event_reader_free(reader);
}

static void a_reader_may_come_before_the_file(void **state)
{
	cleanup_folder struct folder folder;
	struct event_reader *from_start, *at_end;
	struct error e;

	make_folder(*state, 7, &folder);
	from_start = reader_of(&folder);
	at_end = event_reader_new_at_end(&folder, &e);
	assert_non_null(at_end);
	assert_next(from_start, "");
	assert_next(at_end, "");
	append(&folder, EVENT_START);
	assert_next(from_start, "start");
	assert_next(at_end, "start");
	event_reader_free(from_start);
	event_reader_free(at_end);
}

/* ---- all at once ---- */

static void all_events_are_read_in_their_order(void **state)
{
	static const size_t counts[] = { 0, 1, 15, 16, 17, 1000 };
	struct place *p = *state;

	for (size_t c = 0; c < LENGTH(counts); c++) {
		cleanup_folder struct folder folder;
		cleanup_free struct event *events = NULL;
		struct error e;
		size_t count;

		happened(p, &folder, "");
		for (unsigned int i = 0; i < counts[c]; i++) {
			struct event event = { .type = EVENT_CHECKPOINT,
					       .time = 1,
					       .generation = i + 1 };

			assert_int_equal(event_append(&folder, &event, &e), 0);
		}
		assert_int_equal(event_read_all(&folder, &events, &count, &e), 0);
		assert_int_equal(count, counts[c]);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(events[i].generation, i + 1);
	}
}

static void where_nothing_has_happened_there_are_no_events(void **state)
{
	cleanup_folder struct folder folder;
	struct event *events;
	struct error e;
	size_t count;

	make_folder(*state, 7, &folder);
	assert_int_equal(event_read_all(&folder, &events, &count, &e), 0);
	assert_int_equal(count, 0);
	free(events);
}

/* ---- what is no file ---- */

enum imposter { SYMLINK, DIRECTORY, IMPOSTERS };

static void put_imposter(const struct place *p, const struct folder *folder, int which)
{
	(void)unlinkat(folder->fd, FOLDER_EVENTS, 0);
	if (which == SYMLINK)
		assert_int_equal(
			symlinkat(place_path(p, "target"), folder->fd, FOLDER_EVENTS), 0);
	else
		assert_int_equal(mkdirat(folder->fd, FOLDER_EVENTS, 0700), 0);
}

static void what_is_no_file_is_refused(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;

	make_folder(p, 7, &folder);
	put_file(p->fd, "target", FIRST);
	for (int i = 0; i < IMPOSTERS; i++) {
		struct event event = { .type = EVENT_START };
		cleanup_free struct event *events = NULL;
		struct error e = { .text = "" };
		size_t count;

		put_imposter(p, &folder, i);
		assert_int_equal(event_append(&folder, &event, &e), -1);
		assert_says(&e, "c/7/" FOLDER_EVENTS ": ");
		assert_int_equal(event_read_all(&folder, &events, &count, &e), -1);
		assert_says(&e, "c/7/" FOLDER_EVENTS ": ");
	}
	assert_content(p->fd, "target", FIRST);
	assert_mode(p->fd, "target", 0600);
}

/* Without a writer, or a reader; and with one. */
static void a_fifo_blocks_nobody(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_close int fd = -1;

	make_folder(p, 7, &folder);
	assert_int_equal(mkfifoat(folder.fd, FOLDER_EVENTS, 0600), 0);
	for (int i = 0; i < 2; i++) {
		cleanup_free struct event *events = NULL;
		struct event event = { .type = EVENT_START };
		struct error e;
		size_t count;

		assert_int_equal(event_append(&folder, &event, &e), -1);
		(void)event_read_all(&folder, &events, &count, &e);
		assert_int_equal(count, 0);
		if (i == 0)
			fd = openat(folder.fd, FOLDER_EVENTS, O_RDWR | O_CLOEXEC);
		assert_true(fd >= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(an_event_of_any_type_is_read_as_it_was_written),
		cmocka_unit_test(every_type_has_a_name_of_its_own),
		in_place(the_largest_of_everything_is_read_as_it_was_written),
		in_place(an_event_without_a_time_is_one_of_now),
		in_place(only_the_user_can_read_what_has_happened),
		in_place(a_line_that_is_not_understood_is_passed_over),
		in_place(a_zero_byte_ends_no_line),
		in_place(a_line_of_any_length_is_passed_over),
		in_place(the_rest_of_an_overlong_line_is_no_line),
		in_place(a_number_out_of_bounds_or_of_another_type_is_none),
		in_place(a_text_too_long_or_no_text_at_all_does_no_harm),
		in_place(no_event_steers_a_terminal),
		in_place(a_last_line_cut_short_is_passed_over),
		in_place(what_happens_after_a_line_cut_short_is_read),
		in_place(a_line_is_read_when_its_end_has_been_written),
		in_place(a_reader_at_the_end_hears_of_what_is_new),
		in_place(a_reader_may_come_before_the_file),
		in_place(all_events_are_read_in_their_order),
		in_place(where_nothing_has_happened_there_are_no_events),
		in_place(what_is_no_file_is_refused),
		in_place(a_fifo_blocks_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
