/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.h - what an engine is: one table of functions.
 *
 * An engine starts a job's script, saves the running job as a generation, and
 * makes it go on from one. The runner knows engines by this table alone.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/conf.h"
#include "base/error.h"
#include "base/wishes.h"
#include "store/generation.h"

/*
 * Directories of this node that the job sees at the same paths on every node; what
 * is in them is not the engine's business.
 */
struct engine_mount {
	const char *source; /* of this node; NULL: there is none */
	const char *target;
};

/*
 * Each after the one that it may lie in: TMPDIR at a short path, in /dev/shm. The last two
 * are files: Slurm's srun, at another path, before the job's own takes its place.
 */
enum {
	MOUNT_TMPDIR,
	MOUNT_CONTROL,
	MOUNT_SHM,
	MOUNT_SHORT_TMPDIR,
	MOUNT_SLURMS_SRUN,
	MOUNT_SRUN,
	MOUNTS
};

/* The job, as the runner tells the engine of it. Everything is the runner's. */
struct engine_job {
	const struct conf *conf;
	const struct folder *folder;
	char *const *argv; /* the job's script and its arguments, or what runs it */
	char *const *envp;
	const sigset_t *sigmask; /* as Slurm gave it */
	/* RLIM_NLIMITS of them, as Slurm gave them; NULL: the caller's own */
	const struct rlimit *limits;
	const mode_t *umask;	     /* as Slurm gave it; NULL: the caller's own */
	unsigned int job;	     /* its number; 0: Slurm knows nothing of it */
	unsigned int nodes;	     /* of the job */
	unsigned int restored;	     /* how often it went on, this time counted */
	const struct wishes *wishes; /* what the job asks of the engine; NULL: nothing */
	struct engine_mount local[MOUNTS];  /* this node's, and where the job looks */
	struct engine_mount mounts[MOUNTS]; /* as they are in force (directories.h) */
	const char
		*own_srun; /* the program of which MOUNT_SRUN is a copy; NULL: none is */
	const char *scratch; /* directory of this node for the engine */
	int cancel_fd;	     /* readable when a restore is to be given up */
};

enum dump_mode {
	DUMP_AND_GO_ON, /* the job runs on after the dump */
	DUMP_AND_STOP,	/* the job has ended when the dump returns success */
};

#define SEAL_AND_STOP 1

/*
 * Of a probe: it will not work, as nobody will wonder: it was not asked for, or is not
 * installed. Told only where there is nothing else to tell.
 */
#define PROBE_UNWANTED (-2)

/* Of a dump: the job has ended with it, though it was to go on, and is to be restored. */
#define DUMP_ENDED 1

/*
 * Of a dump: it has failed, and has left the job such that it would not do what it would
 * have done. It is to be ended, and to go on from the checkpoint before.
 */
#define DUMP_BROKEN 2

/* Of a dump: it has failed, since the job ended before it could be saved. */
#define DUMP_GONE 3

/* A regular file, or a directory, that the job uses, and what it is to all its processes
 * together. */
struct engine_file {
	const char *path;
	int fd;		/* for reading, if that is allowed; -1: it is a directory */
	bool written;	/* or it is only read */
	bool appended;	/* all that write to it do so at its end, wherever that is */
	bool shared;	/* and somebody else has */
	bool elsewhere; /* it is written elsewhere than at its end, or in memory */
	bool reread;	/* who writes to it may read it, too */
};

/* A dump, as its worker process asks for it. */
struct engine_dump {
	enum dump_mode mode;
	struct generation *gen;
	/*
	 * Called while the job stands, for each regular file that it writes, and for
	 * those that it reads and only this node has.
	 */
	int (*output)(void *arg, const struct engine_file *file, struct error *e);
	/*
	 * Called when all files of gen are written and listed, while the job still
	 * stands: commit, if it is to stop. -1: the job goes on and the dump has
	 * failed; SEAL_AND_STOP: the job is to stop here, whatever the mode.
	 */
	int (*seal)(void *arg, struct error *e);
	void *arg;
	int cancel_fd; /* readable when the dump is to be given up */
	/* Open until the engine's last process has ended, even if the worker dies. */
	int done_fd;
};

struct engine_run; /* a job's processes; each engine has its own */

struct engine {
	const char *name;

	/*
	 * Does the job have a mount namespace, in which mounts are made? Else it sees
	 * the job's folder as it is on every node.
	 */
	bool mounts;

	/* May the job get signals while it is being saved? Else they wait. */
	bool hears;

	/*
	 * Does a job that was saved, and is to go on, do so as if nothing had been,
	 * unless dump() says that it has ended? Else seal() commits every checkpoint and
	 * has the job stop, and dump() has to return DUMP_ENDED.
	 */
	bool resumes;

	/*
	 * Does it restore programs in the middle of what they do? Then they use of a CPU
	 * what they found when they started, and need it where they go on.
	 */
	bool restores_code;

	/*
	 * Will it work for this job on this node? One sentence why not: -1, or
	 * PROBE_UNWANTED.
	 */
	int (*probe)(const struct engine_job *job, struct error *e);

	/*
	 * And what is installed for it, in whatever depends on the files alone and takes
	 * time: it is asked only where no self-test has shown that it works. NULL: there
	 * is no such thing.
	 */
	int (*ready)(const struct engine_job *job, struct error *e);

	/*
	 * For its self-test (selftest.h): what of the configuration, the job and what is
	 * installed makes a difference to whether it works; written to out. What a
	 * job that is to show that has to ask for is set in wishes. NULL: it has no
	 * self-test.
	 */
	int (*identify)(const struct engine_job *job, struct wishes *wishes, FILE *out,
			struct error *e);

	/* Its version on this node, owned by the caller; NULL if there is none. */
	char *(*version)(const struct conf *conf, struct error *e);

	/* Start the script. NULL on failure, with nothing left running. */
	struct engine_run *(*start)(const struct engine_job *job, struct error *e);

	/*
	 * Does this node have what the job uses besides, as it was when the generation
	 * was made? One sentence if not, with ENOENT in errno if no other node has it
	 * either. NULL: nobody can tell.
	 */
	int (*fits)(const struct engine_job *job, const struct generation *gen,
		    struct error *e);

	/*
	 * Go on from a generation that has been verified and put back. If it does, a
	 * sentence on what is not as it was, if anything: e is empty when this is called.
	 */
	struct engine_run *(*restore)(const struct engine_job *job,
				      const struct generation *gen, struct error *e);

	/*
	 * Could the running job be saved now? One sentence why not; or if it could, what
	 * the engine has set for it, if anything: e is empty when this is called.
	 */
	int (*able)(const struct engine_run *run, const struct engine_job *job,
		    struct error *e);

	/*
	 * Save the job. Runs in a process of its own, a child of the runner. On
	 * failure, and when cancel_fd becomes readable, the job goes on. DUMP_ENDED:
	 * it is saved, but has ended although it was to go on. DUMP_BROKEN: it cannot go
	 * on as it is, and e says why. DUMP_GONE: it has ended, as event_fd() shows by
	 * then.
	 */
	int (*dump)(struct engine_run *run, const struct engine_job *job,
		    const struct engine_dump *dump, struct error *e);

	/*
	 * Has the job ended in the way by which it says that it has saved itself, be it
	 * asked or not? NULL: its jobs never do.
	 */
	bool (*saved_itself)(const struct engine_run *run);

	/*
	 * Mount again what was mounted in the job's folder, which was removed and is
	 * there again. NULL: nothing is.
	 */
	int (*mount_again)(const struct engine_run *run, const struct engine_job *job,
			   struct error *e);

	/* A descriptor that is readable when the job has ended. */
	int (*event_fd)(const struct engine_run *run);

	/* Then: its wait status. -1 if that is not known. */
	int (*status)(struct engine_run *run, int *status);

	/* Pass on a signal that the runner got. */
	void (*signal)(struct engine_run *run, int signum);

	/* Kill what runs still, and forget the run. */
	void (*stop)(struct engine_run *run);
};

extern const struct engine engine_criu;
extern const struct engine engine_dmtcp;
extern const struct engine engine_app;

/* The engine of this name, or NULL. */
const struct engine *engine_find(const char *name);

/* The engine for a job, and one sentence on why those before it were passed over. */
struct engine_choice {
	const struct engine *engine;
	struct error passed_over; /* empty if there were none */
};

/* engine.probe(), and engine.ready() where that has to be asked. */
int engine_probe(const struct engine *engine, const struct engine_job *job,
		 struct error *e);

/* The names of the site's engines in the order in which to try them, as "criu,app". */
const char *engine_order(const struct conf *conf);

/*
 * The engine that the job asks for, or else the first of the site's that will work for
 * it: its probe says so, and where job->scratch is set its self-test; a job that names a
 * signal by which it saves itself asks for app. -1 and one sentence if none does: on
 * those engines that might have been expected to.
 */
int engine_choose(const struct engine_job *job, struct engine_choice *choice,
		  struct error *e);

#endif
