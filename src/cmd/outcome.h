/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outcome.h - what came of a run of a command, and how two of them differ.
 */
#ifndef CMD_OUTCOME_H
#define CMD_OUTCOME_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What had been printed when the command went on from a checkpoint, in bytes. */
struct outcome_mark {
	uint64_t out;
	uint64_t err;
};

struct outcome {
	char *out; /* paths of what it printed */
	char *err;
	int status;	/* wait status */
	double seconds; /* that it ran */
	struct outcome_mark *marks;
	size_t restarts; /* as many as there are marks */
};

/* A run's files are DIR/NAME.out and DIR/NAME.err. outcome_free() when done. */
int outcome_init(struct outcome *outcome, const char *dir, const char *name,
		 struct error *e);

/* The command goes on from a checkpoint now: a mark. */
int outcome_restarted(struct outcome *outcome, struct error *e);

/* Bytes printed, on standard output and standard error together. */
uint64_t outcome_bytes(const struct outcome *outcome);

/*
 * 0 if both printed the same and ended alike. 1 if not, and e says where got
 * departs from expected. -1 if that cannot be told.
 */
int outcome_compare(const struct outcome *expected, const struct outcome *got,
		    struct error *e);

void outcome_free(struct outcome *outcome);

#endif
