/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup_memory.h - how much more memory the cgroup may take in which we are.
 */
#ifndef BASE_CGROUP_MEMORY_H
#define BASE_CGROUP_MEMORY_H

#include <stdint.h>

#define CGROUP_MEMORY_UNLIMITED UINT64_MAX

/*
 * Bytes that can be had before a limit is reached, of our cgroup or of one around it:
 * what is not in use, and what is in use as a cache of files, which the kernel gives up
 * first (Linux, Documentation/admin-guide: cgroup-v2, "Memory", and cgroup-v1/memory).
 * Unlimited where there is no limit, or nothing that says so.
 */
uint64_t cgroup_memory_room(void);

/* The same for the cgroup whose directory this is, without those around it. */
uint64_t cgroup_memory_room_of(const char *dir);

#endif
