/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libc.h - this node's C library.
 */
#ifndef BASE_LIBC_H
#define BASE_LIBC_H

/*
 * The build id of the one with which this process runs, in hexadecimal, as "file" and
 * "readelf -n" print it; owned by the caller. NULL if it has none, or this process is
 * static.
 */
char *libc_build_id(void);

#endif
