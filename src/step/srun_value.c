// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/srun_value.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

const char *srun_value_behind(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncasecmp(text, prefix, length) == 0 ? text + length : NULL;
}

bool srun_value_is(const char *text, const char *word)
{
	return strcasecmp(text, word) == 0;
}

int srun_value_number(const char *arg, long min, long *value)
{
	unsigned long long number;

	if (!arg || str_to_ull(arg, INT_MAX, &number) < 0 || (long)number < min)
		return -1;
	*value = (long)number;
	return 0;
}

int srun_value_memory(const char *arg, uint64_t *mib)
{
	static const char units[] = "KMGT";
	char *end;
	unsigned long long number;
	const char *unit;

	if (!arg || !isdigit((unsigned char)*arg))
		return -1;
	number = strtoull(arg, &end, 10);
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : units + 1;
	if (!unit || (*end && end[1] && strcasecmp(end + 1, "B") != 0))
		return -1;
	if (unit == units)
		*mib = (number + 1023) / 1024;
	else
		*mib = number << (10 * (unit - units - 1));
	return 0;
}

int srun_value_time(const char *arg, long *seconds)
{
	long part[3] = { 0 }, days = 0;
	int count = 0;
	const char *dash;
	char *end;

	if (!arg || !*arg)
		return -1;
	if (!strcasecmp(arg, "INFINITE") || !strcasecmp(arg, "UNLIMITED") ||
	    !strcmp(arg, "-1")) {
		*seconds = 0;
		return 0;
	}
	dash = strchr(arg, '-');
	if (dash) {
		days = strtol(arg, &end, 10);
		if (end != dash || days < 0)
			return -1;
		arg = dash + 1;
	}
	for (; count < 3; count++) {
		if (!isdigit((unsigned char)*arg))
			return -1;
		part[count] = strtol(arg, &end, 10);
		arg = end + 1;
		if (*end != ':')
			break;
	}
	if (*end || count == 3)
		return -1;
	if (dash)
		*seconds = ((days * 24 + part[0]) * 60 + part[1]) * 60 + part[2];
	else if (count == 2)
		*seconds = (part[0] * 60 + part[1]) * 60 + part[2];
	else
		*seconds = part[0] * 60 + part[1];
	return 0;
}
