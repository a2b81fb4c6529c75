// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/script.h"

#include <stdbool.h>
#include <string.h>

#include "base/starter.h"

#define WORDS_MAX 1000

static int add_program(struct script *script, const char *name)
{
	if (names_has(&script->programs, name) ||
	    script->programs.count >= SCRIPT_PROGRAMS_MAX)
		return 0;
	return names_add(&script->programs, strdup(name));
}

static int add_command(struct script *script, char *const *words, size_t count);

/* "sh script", "sh -c text" */
static int add_shell(struct script *script, char *const *words, size_t count)
{
	size_t i = 1;
	bool text = false;

	for (; i < count && words[i][0] == '-'; i++)
		text = text || (words[i][1] != '-' && strchr(words[i], 'c'));
	if (i == count || !*words[i])
		return 0;
	return text ? script_parse(script, words[i], strlen(words[i]))
		    : add_program(script, words[i]);
}

/* What is started beside the first, after each ":" of the arguments. */
static int add_more_of_mpi(struct script *script, char *const *words, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		char *segment[WORDS_MAX] = { words[0] };
		size_t length = 1;

		if (strcmp(words[i], ":") != 0)
			continue;
		while (i + length < count && strcmp(words[i + length], ":") != 0) {
			segment[length] = words[i + length];
			length++;
		}
		if (add_command(script, segment, length) < 0)
			return -1;
	}
	return 0;
}

static int add_command(struct script *script, char *const *words, size_t count)
{
	while (count > 0 && *words[0]) {
		size_t next;

		if (!starter_is_builtin(words[0]) && add_program(script, words[0]) < 0)
			return -1;
		if (starter_is_shell(words[0]))
			return add_shell(script, words, count);
		if (starter_is_mpi(words[0]) && add_more_of_mpi(script, words, count) < 0)
			return -1;
		next = starter_next(words, count);
		words += next;
		count -= next;
	}
	return 0;
}

int script_parse_command(struct script *script, char *const *words, size_t count)
{
	return add_command(script, words, count < WORDS_MAX ? count : WORDS_MAX);
}

void script_free(struct script *script)
{
	names_free(&script->programs);
	names_free(&script->functions);
	names_free(&script->variables);
}
