/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity.h - act as the user whose files are touched.
 *
 * An administrator's command looks into directories in which users can plant what they
 * like. As the user it can do nothing there that the user could not do.
 */
#ifndef BASE_IDENTITY_H
#define BASE_IDENTITY_H

#include <sys/types.h>

#include "base/error.h"

/*
 * As root: take on a user's effective ids, until identity_back(). As anybody else:
 * nothing, with success.
 */
int identity_become(const char *user, struct error *e);
void identity_back(void);

#endif
