/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * move.h - where a job is to go on: the file "move" of its folder, which a command
 * writes before it asks the job's runner to leave, and the runner carries out.
 */
#ifndef STORE_MOVE_H
#define STORE_MOVE_H

#include "plan/placement.h"
#include "store/folder.h"

#define FOLDER_MOVE "move"

struct move {
	unsigned int restart; /* the start of the job, by Slurm's count, that is meant */
	bool hold;	      /* it is to be held */
	struct placement wanted;
};

/* Replace what stands there. */
int move_write(const struct folder *folder, const struct move *move, struct error *e);

/* 1; 0 if there is none; -1 if it cannot be read. move_free() in any case. */
int move_read(const struct folder *folder, struct move *move, struct error *e);

void move_remove(const struct folder *folder);

/*
 * The job's own request, as far as a move has changed it, in the folder's record, and
 * the start of the job that left with it. It is there until it has been put back.
 */
struct kept {
	struct placement own;
	unsigned int restart;
};

int move_kept(const struct folder *folder, struct kept *kept, struct error *e);

/* With an empty request it is taken out. */
int move_keep(struct folder *folder, const struct kept *kept, struct error *e);

void move_free(struct move *move);

#endif
