// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/hand.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/protocol.h"
#include "step/say.h"

void hand_over_to_slurm(char **argv, int share)
{
	if (share >= 0)
		(void)fcntl(share, F_SETFD, 0);
	execv(CHECKPOINT_SLURMS_SRUN, argv);
	say_error(
		"%s, where slurm-checkpoint keeps Slurm's srun, cannot be executed: %s; "
		"submit the job with --checkpoint-srun=slurm",
		CHECKPOINT_SLURMS_SRUN, strerror(errno));
	_exit(1);
}
