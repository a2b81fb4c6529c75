// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/worth.h"

bool worth_saving(const struct worth *w)
{
	/* What is not known is taken for much. */
	return !(w->saved && w->cost > 0 && w->work >= 0 && w->lost >= 0 &&
		 w->work + w->lost < w->cost);
}
