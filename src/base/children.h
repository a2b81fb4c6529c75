/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * children.h - that children end with, or before, the process that made them.
 */
#ifndef BASE_CHILDREN_H
#define BASE_CHILDREN_H

#include <sys/types.h>

/*
 * Kill the children of this process, which has to be a subreaper or pid 1, and what
 * they began, and wait until none is left. The children of whoever dies become ours
 * before it can be waited for, so that none is missed; and what was pid 1 of a
 * namespace can be waited for when all in it is gone.
 */
void children_end_all(void);

/*
 * To be called first in a child that fork(2) has made in its parent's pid namespace: it
 * is killed when its parent ends, and if that has ended already, it ends here.
 */
void children_end_with(pid_t parent);

#endif
