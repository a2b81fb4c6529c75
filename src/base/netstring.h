/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netstring.h - strings of any bytes but NUL, one after the other in one string:
 * "5:hello,0:,". A list of arguments takes no more room so than as execve(2) takes
 * it, with a pointer and a NUL for each.
 */
#ifndef BASE_NETSTRING_H
#define BASE_NETSTRING_H

#include <stdio.h>

#include "base/error.h"

/* Append a string. */
void netstring_put(FILE *out, const char *string);

/*
 * The next string of text, owned by the caller, and text moved behind it; NULL if
 * there is none, or it is damaged.
 */
char *netstring_get(const char **text, struct error *e);

#endif
