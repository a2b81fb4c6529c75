// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <unistd.h>

#include "cmd/scheckpoint.h"

static int able(const struct scheckpoint *s, const char *word)
{
	struct error e;

	if (strchr(word, '/') || access(word, F_OK) == 0)
		return able_program(s, word);
	error_set(&e, "%s: no such file; give the path of a program", word);
	return complain(&e);
}

int verb_able(const struct scheckpoint *s, int argc, char **argv)
{
	int status = EXIT_DONE;

	for (int i = 0; i < argc; i++) {
		if (able(s, argv[i]) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	return status;
}
