/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * item.h - what other plugins get and set; spank_checkpoint.h is their side of it.
 */
#ifndef SPANK_ITEM_H
#define SPANK_ITEM_H

#include <stdarg.h>

#include "spank/settings.h"
#include "spank/spank_checkpoint.h"

/* What is said in plugstack.conf after our name, before any of the others asks. */
void item_init(const struct settings *settings);

/* Looked up by name in a plugin whose other names are hidden. */
#pragma GCC visibility push(default)
spank_err_t checkpoint_get_item(spank_t spank, int item, va_list args);
spank_err_t checkpoint_set_item(spank_t spank, int item, va_list args);
#pragma GCC visibility pop

#endif
