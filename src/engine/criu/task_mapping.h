/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_mapping.h - memory policies that mappings of a process have of their own:
 * mbind(2).
 */
#ifndef ENGINE_CRIU_TASK_MAPPING_H
#define ENGINE_CRIU_TASK_MAPPING_H

#include <sys/types.h>

/*
 * "START-END POLICY ..." of those mappings, owned by the caller; "" if there are none,
 * NULL if it cannot be told. The kernel looks at every page of the process for it.
 */
char *task_mapping_policies(pid_t pid);

#endif
