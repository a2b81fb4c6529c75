// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/openmetrics.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "testing.h"

/* ---- the grammar of OpenMetrics, as far as counters and gauges need it ---- */

#define NAME  "[a-zA-Z_:][a-zA-Z0-9_:]*"
#define VALUE "\"([^\"\\\n]|\\\\[n\"\\\\])*\""
#define LABEL "[a-zA-Z_][a-zA-Z0-9_]*=" VALUE

static bool matches(const char *text, const char *pattern, regmatch_t groups[4])
{
	regex_t regex;
	bool found;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED), 0);
	found = regexec(&regex, text, 4, groups, 0) == 0;
	regfree(&regex);
	return found;
}

static char *group(const char *text, const regmatch_t *at)
{
	return strndup(text + at->rm_so, (size_t)(at->rm_eo - at->rm_so));
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), last = strlen(end);

	return length > last && !strcmp(text + length - last, end);
}

struct checker {
	char *family, *type;
	bool unit, help;
	size_t families, samples;
	char *lines[4096];
};

static void check_type(struct checker *c, const char *line)
{
	regmatch_t g[4];

	assert_true(matches(line, "^# TYPE (" NAME ") (counter|gauge)$", g));
	free(c->family);
	free(c->type);
	c->family = group(line, &g[1]);
	c->type = group(line, &g[2]);
	c->unit = c->help = false;
	c->families++;
	assert_false(ends_with(c->family, "_total"));
}

static void check_unit(struct checker *c, const char *line)
{
	cleanup_free char *name = NULL;
	cleanup_free char *unit = NULL;
	regmatch_t g[4];

	assert_true(matches(line, "^# UNIT (" NAME ") ([a-z]+)$", g));
	name = group(line, &g[1]);
	unit = group(line, &g[2]);
	assert_string_equal(name, c->family);
	assert_true(ends_with(name, unit));
	assert_false(c->unit || c->help);
	c->unit = true;
}

static void check_help(struct checker *c, const char *line)
{
	cleanup_free char *name = NULL;
	regmatch_t g[4];

	assert_true(matches(line, "^# HELP (" NAME ") [^\\\\\"]+$", g));
	name = group(line, &g[1]);
	assert_string_equal(name, c->family);
	assert_false(c->help);
	c->help = true;
}

static void check_sample(struct checker *c, const char *line)
{
	cleanup_free char *name = NULL;
	cleanup_free char *expected = NULL;
	regmatch_t g[4];

	if (!matches(line,
		     "^(" NAME ")(\\{" LABEL "(," LABEL ")*\\}) [0-9]+(\\.[0-9]+)?$", g))
		fail_msg("no sample: %s", line);
	name = group(line, &g[1]);
	expected =
		str_printf("%s%s", c->family, strcmp(c->type, "counter") ? "" : "_total");
	assert_string_equal(name, expected);
	/* Each set of labels of a family once. */
	c->lines[c->samples] = strndup(line, (size_t)g[2].rm_eo);
	for (size_t i = 0; i < c->samples; i++)
		assert_string_not_equal(c->lines[i], c->lines[c->samples]);
	c->samples++;
}

static void assert_openmetrics(const char *text)
{
	struct checker c = { .families = 0 };
	cleanup_free char *copy = strdup(text);
	char *next = copy, *line;

	assert_true(ends_with(text, "\n# EOF\n"));
	while ((line = strsep(&next, "\n")) && strcmp(line, "# EOF") != 0) {
		if (!strncmp(line, "# TYPE ", 7))
			check_type(&c, line);
		else if (!strncmp(line, "# UNIT ", 7))
			check_unit(&c, line);
		else if (!strncmp(line, "# HELP ", 7))
			check_help(&c, line);
		else
			check_sample(&c, line);
	}
	assert_string_equal(next, "");
	assert_int_equal(c.families, 14);
	for (size_t i = 0; i < c.samples; i++)
		free(c.lines[i]);
	free(c.family);
	free(c.type);
}

/* ---- lives ---- */

static void add(struct life *life, enum event_type type, double time, const char *reason)
{
	struct event ev = { .type = type,
			    .time = time,
			    .node = "n1",
			    .generation = 1,
			    .seconds = type == EVENT_CHECKPOINT ? 2.5 : 0,
			    .bytes = 1000 };
	struct error e;

	snprintf(ev.reason, sizeof(ev.reason), "%s", reason);
	assert_int_equal(history_add(&life->history, &ev, &e), 0);
}

static struct life new_life(char *user, unsigned int checkpoints, const char *reason)
{
	struct life life = { .user = user, .generations = 2, .stored = 4096 };

	history_init(&life.history);
	add(&life, EVENT_START, 100, "");
	for (unsigned int i = 0; i < checkpoints; i++)
		add(&life, EVENT_CHECKPOINT, 200 + i * 100, reason);
	add(&life, EVENT_FAILED, 1000, "request");
	add(&life, EVENT_END, 1100, "");
	history_finish(&life.history, HISTORY_STOPPED, 0, 0);
	return life;
}

static char *metrics_of(const struct life *lives, size_t count, const char *cluster)
{
	char *text = NULL;
	struct error e;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(openmetrics_write(f, lives, count, cluster, &e), 0);
	fclose(f);
	assert_openmetrics(text);
	return text;
}

static void assert_line(const char *text, const char *line)
{
	cleanup_free char *whole = str_printf("\n%s\n", line);

	if (!strstr(text, whole))
		fail_msg("%s\nis not in\n%s", line, text);
}

/* ---- tests ---- */

static void the_jobs_of_a_user_are_added_up(void **state)
{
	struct life lives[] = { new_life("bob", 1, "vacate"),
				new_life("alice", 3, "interval"),
				new_life("bob", 2, "interval") };
	cleanup_free char *text = metrics_of(lives, 3, "c1");

#define LINE(name, user, more, value)                                             \
	assert_line(text, "slurm_checkpoint_" name "{cluster=\"c1\",user=\"" user \
			  "\"" more "} " value)
	LINE("checkpoints_total", "alice", ",reason=\"interval\"", "3");
	LINE("checkpoints_total", "bob", ",reason=\"interval\"", "2");
	LINE("checkpoints_total", "bob", ",reason=\"vacate\"", "1");
	LINE("checkpoint_seconds_total", "alice", ",reason=\"interval\"", "7.500");
	LINE("checkpoint_bytes_total", "alice", ",reason=\"interval\"", "3000");
	LINE("failures_total", "bob", ",reason=\"request\"", "2");
	LINE("restarts_total", "bob", "", "0");
	LINE("node_seconds_total", "bob", "", "2000.000");
	LINE("stopped_seconds_total", "bob", "", "7.500");
	LINE("useful_seconds", "bob", "", "1992.500");
	LINE("lost_seconds_total", "bob", "", "0.000");
	LINE("stored_bytes", "bob", "", "8192");
	LINE("jobs", "bob", "", "2");
	for (size_t i = 0; i < LENGTH(lives); i++)
		history_free(&lives[i].history);
}

static void no_jobs_are_metrics_too(void **state)
{
	cleanup_free char *text = metrics_of(NULL, 0, "c1");

	assert_null(strchr(text, '{'));
}

/* Or a user could fill Prometheus with reasons of their own. */
static void a_reason_that_is_none_is_other(void **state)
{
	struct life life = new_life("eve", 3, "any\" } 7\n");
	cleanup_free char *text = metrics_of(&life, 1, "c1");

	LINE("checkpoints_total", "eve", ",reason=\"other\"", "3");
	history_free(&life.history);
}

static void labels_are_escaped(void **state)
{
	struct life life = new_life("dom\\eve", 1, "interval");
	cleanup_free char *text = metrics_of(&life, 1, "a\"b\nc");

	assert_line(text, "slurm_checkpoint_jobs{cluster=\"a\\\"b\\nc\",user="
			  "\"dom\\\\eve\"} 1");
	history_free(&life.history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_jobs_of_a_user_are_added_up),
		cmocka_unit_test(no_jobs_are_metrics_too),
		cmocka_unit_test(a_reason_that_is_none_is_other),
		cmocka_unit_test(labels_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
