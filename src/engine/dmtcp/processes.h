/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * processes.h - what /proc tells of a job's processes before they are saved.
 */
#ifndef ENGINE_DMTCP_PROCESSES_H
#define ENGINE_DMTCP_PROCESSES_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/error.h"
#include "engine/tree.h"

/* Bytes that their images may take. */
uint64_t processes_image_size(const struct tree *tree);

/*
 * The umask of all. DMTCP restores none: all get that of dmtcp_restart. -1 and a sentence
 * if they have not the same.
 */
int processes_umask(const struct tree *tree, mode_t *mask, struct error *e);

/*
 * The limits of resources of all, RLIM_NLIMITS of them, as for the umask.
 */
int processes_limits(const struct tree *tree, struct rlimit *limits, struct error *e);

/*
 * May all that is open be restored? Not a fifo with a name that a process reads or
 * writes: DMTCP opens it for both, and who reads waits for ever when the last writer has
 * ended.
 */
int processes_check_files(const struct tree *tree, struct error *e);

#endif
