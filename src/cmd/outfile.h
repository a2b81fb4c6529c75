/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outfile.h - a verb's output, where --output=FILE says.
 */
#ifndef CMD_OUTFILE_H
#define CMD_OUTFILE_H

#include <stdio.h>

#include "base/error.h"

/* Filled in memory first, so that whoever reads the file finds the old or the new one. */
struct outfile {
	const char *path; /* NULL: standard output */
	FILE *f;	  /* to write to */
	char *text;
	size_t size;
};

int outfile_open(struct outfile *out, const char *path, struct error *e);

/* Put what was written where it belongs. */
int outfile_commit(struct outfile *out, struct error *e);

/* Also after a failure, or instead of a commit. */
void outfile_close(struct outfile *out);

#endif
