// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "plan/numbers.h"

#include <ctype.h>
#include <stdio.h>

bool numbers_has(const struct numbers *n, size_t number)
{
	return number < NUMBERS_MAX && (n->bits[number / 64] >> (number % 64) & 1);
}

void numbers_add(struct numbers *n, size_t number)
{
	if (number < NUMBERS_MAX)
		n->bits[number / 64] |= UINT64_C(1) << (number % 64);
}

size_t numbers_count(const struct numbers *n)
{
	size_t count = 0;

	for (size_t i = 0; i < NUMBERS_MAX / 64; i++)
		count += (size_t)__builtin_popcountll(n->bits[i]);
	return count;
}

/* ---- text ---- */

/* A number below NUMBERS_MAX; -1 if there is none. */
static long take_number(const char **text)
{
	long number = 0;

	if (!isdigit((unsigned char)**text))
		return -1;
	for (; isdigit((unsigned char)**text); (*text)++) {
		number = number * 10 + (**text - '0');
		if (number >= NUMBERS_MAX)
			return -1;
	}
	return number;
}

/* "3" or "3-5". */
static int take_range(struct numbers *n, const char **text)
{
	long first = take_number(text), last = first;

	if (first >= 0 && **text == '-') {
		(*text)++;
		last = take_number(text);
	}
	if (first < 0 || last < first)
		return -1;
	for (; first <= last; first++)
		numbers_add(n, (size_t)first);
	return 0;
}

int numbers_parse(struct numbers *n, const char *text)
{
	*n = (struct numbers){ 0 };
	for (;;) {
		if (take_range(n, &text) < 0)
			return -1;
		if (*text == '\0')
			return 0;
		if (*text++ != ',')
			return -1;
	}
}

static size_t end_of_range(const struct numbers *n, size_t first)
{
	size_t last = first;

	while (numbers_has(n, last + 1))
		last++;
	return last;
}

char *numbers_format(const struct numbers *n)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	const char *comma = "";

	for (size_t i = 0; f && i < NUMBERS_MAX; i++) {
		size_t last;

		if (!n->bits[i / 64]) {
			i |= 63;
			continue;
		}
		if (!numbers_has(n, i))
			continue;
		last = end_of_range(n, i);
		fprintf(f, last > i ? "%s%zu-%zu" : "%s%zu", comma, i, last);
		comma = ",";
		i = last;
	}
	return f && fclose(f) == 0 ? text : NULL;
}

/* ---- from one node to another ---- */

static bool has_all(const struct numbers *n, const struct numbers *of)
{
	for (size_t i = 0; i < NUMBERS_MAX / 64; i++) {
		if (of->bits[i] & ~n->bits[i])
			return false;
	}
	return true;
}

/* The number at a place, counted from 0, of which there is one. */
static size_t number_at(const struct numbers *n, size_t place)
{
	size_t number = 0;

	while (!numbers_has(n, number) || place-- > 0)
		number++;
	return number;
}

enum numbers_move numbers_move(struct numbers *there, const struct numbers *bound,
			       const struct numbers *had, const struct numbers *has)
{
	enum numbers_move outcome = NUMBERS_NONE;
	size_t count = numbers_count(has), place = 0;

	*there = *has;
	if (has_all(bound, had))
		return NUMBERS_MOVED;
	*there = (struct numbers){ 0 };
	for (size_t i = 0; i < NUMBERS_MAX; i++) {
		if (!numbers_has(had, i))
			continue;
		if (numbers_has(bound, i)) {
			numbers_add(there, number_at(has, place % count));
			if (outcome == NUMBERS_NONE)
				outcome = NUMBERS_MOVED;
			if (place >= count)
				outcome = NUMBERS_SHARED;
		}
		place++;
	}
	if (outcome == NUMBERS_NONE)
		*there = *has;
	return outcome;
}
