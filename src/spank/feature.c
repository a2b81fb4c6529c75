// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/feature.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "spank/sbatch.h"

/* What separates the features of a constraint; those of the second kind have counts. */
#define SEPARATORS "&|"
#define GROUPS	   "[]()*"

static bool has_feature(const char *constraint, const char *feature)
{
	size_t length = strlen(feature);

	for (const char *word = constraint; *word;) {
		size_t size = strcspn(word, SEPARATORS GROUPS);

		if (size == length && memcmp(word, feature, length) == 0)
			return true;
		word += size;
		word += strspn(word, SEPARATORS GROUPS);
	}
	return false;
}

int feature_require(const char *feature)
{
	/* Slurm's memory, of a few bytes; sbatch is about to end */
	const char *constraint = slurm_option_isset(opt, "constraint")
					 ? slurm_option_get(opt, "constraint")
					 : NULL;
	cleanup_free char *both = NULL;

	if (!constraint || !*constraint)
		both = strdup(feature);
	else if (has_feature(constraint, feature))
		return 0;
	else if (strpbrk(constraint, GROUPS))
		return -1;
	else /* Slurm goes from left to right: a|b&c is a or b, and c */
		both = str_printf("%s&%s", constraint, feature);
	return both && slurm_option_set(opt, "constraint", both, false) == 0 ? 0 : -1;
}
