/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sweep.h - what is left beside the folders of a user's jobs.
 */
#ifndef STORE_SWEEP_H
#define STORE_SWEEP_H

#include <time.h>

#include "base/error.h"

/*
 * Remove folders of former jobs that were set aside (<jobid>.N) and have not been
 * touched since before, and symbolic links that job ids left which go on under another
 * one, when that is gone. The number of those removed, or -1.
 */
int sweep_aside(const char *pattern, const char *user, const char *cluster, time_t before,
		struct error *e);

#endif
