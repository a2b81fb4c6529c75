/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * upkeep.h - what is done to nodes when they are empty.
 */
#ifndef CMD_SMIGRATE_UPKEEP_H
#define CMD_SMIGRATE_UPKEEP_H

#include "cmd/smigrate/migration.h"

/*
 * --then, --reboot and --resume, in this order, for the nodes of a batch; and wait until
 * they are back. The exit status.
 */
int upkeep(struct migration *m);

#endif
