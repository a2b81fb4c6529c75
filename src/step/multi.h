/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multi.h - the file of srun --multi-prog: which program each task runs.
 */
#ifndef STEP_MULTI_H
#define STEP_MULTI_H

#include <stddef.h>

/* By task: its words, up to NULL. */
struct multi {
	char ***argv;
	long ntasks;
};

enum multi_answer {
	MULTI_READ,
	MULTI_REFUSED, /* it is not as it should be: Slurm's srun is to say why */
	MULTI_UNKNOWN, /* quotes or backslashes of which we do not know what Slurm makes */
};

/*
 * Parse the text of such a file, for a number of tasks; the words of more, up to NULL,
 * follow those of each line. multi_free() in any case.
 */
enum multi_answer multi_parse(struct multi *m, const char *text, long ntasks,
			      char **more);

void multi_free(struct multi *m);

#endif
