/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * smigrate.h - what the options of smigrate say.
 */
#ifndef CMD_SMIGRATE_SMIGRATE_H
#define CMD_SMIGRATE_SMIGRATE_H

#include <stdbool.h>

#include "base/conf.h"
#include "cmd/print.h"
#include "plan/migrate.h"

/* Beside those of print.h. */
enum { EXIT_TIMED_OUT = 3, EXIT_UNCHANGED = 4 };

enum priority {
	PRIORITY_DEFAULT, /* keep, where Slurm lets whoever calls */
	PRIORITY_KEEP,
	PRIORITY_TOP,
	PRIORITY_NUMBER,
};

struct smigrate {
	struct conf conf;
	const char *dir;     /* --checkpoint-dir, or the configuration's */
	const char *cluster; /* of which cluster the folders are */

	const char *drain;  /* nodes to be emptied, or NULL */
	const char *reason; /* for which they are drained */

	const char *nodelist;  /* where to, or NULL */
	const char *exclude;   /* where not to, or NULL */
	const char *partition; /* or NULL */
	bool exclusive;	       /* where no other job is, */
	bool exclusive_user;   /* or none of another user */
	bool spread;
	bool relax; /* even if the job asks for where it is */

	struct migrate_policy policy;
	struct migrate_pace pace;
	long wait_limit; /* seconds; -1: none */
	long timeout;	 /* seconds; 0: none */

	bool hold;
	enum priority priority;
	unsigned int priority_number;

	bool undo;
	const char *then; /* command for a batch of nodes that is empty, or NULL */
	bool reboot;
	bool resume;
	unsigned int batch; /* nodes at a time; 0: all */
	bool not_back;	    /* no job goes to nodes of batches before */

	bool test_only;
	bool json;
	bool quiet;
	int verbose;
};

/*
 * Read the options. EXIT_DONE and where the jobs begin in argv; or the status with which
 * to end, *end being set if that is 0.
 */
int options_read(struct smigrate *s, int argc, char **argv, int *first, bool *end);

#endif
