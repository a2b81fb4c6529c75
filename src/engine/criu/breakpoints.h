/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * breakpoints.h - are hardware breakpoints delivered on this node? On some virtual
 * machines they can be set, and no trap comes: CRIU before 4.2 then waits for one for
 * ever, with the job frozen.
 */
#ifndef ENGINE_CRIU_BREAKPOINTS_H
#define ENGINE_CRIU_BREAKPOINTS_H

#include <stdbool.h>

/*
 * Set one in a process made for it, by ptrace(2), and see. It takes about a millisecond.
 * False also where that cannot be tried; true on architectures that are not known here.
 */
bool breakpoints_work(void);

/*
 * For criu's environment: criu does without breakpoints. It is the fault
 * FI_NO_BREAKPOINTS of criu/include/fault-injection.h, the same since CRIU 3.6.
 */
#define BREAKPOINTS_NONE "CRIU_FAULT=130"

#endif
