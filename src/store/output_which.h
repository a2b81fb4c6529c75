/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output_which.h - which file an output is, and how the job uses it: the attributes that
 * a manifest has of its outputs. Used by output.c alone.
 */
#ifndef STORE_OUTPUT_WHICH_H
#define STORE_OUTPUT_WHICH_H

#include <stdbool.h>

#include <linux/stat.h>

#include "store/output.h"

struct output_which {
	unsigned long long inode; /* 0: was not noted, by an earlier version */
	unsigned int mode;
	struct statx_timestamp born; /* 0: it is not known */
	struct output_traits traits;
};

/* Of an output of m, by its number. */
struct output_which output_which(const struct manifest *m, size_t output);

/* Is it the file that was recorded? True also if that cannot be known. */
bool output_which_is(const struct output_which *which, int fd);

/* The same, but false if that cannot be known. */
bool output_which_is_surely(const struct output_which *which, int fd);

#endif
