/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * criu.h - the parts of the criu engine. Used inside engine/criu/ alone.
 */
#ifndef ENGINE_CRIU_CRIU_H
#define ENGINE_CRIU_CRIU_H

#include "base/loop.h"
#include "engine/criu/log.h"
#include "engine/tree.h"
#include "engine/sandbox.h"
#include "engine/engine.h"

/* Attributes of a generation of this engine. */
#define CRIU_ATTR_ROOT	      "criu-root"	 /* pid inside of the tree's root */
#define CRIU_ATTR_HIGHEST     "criu-highest"	 /* highest pid in use */
#define CRIU_ATTR_RESTORE_PID "criu-restore-pid" /* criu's own pids come after it */
#define CRIU_ATTR_MONOTONIC   "criu-monotonic"	 /* clocks inside, nanoseconds */
#define CRIU_ATTR_BOOTTIME    "criu-boottime"
#define CRIU_ATTR_VERSION     "criu-version"
#define CRIU_ATTR_NET	      "criu-net"     /* "private": a network of the job's own */
#define CRIU_ATTR_ADOPTED     "criu-adopted" /* "yes": restored by criu-adopt */
#define CRIU_ATTR_TCP	      "criu-tcp"     /* "close": connections were not saved */

struct engine_run {
	struct sandbox sandbox;
	struct error unconnected; /* why its own network has no way out; empty: it has */
};

/* Path of the criu program, owned by the caller; NULL and a sentence if none. */
char *criu_find(const struct conf *conf, struct error *e);

/* Is the program one that will do? Its version, owned by the caller, or NULL. */
char *criu_version(const char *program, struct error *e);

/* How much criu is to log: warnings, or everything with LogLevel=debug. */
char *criu_verbosity(const struct conf *conf);

/* Is the job to have a network of its own? */
bool criu_wants_own_net(const struct engine_job *job);

/*
 * Are criu's sockets out of other users' reach also in the node's network? Else one
 * sentence (sockets.h).
 */
int criu_shelter(const struct engine_job *job, struct error *e);

/* Have pasta connect it, if there is pasta: sandbox_spec.connect. */
void criu_connect(void *arg, const struct sandbox *sb);

/* Are the job's connections to be closed, so far as they cannot be saved? */
bool criu_closes_tcp(const struct engine_job *job);

/* Does the tree hold a connection because of which it is not to be saved? One sentence.
 */
bool criu_tcp_refused(const struct tree *tree, const struct engine_run *run,
		      const struct engine_job *job, struct error *e);

int criu_probe(const struct engine_job *job, struct error *e);
int criu_ready(const struct engine_job *job, struct error *e);
int criu_identify(const struct engine_job *job, struct wishes *wishes, FILE *out,
		  struct error *e);
int criu_dump(struct engine_run *run, const struct engine_job *job,
	      const struct engine_dump *dump, struct error *e);
struct engine_run *criu_restore(const struct engine_job *job,
				const struct generation *gen, struct error *e);

/* criu at work inside a sandbox: its process, and what it says. */
struct criu_process {
	struct loop *loop;
	pid_t pid;
	int pidfd;
	int output;
	int status; /* exit status, once ended */
	bool ended;
	struct criu_log log;
};

#define CRIU_EXTRA_ENV 3 /* variables, at most */

/*
 * Start it, and have loop follow it. Its environment has what criu needs, and extra up to
 * the first that is NULL.
 */
int criu_process_start(struct criu_process *p, struct loop *loop,
		       const struct sandbox *sb, char *const *argv, const char *scratch,
		       char *const extra[CRIU_EXTRA_ENV], struct error *e);

/*
 * End it, whatever it is in. Its status is that of a process that was killed. What it
 * traces it may have in its hands for a moment more, and its children are still there:
 * release() waits for it, and ends them.
 */
int criu_process_kill(struct criu_process *p, struct error *e);

void criu_process_close(struct criu_process *p);

#endif
