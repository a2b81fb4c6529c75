/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call.h - the code by which criu has a process make a system call.
 */
#ifndef ENGINE_CRIU_CALL_H
#define ENGINE_CRIU_CALL_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/criu/mapping.h"

/*
 * Is it in a process that has these mapped? criu writes it over the process's own code, and
 * has put that back before it lets the process continue. proc is /proc. A process that cannot
 * be looked into has it.
 */
bool call_is_left(const struct mappings *maps, int proc, pid_t pid);

#endif
