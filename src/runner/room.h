/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * room.h - is there room for one more checkpoint?
 */
#ifndef RUNNER_ROOM_H
#define RUNNER_ROOM_H

#include "runner/task.h"
#include "store/folder.h"

/*
 * Asked before the job is stopped for a checkpoint, which is taken to become as large
 * as the last one: has the file system that much free, and is the user's Quota kept?
 */
int room_check(const struct task *task, const struct folder *folder, struct error *e);

#endif
