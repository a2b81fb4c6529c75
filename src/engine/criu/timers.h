/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timers.h - periodic timers of timerfd_create(2) that had expired when they were saved.
 *
 * The kernel starts such a timer again when it is read. Until then fdinfo shows that no
 * time is left; criu saves that, and so restores it as one that is not armed, and whoever
 * waits for it waits for ever.
 */
#ifndef ENGINE_CRIU_TIMERS_H
#define ENGINE_CRIU_TIMERS_H

/*
 * Of all processes that /proc shows and this one may look into: start them again, with
 * the interval from now on and the expirations that were not read yet. To be called
 * before restored processes run.
 */
void timers_rearm(void);

#endif
