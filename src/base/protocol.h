/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protocol.h - what the plugin, the runner and the commands agree upon.
 */
#ifndef BASE_PROTOCOL_H
#define BASE_PROTOCOL_H

/*
 * Signals that the runner takes as requests. They reach it through Slurm
 * (scancel --batch --signal=N, or Slurm's own warning), so Slurm decides who
 * may send them. Real-time numbers above those that the C library and MPI
 * libraries keep to themselves, and below SIGRTMAX (64); a number, not
 * SIGRTMIN+n, since it is written in options.
 */
#define CHECKPOINT_SIGNAL_WARN	  40 /* Slurm's warning: preemption or time limit */
#define CHECKPOINT_SIGNAL_CREATE  41 /* checkpoint and go on */
#define CHECKPOINT_SIGNAL_VACATE  42 /* checkpoint, leave the nodes, be held */
#define CHECKPOINT_SIGNAL_REQUEUE 43 /* checkpoint, leave the nodes, be queued */
#define CHECKPOINT_SIGNAL_DISABLE 44 /* refuse checkpoints, until as often enabled */
#define CHECKPOINT_SIGNAL_ENABLE  45
#define CHECKPOINT_SIGNAL_ABLE	  46 /* could one be taken now? */
#define CHECKPOINT_SIGNAL_MOVE	  47 /* leave, and go on as the file "move" says */

#define CHECKPOINT_SIGNAL_FIRST CHECKPOINT_SIGNAL_WARN
/* A runner refuses those that have no name above: they are a later version's. */
#define CHECKPOINT_SIGNAL_LAST 49

/*
 * Which requests a runner knows stands in its job's record (store/version.h), since it
 * may be of another version than the command that asks. Protocol 1: up to SIGNAL_LAST_1.
 * Whoever adds a request makes that 2, with the last signal of it, and so on.
 */
#define CHECKPOINT_PROTOCOL	 1
#define CHECKPOINT_SIGNAL_LAST_1 CHECKPOINT_SIGNAL_MOVE

/*
 * Environment through which the plugin hands a task to task-exec (ENV_TASK, see
 * spank/hand_over.h), and a batch task to the runner. Both take them out again before
 * they start the job's script. ENV_SCRIPT is the path of the script, where Slurm has
 * put it; ENV_CONF the path of checkpoint.conf; the others hold the value of the
 * sbatch option of that name and are absent where it was not given.
 */
#define CHECKPOINT_ENV_TASK	"SLURM_CHECKPOINT_TASK"
#define CHECKPOINT_ENV_SCRIPT	"SLURM_CHECKPOINT_SCRIPT"
#define CHECKPOINT_ENV_CONF	"SLURM_CHECKPOINT_CONF"
#define CHECKPOINT_ENV_INTERVAL "SLURM_CHECKPOINT_INTERVAL"
#define CHECKPOINT_ENV_DIR	"SLURM_CHECKPOINT_DIR"
#define CHECKPOINT_ENV_FALLBACK "SLURM_CHECKPOINT_FALLBACK"
#define CHECKPOINT_ENV_ETERNAL	"SLURM_CHECKPOINT_ETERNAL"
#define CHECKPOINT_ENV_KEEP	"SLURM_CHECKPOINT_KEEP"
#define CHECKPOINT_ENV_TMPDIR	"SLURM_CHECKPOINT_TMPDIR"
#define CHECKPOINT_ENV_FILES	"SLURM_CHECKPOINT_FILES"
#define CHECKPOINT_ENV_FROM	"SLURM_CHECKPOINT_FROM"
#define CHECKPOINT_ENV_ENGINE	"SLURM_CHECKPOINT_ENGINE"
#define CHECKPOINT_ENV_SIGNAL	"SLURM_CHECKPOINT_SIGNAL"
#define CHECKPOINT_ENV_EXIT	"SLURM_CHECKPOINT_EXIT_CODE"
#define CHECKPOINT_ENV_DONE	"SLURM_CHECKPOINT_DONE_FILE"
#define CHECKPOINT_ENV_NET	"SLURM_CHECKPOINT_NET"
#define CHECKPOINT_ENV_TCP	"SLURM_CHECKPOINT_TCP"
#define CHECKPOINT_ENV_SRUN	"SLURM_CHECKPOINT_SRUN"
/*
 * Set where Slurm is known to append to the job's output when it starts it again, to
 * whose wish that is. By the plugin's alone the output is emptied where the job starts
 * over.
 */
#define CHECKPOINT_ENV_APPEND	 "SLURM_CHECKPOINT_APPEND"
#define CHECKPOINT_APPEND_PLUGIN "plugin"
#define CHECKPOINT_APPEND_USER	 "user"
#define CHECKPOINT_ENV_CPU	 "SLURM_CHECKPOINT_CPU"
/* Set where Slurm's warning is a request to the runner, and not the user's --signal. */
#define CHECKPOINT_ENV_WARNING "SLURM_CHECKPOINT_WARNING"

/* Why a job cannot leave its node that Slurm would not queue again, and the way out. */
#define CHECKPOINT_NO_REQUEUE                                                         \
	"it may not be requeued (--no-requeue, or JobRequeue=0), so it could not go " \
	"on; allow it with \"scontrol update JobId=%u Requeue=1\""

/* What a job sees of its checkpoints, as it did in Slurm before 20.02. */
#define CHECKPOINT_ENV_IMAGE_DIR "SLURM_CHECKPOINT_IMAGE_DIR"

/* The address of a job in a network of its own (engine/network.h), by which it knows. */
#define CHECKPOINT_NETWORK_ADDRESS "192.0.2.2"

/* Where a job that has an srun of its own finds Slurm's; in the job's /dev/shm. */
#define CHECKPOINT_SLURMS_SRUN "/dev/shm/.srun"

/* The job's TMPDIR, where its path in the folder is too long; in the job's /dev/shm. */
#define CHECKPOINT_SHORT_TMPDIR "/dev/shm/.tmp"

/*
 * The names by which a step finds its job on a node: the directories that the runner
 * makes there, and the first process of the job's pid namespace.
 */
#define CHECKPOINT_SCRATCH_PREFIX "slurm-checkpoint-"
#define CHECKPOINT_SHARED_MEMORY  "/dev/shm"
#define CHECKPOINT_INIT_NAME	  "checkpoint-init"

/* The job whose directories a step is to see, for task-exec. */
#define CHECKPOINT_ENV_STEP_OF "SLURM_CHECKPOINT_STEP_OF"

/* How often a runner has begun again, for what its node lacked for a moment. */
#define CHECKPOINT_ENV_TRIES "SLURM_CHECKPOINT_TRIES"

/* How often it went on from a checkpoint; for programs that are run again for that. */
#define CHECKPOINT_ENV_RESTART "SLURM_CHECKPOINT_RESTART"

#endif
