/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_word.h - the words of a shell script, as the shell would see them. Used by the
 * parser of script.h alone.
 */
#ifndef BASE_SCRIPT_WORD_H
#define BASE_SCRIPT_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/script.h"

#define SCRIPT_HEREDOCS_MAX 8 /* that begin in one line */

struct parser {
	struct script *script;
	const char *at;
	const char *end;
	char *heredocs[SCRIPT_HEREDOCS_MAX]; /* where those end that begin in this line */
	size_t nheredocs;
	bool failed; /* no memory */
};

/* A word as it is read. */
struct word {
	char text[SCRIPT_WORD_MAX + 1];
	size_t length;
	bool known;
	bool quoted; /* at least in part, so that it is no keyword */
};

/* Does the text that is left begin with this? */
bool script_looks_at(const struct parser *p, const char *text);

/* Move behind the next place where text stands, or to the end. */
void script_skip_behind(struct parser *p, const char *text);

/* Length of the name of a variable that stands at a place, or 0. */
size_t script_name_length(const char *at, const char *end);

/*
 * Read the word at p->at, whose end close may be as well: a back quote. Commands in
 * substitutions are added to the script.
 */
void script_read_word(struct parser *p, struct word *w, char close);

/* ---- script_text.c ---- */

/* Commands up to close, which is passed over; or with 0 to the end. */
void script_parse_list(struct parser *p, char close);

#endif
