/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uptime.h - a clock that nobody sets.
 */
#ifndef BASE_UPTIME_H
#define BASE_UPTIME_H

/* Seconds since the node was booted, also those in which it slept. */
double uptime_now(void);

#endif
