/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf.h - checkpoint.conf, the site's configuration, beside slurm.conf.
 *
 * Linked into the plugin too, so it needs nothing but the C library.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/wishes.h"

enum conf_log_level { LOG_QUIET, LOG_ERROR, LOG_INFO, LOG_VERBOSE, LOG_DEBUG };
enum conf_fallback { FALLBACK_FAIL, FALLBACK_RESTART };
enum conf_files { FILES_AUTO, FILES_LENGTHS, FILES_COPY };
enum conf_cleanup { CLEANUP_NEVER, CLEANUP_SUCCESS, CLEANUP_ALWAYS };
enum conf_preempt_save { PREEMPT_SAVE_ALWAYS, PREEMPT_SAVE_WORTHWHILE };

struct conf {
	char *checkpoint_dir; /* CheckpointDir, with %u and %j unexpanded */
	bool default_on;      /* CheckpointDefault=yes|no */
	long interval; /* CheckpointInterval, seconds; 0: on request; or INTERVAL_AUTO */
	unsigned int grace_time;   /* GraceTime, seconds of warning before a time limit */
	unsigned int keep;	   /* KeepGenerations, at least 1 */
	enum conf_cleanup cleanup; /* Cleanup=never|success|always */
	enum conf_preempt_save preempt_save; /* PreemptSave=always|worthwhile */
	enum conf_fallback fallback;	     /* Fallback=fail|restart */
	enum conf_log_level log_level;	     /* LogLevel=quiet|error|info|verbose|debug */
	char *engines;	  /* CheckpointEngines, in the order to try them; NULL: all */
	char *criu_path;  /* CriuPath, or NULL: search PATH and sbin */
	char *dmtcp_path; /* DmtcpPath, of dmtcp_launch or its directory, or NULL: PATH */
	bool dmtcp_mpi;	  /* DmtcpMPISettings=yes|no */
	char *leave_out;  /* EnvironmentLeaveOut, patterns with commas, or NULL */
	char *tmp_dir;	  /* TmpDir, node-local scratch, or NULL: TMPDIR or /tmp */
	unsigned int dump_timeout;	/* DumpTimeout, seconds */
	unsigned int restore_timeout;	/* RestoreTimeout, seconds */
	uint64_t quota;			/* Quota, bytes of a user's; 0: none */
	enum cpu_baseline cpu_baseline; /* CpuBaseline */
	enum wish_net net;		/* CheckpointNet */
	bool own_srun;			/* CheckpointSrun=slurm|job */
	unsigned int node_mtbf;		/* NodeMTBF, days; 0: as slurmdbd's records say */
	unsigned int purge_after;	/* PurgeAfter, days after a job's end */
	char *node_feature;		/* NodeFeature, of nodes that can; NULL: none */
	char *ignored; /* a sentence on the first unknown keyword, or NULL */
};

#define CONF_KEEP_MAX 1000 /* generations; as many are no backup but a log */

/* The interval that is chosen by what checkpoints cost and how often nodes fail. */
#define CONF_INTERVAL_AUTO (-1L)

/* Parse an interval: "auto", or as timefmt_parse() does. */
int conf_parse_interval(const char *text, long *seconds, struct error *e);

/* Set every member to its default. conf_free() when done. */
int conf_init(struct conf *conf, struct error *e);

/*
 * Parse size bytes of text over conf, which conf_init() has filled; name is for
 * messages ("NAME line N: ..."). Keywords are not case sensitive, "#" begins a
 * comment. -1 at the first line that cannot be understood. A keyword that is not known
 * may be a later version's, on a cluster that is upgraded node by node: it is passed
 * over, for the caller to report what "ignored" says then.
 */
int conf_parse(struct conf *conf, const char *text, size_t size, const char *name,
	       struct error *e);

/*
 * Read the file at path over conf. A missing file leaves the defaults and is no
 * error; an unreadable one, or one larger than 1 MiB, is.
 */
int conf_read(struct conf *conf, const char *path, struct error *e);

/*
 * Path of checkpoint.conf: beside $SLURM_CONF where that is set and the file is
 * there, else in the configured directory. Owned by the caller; NULL without
 * memory.
 */
char *conf_path(void);

/* Where %which stands in a directory pattern, and not behind another %; or NULL. */
const char *conf_find_percent(const char *pattern, char which);

/*
 * Expand %u (user), %j (job id) and %% of a directory pattern. Any other % is an
 * error. Owned by the caller.
 */
char *conf_expand_dir(const char *pattern, const char *user, unsigned int job,
		      struct error *e);

void conf_free(struct conf *conf);

#endif
