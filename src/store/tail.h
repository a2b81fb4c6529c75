/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tail.h - lines that Slurm and the runner write into a job's output, after the job has
 * been saved: no program would write them again, and none has written them.
 */
#ifndef STORE_TAIL_H
#define STORE_TAIL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Is all that the file has behind its first length bytes such lines, about one of two
 * jobs? False if that is more than they would be, or cannot be read.
 */
bool tail_is_ours(const char *path, uint64_t length, unsigned int job,
		  unsigned int before);

#endif
