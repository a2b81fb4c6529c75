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

bool message_feed(struct message_stream *s, const char *data, size_t size,
		  const char *barrier)
{
	bool found = false;

	while (size && !s->foreign) {
		size_t n = s->left < size ? (size_t)s->left : size;

		s->left -= n;
		data += n;
		size -= n;
		n = MESSAGE_BEGINNING - s->have < size ? MESSAGE_BEGINNING - s->have
						       : size;
		memcpy(s->beginning + s->have, data, n);
		s->have += n;
		data += n;
		size -= n;
		if (s->have < MESSAGE_BEGINNING)
			break;
		found = found || is_for(s, barrier);
		begin(s);
	}
	return found;
}

void message_set_state(char *message, enum message_state state)
{
	uint32_t value = state;

	memcpy(message + STATE_AT, &value, sizeof(value));
}
