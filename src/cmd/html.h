/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * html.h - the texts of a page: escaped, and in words for people.
 */
#ifndef CMD_HTML_H
#define CMD_HTML_H

#include <stdint.h>
#include <stdio.h>

/*
 * Print text so that it is nothing but text, in an element as in an attribute's quotes,
 * whoever wrote it.
 */
void html_text(FILE *out, const char *text);

/* "0.21 s", "12 m 03 s", "3 h 20 m", "5 d 02 h". .text is valid where it stands. */
struct html_duration {
	char text[32];
};
struct html_duration html_duration(double seconds);

/* A share of 0 to 1 in percent; 100 % is only for all of it. */
struct html_percent {
	char text[16];
};
struct html_percent html_percent(double share);

/* Local time. */
struct html_time {
	char text[64];
};
struct html_time html_time(double when);

#endif
