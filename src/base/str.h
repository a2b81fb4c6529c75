/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * str.h - strings of any length.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stdint.h>

/* A new string from a printf format, owned by the caller; NULL without memory. */
char *str_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Bytes as Slurm prints them: 512K, 1.50G. str_size(n).text is valid where it stands. */
struct str_size {
	char text[16];
};
struct str_size str_size(uint64_t bytes);

/* Parse a number of bytes, or of what K, M, G, T or P behind it says. -1 if it is none.
 */
int str_to_size(const char *text, uint64_t *bytes);

/*
 * Make text that somebody else wrote fit to be shown: what is no UTF-8, and what would
 * steer a terminal or end a line, becomes "?".
 */
void str_make_printable(char *text);

/* The same for text of several lines, which it keeps; NULL is none. */
void str_make_lines_printable(char *text);

/* Parse a whole decimal number of at most max. -1 if text is anything else. */
int str_to_ull(const char *text, unsigned long long max, unsigned long long *value);

bool str_ends_with(const char *text, const char *end);

/* The value of a variable in an environment, which is not the caller's; or NULL. */
const char *str_find_variable(char *const *environment, const char *name);

#endif
