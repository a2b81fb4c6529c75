// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"

#define EVENTS_MAX 12
#define WHOLE	   0.001 /* seconds, of rounding */

#define START(t, r, n)                                   \
	{                                                \
		EVENT_START, t, r, n, 0, 0, 0, "", "", 0 \
	}
#define RESTART(t, r, n, g, s)                             \
	{                                                  \
		EVENT_RESTART, t, r, n, g, s, 0, "", "", 0 \
	}
#define SAVED(t, r, n, g, s, w)                                 \
	{                                                       \
		EVENT_CHECKPOINT, t, r, n, g, s, 1000, w, "", 0 \
	}
#define FAILED(t, r, n)                                            \
	{                                                          \
		EVENT_FAILED, t, r, n, 0, 0, 0, "request", "no", 0 \
	}
#define LEAVE(t, r, n)                                        \
	{                                                     \
		EVENT_LEAVE, t, r, n, 0, 0, 0, "queue", "", 0 \
	}
#define HELD(t, r, n)                                      \
	{                                                  \
		EVENT_HELD, t, r, n, 0, 0, 0, "", "why", 0 \
	}
#define UNPROTECTED(t, r, n)                                      \
	{                                                         \
		EVENT_UNPROTECTED, t, r, n, 0, 0, 0, "", "why", 0 \
	}
#define END(t, r, n, status)                                \
	{                                                   \
		EVENT_END, t, r, n, 0, 0, 0, "", "", status \
	}
#define LOST_ALL(t, r, n)                                       \
	{                                                       \
		EVENT_END, t, r, n, 0, 0, 0, "", "damaged", 256 \
	}

struct line {
	enum event_type type;
	double time;
	unsigned int restart;
	const char *node;
	unsigned int generation;
	double seconds;
	uint64_t bytes;
	const char *reason, *text;
	int status;
};

struct life {
	const char *name;
	struct line lines[EVENTS_MAX];
	size_t count;
	enum history_state state;
	unsigned int restart;
	double now;
	size_t runs, checkpoints, failures, deaths;
	double useful, stopped, restoring, lost;
	enum run_end end; /* of the last run */
};

static const struct life lives[] = {
	{ .name = "no events", .state = HISTORY_STOPPED },
	{ .name = "undisturbed",
	  .lines = { START(100, 0, "n1"), END(160, 0, "n1", 0) },
	  .count = 2,
	  .state = HISTORY_STOPPED,
	  .runs = 1,
	  .useful = 60,
	  .end = RUN_ENDED },
	{ .name = "preempted, and on elsewhere by a clock that is an hour behind",
	  .lines = { START(10000, 0, "n1"), SAVED(10030, 0, "n1", 1, 2, "interval"),
		     SAVED(10051, 0, "n1", 2, 1, "preemption"), LEAVE(10051, 0, "n1"),
		     RESTART(6500, 1, "n2", 2, 3), END(6540, 1, "n2", 0) },
	  .count = 6,
	  .state = HISTORY_STOPPED,
	  .runs = 2,
	  .checkpoints = 2,
	  .useful = 48 + 40,
	  .stopped = 3,
	  .restoring = 3,
	  .end = RUN_ENDED },
	{ .name = "the node died, 20 s after a checkpoint for all that was heard",
	  .lines = { START(0.5, 0, "n1"), SAVED(30.5, 0, "n1", 1, 2, "interval"),
		     FAILED(50.5, 0, "n1"), RESTART(200, 1, "n2", 1, 4),
		     END(210, 1, "n2", 0) },
	  .count = 5,
	  .state = HISTORY_STOPPED,
	  .runs = 2,
	  .checkpoints = 1,
	  .failures = 1,
	  .deaths = 1,
	  .useful = 28 + 10,
	  .stopped = 2,
	  .restoring = 4,
	  .lost = 20,
	  .end = RUN_ENDED },
	{ .name = "the newest generation is damaged: what came after the older is lost",
	  .lines = { START(100, 0, "n1"), SAVED(130, 0, "n1", 1, 0, "interval"),
		     SAVED(150, 0, "n1", 2, 0, "vacate"), LEAVE(150, 0, "n1"),
		     RESTART(200, 1, "n2", 2, 0), SAVED(240, 1, "n2", 3, 0, "vacate"),
		     LEAVE(240, 1, "n2"), RESTART(300, 2, "n1", 1, 0),
		     END(305, 2, "n1", 0) },
	  .count = 9,
	  .state = HISTORY_STOPPED,
	  .runs = 3,
	  .checkpoints = 3,
	  .useful = 30 + 5,
	  .lost = 20 + 40,
	  .end = RUN_ENDED },
	{ .name = "a number of a generation that is used again",
	  .lines = { START(100, 0, "n1"), SAVED(110, 0, "n1", 1, 0, "interval"),
		     SAVED(120, 0, "n1", 2, 0, "interval"), END(130, 0, "n1", 256),
		     RESTART(200, 1, "n1", 1, 0), SAVED(205, 1, "n1", 2, 0, "interval"),
		     END(230, 1, "n1", 256), RESTART(300, 2, "n1", 2, 0),
		     END(310, 2, "n1", 0) },
	  .count = 9,
	  .state = HISTORY_STOPPED,
	  .runs = 3,
	  .checkpoints = 3,
	  .useful = 10 + 5 + 10,
	  .lost = 20 + 25,
	  .end = RUN_ENDED },
	{ .name = "started over: all is lost",
	  .lines = { START(100, 0, "n1"), SAVED(130, 0, "n1", 1, 1, "vacate"),
		     LEAVE(130, 0, "n1"), START(200, 1, "n1"), END(260, 1, "n1", 0) },
	  .count = 5,
	  .state = HISTORY_STOPPED,
	  .runs = 2,
	  .checkpoints = 1,
	  .useful = 60,
	  .stopped = 1,
	  .lost = 29,
	  .end = RUN_ENDED },
	{ .name = "no checkpoint could be restored: all is lost",
	  .lines = { START(100, 0, "n1"), SAVED(130, 0, "n1", 1, 1, "vacate"),
		     LEAVE(130, 0, "n1"), LOST_ALL(200, 1, "n1") },
	  .count = 4,
	  .state = HISTORY_STOPPED,
	  .runs = 1,
	  .checkpoints = 1,
	  .stopped = 1,
	  .lost = 29,
	  .end = RUN_LEFT },
	{ .name = "an end that is only repeated",
	  .lines = { START(100, 0, "n1"), END(160, 0, "n1", 0), END(200, 1, "n2", 0) },
	  .count = 3,
	  .state = HISTORY_STOPPED,
	  .runs = 1,
	  .useful = 60,
	  .end = RUN_ENDED },
	{ .name = "stopped, but restored on the spot",
	  .lines = { START(100, 0, "n1"), SAVED(130, 0, "n1", 1, 1, "requeue"),
		     RESTART(133, 0, "n1", 1, 2), END(140, 0, "n1", 0) },
	  .count = 4,
	  .state = HISTORY_STOPPED,
	  .runs = 2,
	  .checkpoints = 1,
	  .useful = 29 + 7,
	  .stopped = 1,
	  .restoring = 2,
	  .end = RUN_ENDED },
	{ .name = "it stands until Slurm lets it go",
	  .lines = { START(100, 0, "n1"), SAVED(130, 0, "n1", 1, 1, "requeue"),
		     LEAVE(135, 0, "n1"), RESTART(200, 1, "n1", 1, 0),
		     END(210, 1, "n1", 0) },
	  .count = 5,
	  .state = HISTORY_STOPPED,
	  .runs = 2,
	  .checkpoints = 1,
	  .useful = 29 + 10,
	  .stopped = 6,
	  .end = RUN_ENDED },
	{ .name = "it runs",
	  .lines = { START(100, 0, "n1"), SAVED(130, 0, "n1", 1, 1, "interval") },
	  .count = 2,
	  .state = HISTORY_RUNS,
	  .now = 190,
	  .runs = 1,
	  .checkpoints = 1,
	  .useful = 89,
	  .stopped = 1,
	  .end = RUN_OPEN },
	{ .name = "another run of it runs than the one that was heard of",
	  .lines = { START(100, 0, "n1"), SAVED(130, 0, "n1", 1, 0, "interval"),
		     FAILED(140, 0, "n1") },
	  .count = 3,
	  .state = HISTORY_RUNS,
	  .restart = 1,
	  .now = 190,
	  .runs = 1,
	  .checkpoints = 1,
	  .failures = 1,
	  .deaths = 1,
	  .useful = 30,
	  .lost = 10,
	  .end = RUN_DIED },
	{ .name = "nobody knows whether it runs",
	  .lines = { START(100, 0, "n1"), SAVED(130, 0, "n1", 1, 0, "interval"),
		     FAILED(140, 0, "n1") },
	  .count = 3,
	  .state = HISTORY_UNKNOWN,
	  .runs = 1,
	  .checkpoints = 1,
	  .failures = 1,
	  .useful = 40,
	  .end = RUN_OPEN },
	{ .name = "the node died, and the job is held on the next",
	  .lines = { START(100, 0, "n1"), SAVED(130, 0, "n1", 1, 0, "interval"),
		     FAILED(140, 0, "n1"), HELD(200, 1, "n2") },
	  .count = 4,
	  .state = HISTORY_STOPPED,
	  .restart = 2,
	  .runs = 1,
	  .checkpoints = 1,
	  .failures = 1,
	  .deaths = 1,
	  .useful = 30,
	  .lost = 10,
	  .end = RUN_DIED },
	{ .name = "the runner of the dead node comes back: nothing that it says is work",
	  .lines = { START(100, 0, "n1"), SAVED(130, 0, "n1", 1, 0, "interval"),
		     RESTART(200, 1, "n2", 1, 0), FAILED(220, 0, "n1"),
		     END(230, 1, "n2", 0) },
	  .count = 5,
	  .state = HISTORY_STOPPED,
	  .runs = 2,
	  .checkpoints = 1,
	  .failures = 1,
	  .deaths = 1,
	  .useful = 30 + 30,
	  .lost = 90,
	  .end = RUN_ENDED },
	{ .name = "unprotected: nothing is known of it",
	  .lines = { UNPROTECTED(100, 0, "n1"), UNPROTECTED(200, 1, "n1") },
	  .count = 2,
	  .state = HISTORY_STOPPED,
	  .restart = 1,
	  .runs = 2,
	  .end = RUN_UNSEEN },
	{ .name = "the start is missing",
	  .lines = { SAVED(130, 0, "n1", 1, 1, "interval"), END(140, 0, "n1", 0) },
	  .count = 2,
	  .state = HISTORY_STOPPED,
	  .runs = 1,
	  .checkpoints = 1,
	  .useful = 10,
	  .stopped = 1,
	  .end = RUN_ENDED },
	{ .name = "a checkpoint that is missing is taken for the newest",
	  .lines = { START(100, 0, "n1"), LEAVE(130, 0, "n1"),
		     RESTART(200, 1, "n1", 7, 0), END(210, 1, "n1", 0) },
	  .count = 4,
	  .state = HISTORY_STOPPED,
	  .runs = 2,
	  .useful = 10,
	  .lost = 30,
	  .end = RUN_ENDED },
	{ .name = "it continues as another job, of another count",
	  .lines = { START(100, 0, "n1"), SAVED(110, 0, "n1", 1, 0, "vacate"),
		     LEAVE(110, 0, "n1"), RESTART(200, 1, "n1", 1, 0),
		     END(210, 1, "n1", 256), RESTART(300, 0, "n2", 1, 0),
		     SAVED(320, 0, "n2", 2, 0, "interval"), END(330, 0, "n2", 0) },
	  .count = 8,
	  .state = HISTORY_STOPPED,
	  .runs = 3,
	  .checkpoints = 2,
	  .useful = 10 + 30,
	  .lost = 10,
	  .end = RUN_ENDED },
	{ .name = "what is claimed does not fit",
	  .lines = { START(100, 0, "n1"), SAVED(110, 0, "n1", 1, 1e11, "interval"),
		     RESTART(120, 1, "n1", 1, 9e11), END(90, 1, "n1", 0) },
	  .count = 4,
	  .state = HISTORY_STOPPED,
	  .runs = 2,
	  .checkpoints = 1,
	  .deaths = 1,
	  .stopped = 10,
	  .restoring = 120,
	  .end = RUN_ENDED },
};

static void add_line(struct history *h, const struct line *line)
{
	struct event ev = { .type = line->type,
			    .time = line->time,
			    .restart = line->restart,
			    .generation = line->generation,
			    .seconds = line->seconds,
			    .bytes = line->bytes,
			    .status = line->status };
	struct error e;

	snprintf(ev.node, sizeof(ev.node), "%s", line->node);
	snprintf(ev.reason, sizeof(ev.reason), "%s", line->reason);
	snprintf(ev.text, sizeof(ev.text), "%s", line->text);
	assert_int_equal(history_add(h, &ev, &e), 0);
}

static void assert_near(const char *life, const char *what, double is, double should_be)
{
	if (is < should_be - WHOLE || is > should_be + WHOLE)
		fail_msg("%s: %s: %f, not %f", life, what, is, should_be);
}

static void each_second_on_nodes_is_useful_stopped_restoring_or_lost(void **state)
{
	for (size_t i = 0; i < LENGTH(lives); i++) {
		const struct life *life = &lives[i];
		struct history h;

		history_init(&h);
		for (size_t k = 0; k < life->count; k++)
			add_line(&h, &life->lines[k]);
		history_finish(&h, life->state, life->restart, life->now);
		assert_near(life->name, "runs", (double)h.nruns, (double)life->runs);
		assert_near(life->name, "checkpoints", (double)h.checkpoints,
			    (double)life->checkpoints);
		assert_near(life->name, "failures", (double)h.failures,
			    (double)life->failures);
		assert_near(life->name, "deaths", (double)h.deaths, (double)life->deaths);
		assert_near(life->name, "useful", h.useful, life->useful);
		assert_near(life->name, "stopped", h.stopped, life->stopped);
		assert_near(life->name, "restoring", h.restoring, life->restoring);
		assert_near(life->name, "lost", h.lost, life->lost);
		assert_near(life->name, "total", h.total,
			    h.useful + h.stopped + h.restoring + h.lost);
		assert_int_equal(h.nevents, life->count);
		assert_int_equal(h.bytes, 1000 * h.checkpoints);
		if (h.nruns)
			assert_int_equal(h.runs[h.nruns - 1].how_ended, life->end);
		history_free(&h);
	}
}

static void a_share_is_of_the_time_on_nodes(void **state)
{
	struct history h;

	history_init(&h);
	history_finish(&h, HISTORY_STOPPED, 0, 0);
	assert_near("no run", "share", history_share(&h), 1);
	history_free(&h);
	history_init(&h);
	add_line(&h, &(struct line)START(100, 0, "n1"));
	add_line(&h, &(struct line)SAVED(160, 0, "n1", 1, 15, "vacate"));
	add_line(&h, &(struct line)LEAVE(160, 0, "n1"));
	history_finish(&h, HISTORY_STOPPED, 0, 0);
	assert_near("saved", "share", history_share(&h), 0.75);
	history_free(&h);
}

static void a_run_has_its_node_its_checkpoints_and_its_loss(void **state)
{
	const struct life *life = &lives[3];
	struct history h;

	history_init(&h);
	for (size_t k = 0; k < life->count; k++)
		add_line(&h, &life->lines[k]);
	history_finish(&h, HISTORY_STOPPED, 0, 0);
	assert_int_equal(h.nnodes, 2);
	assert_string_equal(h.runs[0].node, "n1");
	assert_int_equal(h.runs[0].how_begun, RUN_STARTED);
	assert_int_equal(h.runs[0].how_ended, RUN_DIED);
	assert_int_equal(h.runs[0].checkpoints, 1);
	assert_near("first", "lost", h.runs[0].work - h.runs[0].kept, 20);
	assert_string_equal(h.runs[1].node, "n2");
	assert_int_equal(h.runs[1].how_begun, RUN_RESTARTED);
	assert_int_equal(h.runs[1].generation, 1);
	assert_near("second", "begin", h.runs[1].begin, 196);
	assert_int_equal(h.events[2].run, 0);
	assert_int_equal(h.events[4].run, 1);
	assert_string_equal(h.events[2].text, "no");
	assert_null(h.events[0].text);
	history_free(&h);
}

static void texts_are_made_fit_to_be_shown(void **state)
{
	struct line line = FAILED(100, 0, "n\0331");
	struct history h;

	line.text = "a\nb\xff";
	line.reason = "\a";
	history_init(&h);
	add_line(&h, &line);
	add_line(&h, &(struct line)END(110, 0, "", 0));
	assert_string_equal(h.events[0].node, "n?1");
	assert_string_equal(h.events[0].text, "a?b?");
	assert_string_equal(h.events[0].reason, "?");
	assert_string_equal(h.events[1].node, "unknown");
	history_free(&h);
}

static unsigned int below(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static struct line any_line(void)
{
	static const char *const nodes[] = { "n1", "n2", "n3", "" };
	static const double times[] = { 0.001, 100, 200, 300, 1e9, 999999999999.0 };
	struct line line = { .type = (enum event_type)below(EVENT_TYPES),
			     .time = times[below(LENGTH(times))],
			     .restart = below(4),
			     .node = nodes[below(LENGTH(nodes))],
			     .generation = below(4),
			     .seconds = below(2) ? below(50) : times[below(6)],
			     .bytes = below(2) ? INT64_MAX : 5,
			     .reason = "x",
			     .text = below(2) ? "y" : "" };

	return line;
}

/* Whatever a user may have written there. */
static void any_events_in_any_order_come_to_numbers_that_fit(void **state)
{
	srand(1);
	for (int round = 0; round < 20000; round++) {
		unsigned int count = below(30);
		struct history h;
		double share;

		history_init(&h);
		for (unsigned int i = 0; i < count; i++) {
			struct line line = any_line();

			add_line(&h, &line);
		}
		history_finish(&h, (enum history_state)below(3), below(4), 400);
		share = history_share(&h);
		assert_true(share >= 0 && share <= 1);
		assert_true(h.useful >= 0 && h.lost >= 0);
		assert_true(h.stopped >= 0 && h.restoring >= 0);
		for (size_t i = 0; i < h.nruns; i++)
			assert_true(h.runs[i].end >= h.runs[i].begin);
		history_free(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_second_on_nodes_is_useful_stopped_restoring_or_lost),
		cmocka_unit_test(a_share_is_of_the_time_on_nodes),
		cmocka_unit_test(a_run_has_its_node_its_checkpoints_and_its_loss),
		cmocka_unit_test(texts_are_made_fit_to_be_shown),
		cmocka_unit_test(any_events_in_any_order_come_to_numbers_that_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
