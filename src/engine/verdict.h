/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict.h - what self-tests have found out on this node since it was booted.
 *
 * It is kept in a directory of the user's own, so nobody else can write a verdict. One
 * that is bad is believed for a minute only: what was in the way may have passed.
 */
#ifndef ENGINE_VERDICT_H
#define ENGINE_VERDICT_H

#include "base/error.h"

enum verdict { VERDICT_UNKNOWN, VERDICT_GOOD, VERDICT_BAD };

/*
 * Open the user's directory in parent, which others may write to; -1 if there is none to
 * be had, as when somebody else has taken the name.
 */
int verdict_open_dir(const char *parent);

/*
 * The verdict on what key describes, a text of any length; if it is bad, with its
 * sentence in why.
 */
enum verdict verdict_read(int dir, const char *key, struct error *why);

/* Remember it; why is NULL if it is good. Verdicts of earlier boots are removed. */
void verdict_write(int dir, const char *key, const struct error *why);

/*
 * Whoever finds a new verdict holds this until then; it is waited for, so many seconds at
 * most. A descriptor to be closed, or -1. All signals are blocked in the caller.
 */
int verdict_lock(int dir, const char *key, unsigned int seconds);

#endif
