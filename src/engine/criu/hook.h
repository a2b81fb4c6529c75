/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook.h - what criu's action script and the dump agree upon.
 */
#ifndef ENGINE_CRIU_HOOK_H
#define ENGINE_CRIU_HOOK_H

#define HOOK_ENV_SOCKET "SLURM_CHECKPOINT_HOOK" /* path of the socket to ask at */
/* Set: the job has its own network. */
#define HOOK_ENV_OWN_NET "SLURM_CHECKPOINT_OWN_NET"
/*
 * Path of the file with what criu does not save of threads (tasks.h): to be written when
 * the job has been dumped, to be read when it is restored.
 */
#define HOOK_ENV_TASKS "SLURM_CHECKPOINT_TASKS"

/* A line of the script's that is meant for the job's user: this, and a sentence. */
#define HOOK_REMARK "slurm-checkpoint: "

/* One by which it refuses the checkpoint: this, and a sentence. */
#define HOOK_REFUSAL "slurm-checkpoint refuses: "

#define HOOK_YES 'y'

#endif
