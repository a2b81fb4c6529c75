// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/dmtcp/message.h"

#include <stdlib.h>
#include <string.h>

#include "testing.h"

#define BODY 40 /* bytes of a message after its beginning */

struct message {
	char magic[16];
	char barrier[64];
	char other[8];
	uint32_t size, more, type, state;
	char rest[BODY];
};

/* Messages of these types, with something different in each. */
static void make(struct message *list, const uint32_t *types, size_t count)
{
	memset(list, 0, count * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		list[i].size = sizeof(*list) - 8;
		list[i].more = 8;
		list[i].type = types[i];
		memset(list[i].rest, 'a' + (int)i, BODY);
	}
}

/* Passed on in pieces of so many bytes; what comes out, and its size. */
static char *pass(const void *data, size_t size, size_t piece, uint32_t drop,
		  size_t *passed)
{
	struct message_stream stream = { 0 };
	char *out = malloc(size + MESSAGE_BEGINNING);

	*passed = 0;
	for (size_t at = 0; at < size; at += piece) {
		size_t n = piece < size - at ? piece : size - at;
		char *part = malloc(n + MESSAGE_BEGINNING);
		size_t some =
			message_pass(&stream, (const char *)data + at, n, drop, part);

		assert_true(some <= n + MESSAGE_BEGINNING);
		memcpy(out + *passed, part, some);
		*passed += some;
		free(part);
	}
	return out;
}

static void messages_of_one_type_are_dropped_however_they_come(void **state)
{
	static const uint32_t types[] = { 17, 4, 17, 17, 19, 20, 17 };
	static const uint32_t kept[] = { 4, 19, 20 };
	struct message all[LENGTH(types)], left[LENGTH(kept)];

	(void)state;
	make(all, types, LENGTH(types));
	for (size_t i = 0, j = 0; i < LENGTH(types); i++) {
		if (types[i] != 17)
			left[j++] = all[i];
	}
	for (size_t piece = 1; piece <= sizeof(all); piece++) {
		size_t passed;
		char *out = pass(all, sizeof(all), piece, 17, &passed);

		assert_int_equal(passed, sizeof(left));
		assert_memory_equal(out, left, sizeof(left));
		free(out);
		out = pass(all, sizeof(all), piece, 0, &passed);
		assert_int_equal(passed, sizeof(all));
		assert_memory_equal(out, all, sizeof(all));
		free(out);
	}
}

static void what_is_no_message_is_passed_as_it_is(void **state)
{
	char data[1000];

	(void)state;
	memset(data, 'x', sizeof(data));
	for (size_t piece = 1; piece <= sizeof(data); piece++) {
		size_t passed;
		char *out = pass(data, sizeof(data), piece, 17, &passed);

		assert_int_equal(passed, sizeof(data));
		assert_memory_equal(out, data, sizeof(data));
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_one_type_are_dropped_however_they_come),
		cmocka_unit_test(what_is_no_message_is_passed_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
