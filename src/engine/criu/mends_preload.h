/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mends_preload.h - what the two parts of the library that is loaded into criu share.
 */
#ifndef ENGINE_CRIU_MENDS_PRELOAD_H
#define ENGINE_CRIU_MENDS_PRELOAD_H

#include <stdbool.h>

/* Make the directories above an absolute path that are missing, mode 0700: any made? */
bool mends_parent(const char *path);

#endif
