/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selftest_job.h - what the self-test and its tiny job agree upon.
 */
#ifndef ENGINE_SELFTEST_JOB_H
#define ENGINE_SELFTEST_JOB_H

#define SELFTEST_READY	"ready\n" /* what it prints when it may be saved */
#define SELFTEST_STATUS 42	  /* with which it ends if all went well */

#endif
