/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook.h - what criu's action script and the dump agree upon.
 */
#ifndef ENGINE_CRIU_HOOK_H
#define ENGINE_CRIU_HOOK_H

#define HOOK_ENV_SOCKET "SLURM_CHECKPOINT_HOOK" /* path of the socket to ask at */
#define HOOK_ENV_OWN_NET                                               \
	"SLURM_CHECKPOINT_OWN_NET" /* set: the job has its own network \
				    */
#define HOOK_YES 'y'

#endif
