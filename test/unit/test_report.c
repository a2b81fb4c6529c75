// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/report.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "testing.h"

#define NOW	2000000000.0 /* 2033 */
#define HOSTILE "'\"><script>alert(1)</script></title></svg>&"

/* ---- a page that is one ---- */

static bool is_void(const char *name)
{
	return !strcmp(name, "meta") || !strcmp(name, "!DOCTYPE");
}

static size_t read_name(const char *at, char name[32])
{
	size_t length = strcspn(at, " />\n");

	assert_true(length > 0 && length < 32);
	memcpy(name, at, length);
	name[length] = '\0';
	return length;
}

/* Behind the attributes of a tag, of which each value is in quotes; last is what closes
 * it. */
static const char *skip_attributes(const char *at, bool *closed)
{
	while (*at != '>') {
		assert_true(*at && *at != '<');
		*closed = *at == '/';
		if (*at == '\'' || *at == '"') {
			at = strchr(at + 1, *at);
			assert_non_null(at);
		}
		at++;
	}
	return at + 1;
}

/* Every tag is closed in order, and nothing but entities begins with an ampersand. */
static void assert_whole_page(const char *page)
{
	char open[64][32];
	size_t depth = 0;

	for (const char *at = page; *at;) {
		bool closed = false;
		char name[32];

		if (*at == '&')
			assert_true(strchr(at, ';') - at <= 6);
		if (*at++ != '<')
			continue;
		if (*at == '/') {
			read_name(at + 1, name);
			assert_true(depth > 0);
			assert_string_equal(open[--depth], name);
			at = strchr(at, '>') + 1;
			continue;
		}
		at = skip_attributes(at + read_name(at, name), &closed);
		if (closed || is_void(name))
			continue;
		assert_true(depth < LENGTH(open));
		memcpy(open[depth++], name, sizeof(name));
	}
	assert_int_equal(depth, 0);
}

static size_t count_of(const char *page, const char *part)
{
	size_t count = 0;

	for (; (page = strstr(page, part)); page += strlen(part))
		count++;
	return count;
}

/* ---- lives ---- */

static void add(struct life *life, enum event_type type, double time,
		unsigned int restart, const char *node, const char *text)
{
	struct event ev = { .type = type,
			    .time = time,
			    .restart = restart,
			    .generation = 1,
			    .seconds = 1,
			    .bytes = 1024 };
	struct error e;

	snprintf(ev.node, sizeof(ev.node), "%s", node);
	snprintf(ev.reason, sizeof(ev.reason), "%s", text);
	snprintf(ev.text, sizeof(ev.text), "%s", text);
	assert_int_equal(history_add(&life->history, &ev, &e), 0);
}

static struct life new_life(const char *user)
{
	struct life life = { .job = 7,
			     .name = strdup("7"),
			     .user = strdup(user),
			     .partition = strdup(user) };

	history_init(&life.history);
	return life;
}

static void free_life(struct life *life)
{
	free(life->name);
	free(life->user);
	free(life->partition);
	history_free(&life->history);
}

static char *page_of(const struct life *lives, size_t count, const char *title)
{
	char *page = NULL;
	struct error e;
	size_t size;
	FILE *f = open_memstream(&page, &size);

	assert_int_equal(report_write(f, lives, count, title, NOW, &e), 0);
	fclose(f);
	assert_whole_page(page);
	return page;
}

/* ---- tests ---- */

static void no_text_of_a_user_is_more_than_text(void **state)
{
	struct life lives[2] = { new_life(HOSTILE), new_life("alice") };
	cleanup_free char *one = NULL;
	cleanup_free char *both = NULL;

	for (size_t i = 0; i < 2; i++) {
		for (unsigned int type = 0; type < EVENT_TYPES; type++)
			add(&lives[i], (enum event_type)type, NOW - 1000 + 10 * type, 0,
			    HOSTILE, HOSTILE);
		history_finish(&lives[i].history, HISTORY_STOPPED, 0, NOW);
	}
	one = page_of(lives, 1, HOSTILE);
	both = page_of(lives, 2, HOSTILE);
	assert_null(strcasestr(one, "<script"));
	assert_null(strcasestr(both, "<script"));
	assert_non_null(strstr(one, "&lt;script&gt;"));
	free_life(&lives[0]);
	free_life(&lives[1]);
}

static void nothing_is_loaded_from_elsewhere(void **state)
{
	struct life life = new_life("alice");
	cleanup_free char *page = NULL;

	add(&life, EVENT_START, NOW - 100, 0, "n1", "");
	history_finish(&life.history, HISTORY_RUNS, 0, NOW);
	page = page_of(&life, 1, "t");
	assert_null(strstr(page, "http:"));
	assert_null(strstr(page, "https:"));
	assert_null(strstr(page, "src="));
	assert_null(strstr(page, "@import"));
	assert_non_null(strstr(page, "default-src 'none'"));
	free_life(&life);
}

static void each_run_is_a_bar_and_each_node_a_row(void **state)
{
	struct life life = new_life("alice");
	cleanup_free char *page = NULL;

	add(&life, EVENT_START, NOW - 1000, 0, "n10", "");
	add(&life, EVENT_CHECKPOINT, NOW - 900, 0, "n10", "preemption");
	add(&life, EVENT_LEAVE, NOW - 900, 0, "n10", "queue");
	add(&life, EVENT_RESTART, NOW - 800, 1, "n2", "");
	add(&life, EVENT_FAILED, NOW - 700, 1, "n2", "why");
	add(&life, EVENT_RESTART, NOW - 600, 2, "n10", "");
	add(&life, EVENT_END, NOW - 500, 2, "n10", "");
	history_finish(&life.history, HISTORY_STOPPED, 0, NOW);
	page = page_of(&life, 1, "t");
	assert_int_equal(count_of(page, "class='bar"), 3);
	assert_int_equal(count_of(page, "class='node'"), 2);
	assert_int_equal(count_of(page, "class='hop'"), 2);
	assert_true(strstr(page, ">n2<") < strstr(page, ">n10<"));
	/* On the chart and in the legend. */
	assert_int_equal(count_of(page, "class='m preemption'"), 2);
	assert_non_null(strstr(page, "1</b><span>run cut short"));
	assert_non_null(strstr(page, "1</b><span>failed checkpoint<"));
	free_life(&life);
}

static void a_page_of_nothing_is_a_page(void **state)
{
	struct life life = new_life("alice");
	cleanup_free char *none = page_of(NULL, 0, "none");
	cleanup_free char *empty = NULL;

	history_finish(&life.history, HISTORY_STOPPED, 0, NOW);
	empty = page_of(&life, 1, "empty");
	assert_non_null(strstr(none, "Nothing has run"));
	assert_non_null(strstr(empty, "Nothing has run"));
	free_life(&life);
}

/* They would draw the axis out until nothing else could be seen. */
static void times_that_cannot_be_are_left_out(void **state)
{
	struct life life = new_life("alice");
	cleanup_free char *page = NULL;

	add(&life, EVENT_START, 1, 0, "n1", "");
	add(&life, EVENT_END, 2, 0, "n1", "");
	add(&life, EVENT_START, NOW - 50, 1, "n1", "");
	add(&life, EVENT_END, NOW - 40, 1, "n1", "");
	add(&life, EVENT_START, 999999999999.0, 2, "n1", "");
	history_finish(&life.history, HISTORY_STOPPED, 0, NOW);
	page = page_of(&life, 1, "t");
	assert_int_equal(count_of(page, "class='bar"), 1);
	assert_non_null(strstr(page, "too many: 2<"));
	free_life(&life);
}

static void a_long_history_makes_no_endless_page(void **state)
{
	struct life life = new_life("alice");
	cleanup_free char *page = NULL;
	char node[16];

	for (unsigned int i = 0; i < 30000; i++) {
		snprintf(node, sizeof(node), "n%u", i % 1500);
		add(&life, EVENT_START, NOW - 1000000 + 10 * i, i, node, "");
		for (unsigned int k = 0; k < 3; k++)
			add(&life, EVENT_CHECKPOINT, NOW - 1000000 + 10 * i + k, i, node,
			    "interval");
	}
	history_finish(&life.history, HISTORY_STOPPED, 0, NOW);
	page = page_of(&life, 1, "t");
	assert_true(strlen(page) < 20 << 20);
	free_life(&life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_text_of_a_user_is_more_than_text),
		cmocka_unit_test(nothing_is_loaded_from_elsewhere),
		cmocka_unit_test(each_run_is_a_bar_and_each_node_a_row),
		cmocka_unit_test(a_page_of_nothing_is_a_page),
		cmocka_unit_test(times_that_cannot_be_are_left_out),
		cmocka_unit_test(a_long_history_makes_no_endless_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
