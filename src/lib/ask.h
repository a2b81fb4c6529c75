/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ask.h - the job's end of base/control.h. Used inside the library, and by scheckpoint
 * when it is called in a job.
 */
#ifndef LIB_ASK_H
#define LIB_ASK_H

#include <stdbool.h>

#include "base/control.h"

/* Hold byte 0, so that the job is not saved; wait if it is being. -1 and errno. */
int ask_hold(void);
void ask_release(void);

/*
 * Have a request answered. The job is not saved meanwhile. -1 and errno, ENOTSUP where
 * there is no runner.
 */
int ask(enum control_command command, uint32_t ticket, struct control_reply *reply);

/* Wait until the runner has done what the ticket is for, or is another one. */
int ask_wait(uint32_t ticket);

#endif
