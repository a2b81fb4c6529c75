/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script.h - which programs does a shell script start? A guess by its text, which is
 * never executed: the first words of its commands, and what those start in turn that
 * take a command as their arguments (starter.h).
 *
 * Words that only the run of the script makes, as "$(which lmp)" or "$1", are not known,
 * and commands that begin with one are left out; variables that it sets to plain text
 * are. So are functions of its own. What is in here-documents is no command.
 */
#ifndef BASE_SCRIPT_H
#define BASE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/names.h"

#define SCRIPT_TEXT_MAX	    ((size_t)1 << 20) /* bytes; the rest is not looked at */
#define SCRIPT_WORD_MAX	    4096	      /* bytes; a longer one is not known */
#define SCRIPT_PROGRAMS_MAX 256

struct script {
	/* A variable's value that the script does not set; NULL: none is known. */
	const char *(*variable)(const char *name);
	struct names programs;	/* each once, in the order in which they come */
	struct names functions; /* of the script's own */
	struct names variables; /* NAME=VALUE */
	bool substitutes; /* it has process substitution: <(COMMAND) or >(COMMAND) */
	unsigned int depth;
};

/*
 * Add the programs of a script's text, or of a command. -1 without memory. Text may be
 * anything at all. Set all members to zero, and variable, before; script_free() in any
 * case.
 */
int script_parse(struct script *script, const char *text, size_t size);
int script_parse_command(struct script *script, char *const *words, size_t count);

void script_free(struct script *script);

#endif
