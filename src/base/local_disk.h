/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * local_disk.h - is it on a file system that a node has for itself?
 */
#ifndef BASE_LOCAL_DISK_H
#define BASE_LOCAL_DISK_H

/*
 * The name of the file system that path is on if it is one of a single node, as "ext4";
 * NULL if it is another one, or that cannot be known. (An export of one is seen by other
 * nodes as another kind.)
 */
const char *local_disk(const char *path);

#endif
