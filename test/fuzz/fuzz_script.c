// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_script.c - no script, however odd, is read outside of its text, and what is found
 * in it are names.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *variable(const char *name)
{
	return name[0] == 'A' ? "a value" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script = { .variable = variable };
	/* Of its own, so that a byte too far is noticed. */
	char *text = malloc(size ? size : 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	if (script_parse(&script, text, size) < 0 || script.depth != 0 ||
	    script.programs.count > SCRIPT_PROGRAMS_MAX)
		abort();
	for (size_t i = 0; i < script.programs.count; i++) {
		size_t length = strlen(script.programs.names[i]);

		if (length == 0 || length > SCRIPT_WORD_MAX)
			abort();
	}
	script_free(&script);
	free(text);
	return 0;
}
