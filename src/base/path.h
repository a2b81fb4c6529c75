/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path.h - programs by name.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

/*
 * The file that slurmstepd would execute for a task's argv[0]: of a name that begins
 * neither with "/" nor with ".", the first in PATH that is no directory; else, or if
 * there is none, the name itself. Owned by the caller; NULL without memory.
 */
char *path_find(const char *name);

#endif
