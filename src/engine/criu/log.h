/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - what criu says, kept within bounds, and what it means.
 */
#ifndef ENGINE_CRIU_LOG_H
#define ENGINE_CRIU_LOG_H

#include <stddef.h>

#include "base/error.h"

/* The beginning and the end of a text of any length. Zeroed to begin with. */
struct criu_log {
	char head[48 * 1024];
	size_t head_size;
	char tail[16 * 1024];
	size_t tail_size;
};

/* Read from fd what is there: 1 if there was some, 0 at its end, else -1. */
int criu_log_read(struct criu_log *log, int fd);

/* Write it to dirfd/name, mode 0600, replacing an older one. */
int criu_log_save(const struct criu_log *log, int dirfd, const char *name,
		  struct error *e);

/* It as a string, to be freed; NULL if there is no memory. */
char *criu_log_text(const struct criu_log *log);

/*
 * The logs in a job's folder, of the last dump that failed and the last restore; in a
 * generation, of the dump that wrote it.
 */
#define CRIU_LOG_DUMP	 "criu-dump.log"
#define CRIU_LOG_RESTORE "criu-restore.log"

/*
 * One sentence on what went wrong: by the first error whose meaning is known, since criu
 * goes on after some errors; else by the first that is more than a trial of the kernel's.
 */
int criu_log_explain(const struct criu_log *log, struct error *e);

/* What its action script has to say to the user; e is empty if that is nothing. */
void criu_log_remark(const struct criu_log *log, struct error *e);

#endif
