/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dmtcp.h - the parts of the dmtcp engine. Used inside engine/dmtcp/ alone.
 *
 * The job runs under dmtcp_launch, in an open sandbox. Its coordinator, and a gate
 * between them (gate.h), are of the job's own:
 *
 *	runner
 *	  keeper
 *	    init
 *	      root		the script, with DMTCP's library in it
 *	  gate
 *	    coordinator
 */
#ifndef ENGINE_DMTCP_DMTCP_H
#define ENGINE_DMTCP_DMTCP_H

#include <time.h>

#include "engine/dmtcp/gate.h"
#include "engine/dmtcp/install.h"
#include "engine/dmtcp/status.h"
#include "engine/engine.h"
#include "engine/sandbox.h"

/* Attributes of a generation of this engine. */
#define DMTCP_ATTR_VERSION "dmtcp-version"
#define DMTCP_ATTR_PEERS   "dmtcp-peers"  /* processes, each with an image of its own */
#define DMTCP_ATTR_UMASK   "dmtcp-umask"  /* of all of them, octal */
#define DMTCP_ATTR_LIMITS  "dmtcp-limits" /* the same, in the order of getrlimit(2) */

/* In the job's folder: where DMTCP writes its images, and what it has to say. */
#define DMTCP_DIR "dmtcp"
#define DMTCP_LOG "log"

/* A generation's archive of that directory, if DMTCP saved files that were removed. */
#define DMTCP_ARCHIVE "dmtcp-files.tar.zst"

/* DMTCP's own failures end a process with it. */
#define DMTCP_EXIT_FAILED 99

struct engine_run {
	struct sandbox sandbox;
	struct gate gate;
};

int dmtcp_probe(const struct engine_job *job, struct error *e);
int dmtcp_identify(const struct engine_job *job, struct wishes *wishes, FILE *out,
		   struct error *e);

/* The program that a process runs, owned by the caller; NULL if it has ended. */
char *dmtcp_program_of(pid_t pid);

/* Is every process of the job one that DMTCP can save? One sentence if not. */
int dmtcp_check_processes(const struct engine_run *run, struct error *e);

int dmtcp_dump(struct engine_run *run, const struct engine_job *job,
	       const struct engine_dump *dump, struct error *e);

/* Start argv in a sandbox, which is dmtcp_launch or dmtcp_restart and their options. */
struct engine_run *dmtcp_start(const struct engine_job *job, struct error *e);
struct engine_run *dmtcp_restore(const struct engine_job *job,
				 const struct generation *gen, struct error *e);

/* ---- dmtcp.c ---- */

/*
 * The path of the directory of the job's folder that is DMTCP's, owned by the caller;
 * and to make it, and remove old images there.
 */
char *dmtcp_dir(const struct engine_job *job);
int dmtcp_clean_dir(const struct engine_job *job, struct error *e);

/*
 * The arguments with which both programs begin: where the coordinator is, where to
 * write, and to be quiet; followed by count more. Owned by the caller, with
 * dmtcp_free_argv().
 */
char **dmtcp_argv(const struct engine_job *job, const struct gate *gate,
		  const char *program, char *const *more, size_t count);
void dmtcp_free_argv(char **argv);

/* What the program is to be started with, of what it hands on to what it restores. */
struct dmtcp_setting {
	bool fixed_layout;	     /* of its memory */
	const mode_t *umask;	     /* NULL: ours */
	const struct rlimit *limits; /* the same */
};

/*
 * With a clean directory: a gate and its coordinator, and the program with dmtcp_argv()
 * in a sandbox; NULL with nothing left running.
 */
struct engine_run *dmtcp_begin(const struct engine_job *job, const char *program,
			       char *const *more, size_t count,
			       const struct dmtcp_setting *setting, struct error *e);
void dmtcp_end(struct engine_run *run);

/*
 * Ask the coordinator by dmtcp_command: its exit status, and what it prints, owned by
 * the caller. -1 if it does not answer.
 */
int dmtcp_command(const struct engine_run *run, const struct engine_job *job,
		  const char *word, char **text, struct error *e);

/* What the coordinator says of the job. */
int dmtcp_status(const struct engine_run *run, const struct engine_job *job,
		 struct dmtcp_status *status, struct error *e);

/* Why DMTCP failed, from its log; one sentence. Always -1. */
int dmtcp_explain(const struct engine_job *job, struct error *e);

/* Seconds of a clock for deadlines. */
time_t dmtcp_seconds(void);

/*
 * Wait for something to happen: to the job's processes, as the gate sees it, or to the
 * job. What happened has then to be looked at. A second is the longest, since the
 * coordinator may have been asked before it has read what the gate passed on.
 * -1 if cancel_fd (or -1) is readable.
 */
int dmtcp_wait(const struct engine_run *run, struct gate_client *client, int cancel_fd,
	       struct error *e);

#endif
