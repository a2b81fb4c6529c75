/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * openmetrics.h - numbers of many jobs as OpenMetrics text: by cluster, user and reason,
 * and not by job, so that there are few of them however many jobs there are.
 */
#ifndef CMD_OPENMETRICS_H
#define CMD_OPENMETRICS_H

#include <stdio.h>

#include "cmd/life.h"

/* Write all families of metrics, up to the end mark. */
int openmetrics_write(FILE *out, const struct life *lives, size_t count,
		      const char *cluster, struct error *e);

/* Print text as the value of a label, between its quotes. */
void openmetrics_label(FILE *out, const char *text);

#endif
