/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * version.h - two versions of this product on one cluster, as while it is upgraded node
 * by node: what each may ask of, and read from, the other. See doc/store-format.md.
 */
#ifndef STORE_VERSION_H
#define STORE_VERSION_H

#include "store/folder.h"
#include "store/manifest.h"

/* Of a job's record: which version's runner runs it, and which requests that knows. */
#define RECORD_VERSION	"version"
#define RECORD_PROTOCOL "protocol"

/* Of a generation's manifest: the version that wrote it, and what a reader must know. */
#define ATTR_VERSION "version"
#define ATTR_NEEDS   "needs"

/* Features: the job has TMPDIR at a short path, in its /dev/shm. */
#define VERSION_SHORT_TMPDIR "short-tmpdir"

/* Write into a record who runs the job from now on. -1 and errno without memory. */
int version_stamp_record(struct manifest *record);

/*
 * Would the job's runner understand this request, one of base/protocol.h's signals? -1
 * and a sentence if it is of a version that does not know it.
 */
int version_check_request(const struct folder *folder, int signum, struct error *e);

/*
 * Add to a manifest that a reader must know this feature, which this version is the
 * first to have: without it the job would continue wrongly. A feature stands once.
 */
int version_need(struct manifest *m, const char *feature, struct error *e);

/* Does this version know all that a generation needs? -1 and a sentence if not. */
int version_check_needs(const struct manifest *m, struct error *e);

#endif
