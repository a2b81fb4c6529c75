/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor.h - what "scheckpoint doctor" says of this node, beside the cluster
 * (plan/site.h).
 */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include "cmd/scheckpoint.h"
#include "plan/site.h"

/*
 * The plugin in plugstack.conf, whose path is given, the engine, and the checkpoint
 * directory, as the caller sees them.
 */
void doctor_node(const struct scheckpoint *s, const char *plugstack, finding_fn fn,
		 void *arg);

#endif
