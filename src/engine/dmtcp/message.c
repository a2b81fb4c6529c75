// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/dmtcp/message.h"

#include <string.h>

#define BARRIER_AT   16
#define BARRIER_SIZE 64
#define SIZE_AT	     88
#define MORE_AT	     92
#define TYPE_AT	     96
#define STATE_AT     100

#define SIZE_MAX_ 4096 /* of a message without what follows it: it is less than 300 */

static uint32_t number(const struct message_stream *s, size_t at)
{
	uint32_t value;

	memcpy(&value, s->beginning + at, sizeof(value));
	return value;
}

static void begin(struct message_stream *s)
{
	uint32_t size = number(s, SIZE_AT);

	s->have = 0;
	s->foreign = size < MESSAGE_BEGINNING || size > SIZE_MAX_;
	if (s->foreign)
		return;
	s->left = (uint64_t)size - MESSAGE_BEGINNING + number(s, MORE_AT);
	s->type = number(s, TYPE_AT);
	s->state = number(s, STATE_AT);
	if (!s->first)
		s->first = s->type;
}

static bool is_for(const struct message_stream *s, const char *barrier)
{
	return strncmp((const char *)s->beginning + BARRIER_AT, barrier, BARRIER_SIZE) ==
	       0;
}

/* How many of size bytes are still of the message that has begun. */
static size_t take_rest(struct message_stream *s, size_t size)
{
	size_t n = s->left < size ? (size_t)s->left : size;

	s->left -= n;
	return n;
}

/* How many are of the beginning of the next, which is kept. */
static size_t take_beginning(struct message_stream *s, const char *data, size_t size)
{
	size_t n = MESSAGE_BEGINNING - s->have;

	if (n > size)
		n = size;
	memcpy(s->beginning + s->have, data, n);
	s->have += n;
	return n;
}

bool message_feed(struct message_stream *s, const char *data, size_t size,
		  const char *barrier)
{
	bool found = false;

	while (size && !s->foreign) {
		size_t n = take_rest(s, size);

		n += take_beginning(s, data + n, size - n);
		data += n;
		size -= n;
		if (s->have < MESSAGE_BEGINNING)
			break;
		found = found || is_for(s, barrier);
		begin(s);
	}
	return found;
}

size_t message_pass(struct message_stream *s, const char *data, size_t size,
		    uint32_t drop, char *out)
{
	size_t passed = 0;

	while (size && !s->foreign) {
		size_t n = take_rest(s, size);

		if (!s->dropped) {
			memcpy(out + passed, data, n);
			passed += n;
		}
		n += take_beginning(s, data + n, size - n);
		data += n;
		size -= n;
		if (s->have < MESSAGE_BEGINNING)
			return passed;
		begin(s);
		s->dropped = !s->foreign && drop && s->type == drop;
		if (!s->dropped) {
			memcpy(out + passed, s->beginning, MESSAGE_BEGINNING);
			passed += MESSAGE_BEGINNING;
		}
	}
	memcpy(out + passed, data, size);
	return passed + size;
}

void message_set_state(char *message, enum message_state state)
{
	uint32_t value = state;

	memcpy(message + STATE_AT, &value, sizeof(value));
}
