/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * children.h - the end of all that a process has begun.
 */
#ifndef BASE_CHILDREN_H
#define BASE_CHILDREN_H

/*
 * Kill the children of this process, which has to be a subreaper or pid 1, and what
 * they began, and wait until none is left. The children of whoever dies become ours
 * before it can be waited for, so that none is missed; and what was pid 1 of a
 * namespace can be waited for when all in it is gone.
 */
void children_end_all(void);

#endif
