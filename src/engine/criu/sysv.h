/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysv.h - semaphores, message queues and shared memory of System V, which criu does not
 * save. All that there are in the caller's IPC namespace are the job's.
 */
#ifndef ENGINE_CRIU_SYSV_H
#define ENGINE_CRIU_SYSV_H

#include "base/error.h"

/* -1 and a sentence if there are any. */
int sysv_check(struct error *e);

#endif
