/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * privilege.h - capabilities inside the job's user namespace. They are worth
 * nothing outside of it.
 */
#ifndef ENGINE_PRIVILEGE_H
#define ENGINE_PRIVILEGE_H

/* Give up every capability: what the job gets. -1 and errno on failure. */
int privilege_none(void);

/*
 * Keep every capability across execve, less CAP_SETUID and CAP_SETGID: with those
 * criu would call setuid(0), which has no mapping. -1 and errno on failure.
 */
int privilege_for_criu(void);

#endif
