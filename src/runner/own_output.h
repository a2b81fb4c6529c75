/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_output.h - the job's output and error files, as Slurm opened them.
 */
#ifndef RUNNER_OWN_OUTPUT_H
#define RUNNER_OWN_OUTPUT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/conf.h"
#include "base/error.h"
#include "engine/engine.h"
#include "store/output.h"

/*
 * A file that is rewritten in place and no larger is copied unasked (bytes): as large as
 * an unlinked one that criu saves.
 */
#define OWN_OUTPUT_COPY_MAX ((off_t)1 << 30)

/*
 * One that is written from its beginning on may be written anew by the job, shorter, or
 * removed: small ones are copied unasked as well, each of so many bytes at most, and so
 * many in all.
 */
#define OWN_OUTPUT_SMALL_MAX ((off_t)1 << 20)
#define OWN_OUTPUT_SMALL_ALL ((off_t)16 << 20)

/* What is kept of the files that a job writes. */
struct own_output_keep {
	bool appends; /* Slurm appends to the job's own outputs when it starts it again */
	enum conf_files files;
	unsigned int job;  /* its number; 0: none */
	off_t read_bytes;  /* of files that only this node has, and the job only reads */
	off_t small_bytes; /* of small ones that were copied unasked */
	struct error
		large; /* becomes one sentence on a file of which not enough is kept */
};

/*
 * Record a file that the job uses (store/output.h), if it is not recorded yet. Of an
 * output that Slurm opened and may truncate the content is kept in any case.
 */
int own_output_record(struct generation *gen, const struct engine_file *file,
		      struct own_output_keep *keep, struct error *e);

/* The same for the outputs that Slurm opened, whether the job still writes them or not.
 */
int own_output_record_all(struct generation *gen, struct own_output_keep *keep,
			  struct error *e);

/* The path of one of them, owned by the caller; NULL if it is no file. */
char *own_output_path(int fd);

/* Empty them, as Slurm would have without us. */
void own_output_truncate(void);

/*
 * Record in m their lengths at the first start; and put them back to those when
 * the job starts over, so that nothing of the former try remains.
 */
int own_output_record_start(struct manifest *m, unsigned int job, struct error *e);
int own_output_start_over(const struct manifest *m, const struct output_past *past,
			  struct error *e);

/*
 * What the job has written until it was requeued, by itself or by its user, is to stay
 * when it starts over: as Slurm has it where it appends. The record is changed alone.
 */
void own_output_settle(struct manifest *m);

#endif
