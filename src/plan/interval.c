// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/interval.h"

#include <math.h>

#define UNKNOWN_COST 10.0 /* seconds */

long interval_daly(double cost, double mtbf)
{
	double delta = cost > 0 ? cost : UNKNOWN_COST;
	double part = sqrt(delta / (2 * mtbf));
	double seconds = mtbf;

	if (delta < 2 * mtbf)
		seconds =
			sqrt(2 * delta * mtbf) * (1 + part / 3 + part * part / 9) - delta;
	return seconds > 1 ? lround(seconds) : 1;
}
