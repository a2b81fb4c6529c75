/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - the life of a job, a line an event, in the file "log" of its folder.
 */
#ifndef RUNNER_JOURNAL_H
#define RUNNER_JOURNAL_H

#include "runner/task.h"
#include "store/folder.h"

/*
 * Append "[time] node: event" if the configuration's LogLevel is level or above. A
 * journal that cannot be written is done without.
 */
void journal(const struct task *task, const struct folder *folder,
	     enum conf_log_level level, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
