/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - the history of jobs as a page for a browser, of one file and without
 * scripts.
 */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include <stdio.h>

#include "cmd/life.h"

/*
 * Write the page. now is the time, in seconds since 1970, until which jobs that run are
 * drawn.
 */
int report_write(FILE *out, const struct life *lives, size_t count, const char *title,
		 double now, struct error *e);

#endif
