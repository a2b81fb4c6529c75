// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/timers.h"

#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "testing.h"

#define SET_TICKS _IOW('T', 0, uint64_t)
#define INTERVAL  20000000L /* nanoseconds */

/* As criu restores a timer; without ticks, one that a program has disarmed. */
static int restored(uint64_t ticks)
{
	const struct itimerspec spec = { .it_interval.tv_nsec = INTERVAL };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	assert_int_equal(timerfd_settime(timer, 0, &spec, NULL), 0);
	if (ticks && ioctl(timer, SET_TICKS, &ticks) < 0)
		skip(); /* a kernel without checkpoints */
	return timer;
}

static bool expires(int timer)
{
	struct pollfd fd = { .fd = timer, .events = POLLIN };

	return poll(&fd, 1, 10000) > 0;
}

static void what_had_expired_starts_again(void **state)
{
	int timer = restored(3);
	uint64_t ticks = 0;

	(void)state;
	timers_rearm();
	assert_int_equal(read(timer, &ticks, sizeof(ticks)), sizeof(ticks));
	assert_true(ticks >= 3);
	for (int i = 0; i < 3; i++) {
		assert_true(expires(timer));
		assert_int_equal(read(timer, &ticks, sizeof(ticks)), sizeof(ticks));
	}
	close(timer);
}

static void what_was_not_armed_is_left_so(void **state)
{
	int timer = restored(0);
	struct itimerspec spec;

	(void)state;
	timers_rearm();
	assert_int_equal(timerfd_gettime(timer, &spec), 0);
	assert_int_equal(spec.it_value.tv_sec, 0);
	assert_int_equal(spec.it_value.tv_nsec, 0);
	close(timer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_had_expired_starts_again),
		cmocka_unit_test(what_was_not_armed_is_left_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
