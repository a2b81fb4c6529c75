/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * str.h - strings of any length.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

/* A new string from a printf format, owned by the caller; NULL without memory. */
char *str_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Parse a whole decimal number of at most max. -1 if text is anything else. */
int str_to_ull(const char *text, unsigned long long max, unsigned long long *value);

/* The value of a variable in an environment, which is not the caller's; or NULL. */
const char *str_find_variable(char *const *environment, const char *name);

#endif
