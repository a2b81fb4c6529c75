// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/script_word.h"

#include <ctype.h>
#include <string.h>

bool script_looks_at(const struct parser *p, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(p->end - p->at) >= length && !memcmp(p->at, text, length);
}

void script_skip_behind(struct parser *p, const char *text)
{
	const char *found = memmem(p->at, (size_t)(p->end - p->at), text, strlen(text));

	p->at = found ? found + strlen(text) : p->end;
}

static void put(struct word *w, char c)
{
	if (w->length < SCRIPT_WORD_MAX && c)
		w->text[w->length++] = c;
	else
		w->known = false;
	w->text[w->length] = '\0';
}

static void put_text(struct word *w, const char *text)
{
	while (*text)
		put(w, *text++);
}

/* ---- expansions ---- */

static const char *value_of(const struct script *script, const char *name, size_t length)
{
	const struct names *variables = &script->variables;
	char copy[256];

	for (size_t i = variables->count; i > 0; i--) {
		const char *variable = variables->names[i - 1];

		if (!strncmp(variable, name, length) && variable[length] == '=')
			return variable + length + 1;
	}
	if (!script->variable || length >= sizeof(copy))
		return NULL;
	memcpy(copy, name, length);
	copy[length] = '\0';
	return script->variable(copy);
}

size_t script_name_length(const char *at, const char *end)
{
	size_t length = 0;

	while (at + length < end &&
	       (isalpha((unsigned char)at[length]) || at[length] == '_' ||
		(length && isdigit((unsigned char)at[length]))))
		length++;
	return length;
}

static void put_variable(struct parser *p, struct word *w, size_t length)
{
	const char *value = value_of(p->script, p->at, length);

	if (value)
		put_text(w, value);
	else
		w->known = false;
}

static void read_braces(struct parser *p, struct word *w)
{
	size_t length = script_name_length(p->at, p->end);

	if (length && p->at + length < p->end && p->at[length] == '}')
		put_variable(p, w, length);
	else
		w->known = false;
	script_skip_behind(p, "}");
}

/* Behind "$". */
static void read_expansion(struct parser *p, struct word *w)
{
	size_t length = script_name_length(p->at, p->end);

	if (length) {
		put_variable(p, w, length);
		p->at += length;
	} else if (script_looks_at(p, "((")) {
		script_skip_behind(p, "))");
		w->known = false;
	} else if (script_looks_at(p, "(")) {
		p->at++;
		script_parse_list(p, ')');
		w->known = false;
	} else if (script_looks_at(p, "{")) {
		p->at++;
		read_braces(p, w);
	} else if (!script_looks_at(p, "'") && !script_looks_at(p, "\"")) {
		p->at += p->at < p->end;
		w->known = false;
	}
}

/* ---- words ---- */

static void read_backquotes(struct parser *p, struct word *w)
{
	p->at++;
	script_parse_list(p, '`');
	w->known = false;
}

static void read_single_quotes(struct parser *p, struct word *w)
{
	for (p->at++; p->at < p->end && *p->at != '\''; p->at++)
		put(w, *p->at);
	p->at += p->at < p->end;
}

static void read_double_quotes(struct parser *p, struct word *w)
{
	p->at++;
	while (p->at < p->end && *p->at != '"') {
		char c = *p->at;

		if (c == '`') {
			read_backquotes(p, w);
		} else if (c == '$') {
			p->at++;
			read_expansion(p, w);
		} else {
			if (c == '\\' && p->at + 1 < p->end &&
			    strchr("\\\"$`\n", p->at[1]))
				p->at++;
			put(w, *p->at++);
		}
	}
	p->at += p->at < p->end;
}

static void read_backslash(struct parser *p, struct word *w)
{
	p->at++;
	if (p->at < p->end && *p->at != '\n')
		put(w, *p->at);
	p->at += p->at < p->end;
}

void script_read_word(struct parser *p, struct word *w, char close)
{
	w->length = 0;
	w->text[0] = '\0';
	w->known = true;
	w->quoted = false;
	while (p->at < p->end && (!*p->at || !strchr(" \t\r\n;&|()<>", *p->at)) &&
	       (close != '`' || *p->at != '`')) {
		char c = *p->at;

		w->quoted = w->quoted || strchr("'\"\\", c);
		if (c == '\'') {
			read_single_quotes(p, w);
		} else if (c == '"') {
			read_double_quotes(p, w);
		} else if (c == '\\') {
			read_backslash(p, w);
		} else if (c == '`') {
			read_backquotes(p, w);
		} else if (c == '$') {
			p->at++;
			read_expansion(p, w);
		} else {
			put(w, c);
			p->at++;
		}
	}
	/* An array. */
	if (script_looks_at(p, "(") && w->length && w->text[w->length - 1] == '=') {
		script_skip_behind(p, ")");
		w->known = false;
	}
}
