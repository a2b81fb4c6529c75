// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/waits.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/criu/image.h"
#include "testing.h"

#ifdef __x86_64__

/* ---- an image of registers, as criu writes it ---- */

enum { R10 = 8, AX = 11, DX = 13, SI = 14, DI = 15, ORIG_AX = 16, IP = 17, MODE = 28 };
#define GPRS 29

#define CODE  0x7f51111213a7u
#define STACK 0x7ffe06c81ef8u

struct bytes {
	unsigned char data[1024];
	size_t size;
};

static void put_varint(struct bytes *b, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		b->data[b->size++] = (unsigned char)(value | 0x80);
	b->data[b->size++] = (unsigned char)value;
}

static void put_inside(struct bytes *b, unsigned int field, const struct bytes *inside)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, inside->size);
	memcpy(b->data + b->size, inside->data, inside->size);
	b->size += inside->size;
}

static void put_fixed(struct bytes *b, uint32_t value)
{
	memcpy(b->data + b->size, &value, 4);
	b->size += 4;
}

static void write_image(struct bytes *b, const uint64_t gprs[GPRS])
{
	struct bytes regs = { .size = 0 }, info = { .size = 0 }, core = { .size = 0 };

	for (unsigned int i = 1; i < GPRS; i++) {
		put_varint(&regs, i << 3);
		put_varint(&regs, gprs[i]);
	}
	put_varint(&info, 1 << 3);
	put_varint(&info, STACK);
	put_inside(&info, 2, &regs);
	put_varint(&core, 1 << 3);
	put_varint(&core, 1); /* x86-64 */
	put_inside(&core, 2, &info);
	b->size = 0;
	put_fixed(b, 0x54564319);
	put_fixed(b, 0x55053847);
	put_fixed(b, (uint32_t)core.size);
	memcpy(b->data + b->size, core.data, core.size);
	b->size += core.size;
}

static int find(struct image in, unsigned int number, struct image_field *f)
{
	while (image_field(&in, f) > 0) {
		if (f->number == number)
			return 0;
	}
	return -1;
}

static uint64_t gpr(const struct bytes *b, unsigned int number)
{
	struct image image, entry;
	struct image_field f;

	assert_int_equal(image_open(&image, b->data, b->size, 0x55053847), 0);
	assert_int_equal(image_next(&image, &entry), 1);
	assert_int_equal(find(entry, 2, &f), 0);
	assert_int_equal(find(f.inside, 2, &f), 0);
	assert_int_equal(find(f.inside, number, &f), 0);
	return f.value;
}

/* ---- this process is the thread ---- */

static void mend(const uint64_t gprs[GPRS], struct bytes *b)
{
	struct waits w = { .proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	char name[32];

	snprintf(name, sizeof(name), "core-%d.img", getpid());
	write_image(b, gprs);
	waits_mend(&w, name, b->data, b->size);
	waits_free(&w);
}

static void an_interrupted_call_is_made_anew(void **state)
{
	static const long calls[] = { SYS_poll, SYS_nanosleep, SYS_clock_nanosleep,
				      SYS_futex };

	for (size_t i = 0; i < LENGTH(calls); i++) {
		uint64_t gprs[GPRS] = { [AX] = (uint64_t)-EINTR,
					[ORIG_AX] = (uint64_t)calls[i],
					[IP] = CODE,
					[MODE] = 1 };
		struct bytes b;

		mend(gprs, &b);
		assert_int_equal(gpr(&b, AX), calls[i]);
		assert_int_equal(gpr(&b, IP), CODE - 2);
		assert_int_equal(gpr(&b, ORIG_AX), calls[i]);
	}
	(void)state;
}

static void what_is_none_is_left_as_it_is(void **state)
{
	static const uint64_t cases[][3] = {
		{ (uint64_t)-EINTR, SYS_epoll_wait, 1 }, /* the kernel's own */
		{ (uint64_t)-EINTR, SYS_read, 1 },
		{ 0, SYS_poll, 1 },			      /* it has ended */
		{ (uint64_t)-EINTR, SYS_poll, 2 },	      /* of 32 bits */
		{ (uint64_t)-EINTR, SYS_restart_syscall, 1 }, /* of what, nobody knows */
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint64_t gprs[GPRS] = { [AX] = cases[i][0],
					[ORIG_AX] = cases[i][1],
					[IP] = CODE,
					[MODE] = cases[i][2] };
		struct bytes b, before;

		write_image(&before, gprs);
		mend(gprs, &b);
		assert_memory_equal(b.data, before.data, before.size);
	}
	(void)state;
}

static void a_sleep_lasts_as_long_as_was_left(void **state)
{
	uint64_t gprs[GPRS] = { [AX] = (uint64_t)-EINTR,
				[ORIG_AX] = SYS_clock_nanosleep,
				[IP] = CODE,
				[DX] = STACK,
				[R10] = STACK + 16,
				[MODE] = 1 };
	struct bytes b;

	mend(gprs, &b);
	assert_int_equal(gpr(&b, DX), STACK + 16);
	gprs[R10] = 0; /* it does not ask */
	mend(gprs, &b);
	assert_int_equal(gpr(&b, DX), STACK);
	assert_int_equal(gpr(&b, AX), SYS_clock_nanosleep);
}

static void hear(int signum)
{
	(void)signum;
}

static void a_signal_still_ends_a_wait(void **state)
{
	uint64_t gprs[GPRS] = {
		[AX] = (uint64_t)-EINTR, [ORIG_AX] = SYS_poll, [IP] = CODE, [MODE] = 1
	};
	sigset_t set;
	struct bytes b;

	/* One that is blocked does not. */
	signal(SIGUSR1, hear);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	mend(gprs, &b);
	assert_int_equal(gpr(&b, AX), SYS_poll);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)state;
}

static void an_image_that_is_cut_short_is_left_as_it_is(void **state)
{
	uint64_t gprs[GPRS] = {
		[AX] = (uint64_t)-EINTR, [ORIG_AX] = SYS_poll, [MODE] = 1
	};
	struct waits w = { 0 };
	struct bytes b, before;

	write_image(&b, gprs);
	before = b;
	for (size_t size = 0; size < b.size; size++)
		waits_mend(&w, "core-1.img", b.data, size);
	assert_memory_equal(b.data, before.data, before.size);
	waits_mend(&w, "core-x.img", b.data, b.size);
	assert_memory_equal(b.data, before.data, before.size);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interrupted_call_is_made_anew),
		cmocka_unit_test(what_is_none_is_left_as_it_is),
		cmocka_unit_test(a_sleep_lasts_as_long_as_was_left),
		cmocka_unit_test(a_signal_still_ends_a_wait),
		cmocka_unit_test(an_image_that_is_cut_short_is_left_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	return 77; /* skipped */
}

#endif
