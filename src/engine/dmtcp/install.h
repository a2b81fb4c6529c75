/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * install.h - the DMTCP that is installed on this node.
 */
#ifndef ENGINE_DMTCP_INSTALL_H
#define ENGINE_DMTCP_INSTALL_H

#include <stdbool.h>

#include "base/conf.h"
#include "base/error.h"

/*
 * The path of one of its programs, "dmtcp_launch" or another beside it. Owned by the
 * caller; NULL and a sentence if there is none.
 */
char *dmtcp_find(const struct conf *conf, const char *name, struct error *e);

/* Is it configured, or there? Else nobody expects it to be used. */
bool dmtcp_is_wanted(const struct conf *conf);

/* Its release, owned by the caller; NULL and a sentence if it will not do. */
char *dmtcp_version(const struct conf *conf, struct error *e);

#endif
