// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text of a script: lists of simple commands, and what stands between their words.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/script_word.h"

#define DEPTH_MAX     16 /* of substitutions in each other */
#define WORDS_MAX     1000
#define VARIABLES_MAX 256

/* A simple command as it is read. */
struct command {
	char *words[WORDS_MAX];
	size_t count;
	bool skip;	    /* the next word is a redirection's */
	bool ignore;	    /* all words up to the next separator */
	bool names;	    /* the next word is a function's name */
	bool of_case;	    /* between "case" and "in" */
	unsigned int cases; /* that the command stands in */
	bool pattern;	    /* up to ")" */
};

/* ---- a command's words ---- */

static void forget(struct command *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->words[i]);
	c->count = 0;
	c->skip = c->ignore = c->names = false;
}

static void finish(struct parser *p, struct command *c)
{
	if (c->count > 0 && script_parse_command(p->script, c->words, c->count) < 0)
		p->failed = true;
	forget(c);
}

/* NAME=value before a command, or as one. */
static bool take_assignment(struct parser *p, const struct word *w)
{
	size_t length = script_name_length(w->text, w->text + w->length);
	char *copy;

	if (!length || w->text[length] != '=')
		return false;
	if (p->script->variables.count >= VARIABLES_MAX)
		return true;
	copy = strdup(w->text);
	if (copy && !w->known)
		copy[length + 1] = '\0';
	if (names_add(&p->script->variables, copy) < 0)
		p->failed = true;
	return true;
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(text, *words))
			return true;
	}
	return false;
}

/* Words of the shell's grammar, where a command may begin. */
static bool take_keyword(struct parser *p, struct command *c, const struct word *w)
{
	static const char *const before_commands[] = { "if", "then", "elif",  "else",
						       "!",  "{",    "while", "until",
						       "do", "fi",   "done",  "}",
						       NULL };

	if (is_one_of(w->text, before_commands))
		return true;
	if (!strcmp(w->text, "for") || !strcmp(w->text, "select"))
		c->ignore = true;
	else if (!strcmp(w->text, "case"))
		c->of_case = true;
	else if (!strcmp(w->text, "esac"))
		c->cases -= c->cases > 0;
	else if (!strcmp(w->text, "function"))
		c->names = true;
	else if (!strcmp(w->text, "[["))
		script_skip_behind(p, "]]");
	else
		return false;
	return true;
}

static void define_function(struct parser *p, const char *name)
{
	if (names_add(&p->script->functions, strdup(name)) < 0)
		p->failed = true;
}

/* Words that are none of a command. */
static bool take_other(struct parser *p, struct command *c, const struct word *w)
{
	bool is_fd = w->length && strspn(w->text, "0123456789") == w->length &&
		     (script_looks_at(p, "<") || script_looks_at(p, ">"));

	if (c->of_case) {
		c->of_case = strcmp(w->text, "in") != 0;
		c->pattern = !c->of_case;
		c->cases += c->pattern;
	} else if (c->skip) {
		c->skip = false;
	} else if (c->names) {
		define_function(p, w->text);
		c->names = false;
	} else if (c->pattern && !strcmp(w->text, "esac")) {
		c->pattern = false;
		c->cases -= c->cases > 0;
	} else if (!c->ignore && !c->pattern && !is_fd) {
		return false;
	}
	return true;
}

static void take_word(struct parser *p, struct command *c, const struct word *w)
{
	char *copy;

	if (take_other(p, c, w))
		return;
	if (c->count == 0 &&
	    ((!w->quoted && take_keyword(p, c, w)) || take_assignment(p, w)))
		return;
	if (c->count == WORDS_MAX)
		return;
	copy = strdup(w->known ? w->text : "");
	if (copy)
		c->words[c->count++] = copy;
	else
		p->failed = true;
}

/* ---- what stands between words ---- */

static void begin_heredoc(struct parser *p, struct word *w)
{
	char *copy;

	p->at += 2;
	p->at += script_looks_at(p, "-");
	while (script_looks_at(p, " ") || script_looks_at(p, "\t"))
		p->at++;
	script_read_word(p, w, 0);
	copy = p->nheredocs < SCRIPT_HEREDOCS_MAX ? strdup(w->text) : NULL;
	if (copy)
		p->heredocs[p->nheredocs++] = copy;
}

/* Up to the line that is the delimiter, perhaps after tabs. */
static void skip_heredoc(struct parser *p, const char *delimiter)
{
	size_t length = strlen(delimiter);

	while (p->at < p->end) {
		const char *line = p->at;
		size_t size;

		script_skip_behind(p, "\n");
		while (line < p->at && *line == '\t')
			line++;
		size = (size_t)(p->at - line);
		size -= size > 0 && line[size - 1] == '\n';
		if (size == length && !memcmp(line, delimiter, length))
			return;
	}
}

static void end_line(struct parser *p)
{
	p->at++;
	for (size_t i = 0; i < p->nheredocs; i++) {
		skip_heredoc(p, p->heredocs[i]);
		free(p->heredocs[i]);
	}
	p->nheredocs = 0;
}

static void take_redirection(struct parser *p, struct command *c, struct word *w)
{
	if (script_looks_at(p, "<<") && !script_looks_at(p, "<<<")) {
		begin_heredoc(p, w);
		return;
	}
	if (script_looks_at(p, "<(") || script_looks_at(p, ">(")) {
		p->at += 2;
		p->script->substitutes = true;
		script_parse_list(p, ')');
		c->skip = false;
		return;
	}
	while (p->at < p->end && strchr("<>&|", *p->at) && *p->at)
		p->at++;
	c->skip = true;
}

static void take_parenthesis(struct parser *p, struct command *c)
{
	if (script_looks_at(p, "()") || script_looks_at(p, "( )")) {
		if (c->count == 1)
			define_function(p, c->words[0]);
		forget(c);
		script_skip_behind(p, ")");
	} else if (script_looks_at(p, "((")) {
		script_skip_behind(p, "))");
	} else if (c->pattern) {
		p->at++; /* a pattern may begin with one */
	} else {
		p->at++;
		script_parse_list(p, ')');
	}
}

static void take_separator(struct parser *p, struct command *c)
{
	if (script_looks_at(p, "&>")) {
		p->at++;
		return; /* a redirection */
	}
	if (c->pattern && *p->at == '|') {
		p->at++;
		return;
	}
	if (script_looks_at(p, ";;") && c->cases > 0) {
		finish(p, c);
		c->pattern = true;
		p->at++;
	}
	finish(p, c);
	p->at++;
}

static void take_close(struct parser *p, struct command *c)
{
	c->pattern = false;
	finish(p, c);
	p->at++;
}

/* One thing at p->at. False: it is the end of the list. */
static bool take_one(struct parser *p, struct command *c, struct word *w, char close)
{
	char at = *p->at;

	if (at == close && at && !(at == ')' && c->pattern))
		return false;
	if (at == '\\' && p->at + 1 < p->end && p->at[1] == '\n')
		p->at += 2;
	else if (at == ' ' || at == '\t' || at == '\r')
		p->at++;
	else if (at == '#')
		p->at = memchr(p->at, '\n', (size_t)(p->end - p->at)) ?: p->end;
	else if (at == '\n')
		finish(p, c), end_line(p);
	else if (at == ';' || at == '&' || at == '|')
		take_separator(p, c);
	else if (at == '(')
		take_parenthesis(p, c);
	else if (at == ')')
		take_close(p, c);
	else if (at == '<' || at == '>')
		take_redirection(p, c, w);
	else
		script_read_word(p, w, close), take_word(p, c, w);
	return true;
}

void script_parse_list(struct parser *p, char close)
{
	cleanup_free struct command *c = calloc(1, sizeof(*c));
	cleanup_free struct word *w = calloc(1, sizeof(*w));

	if (!c || !w) {
		p->failed = true;
		p->at = p->end;
		return;
	}
	if (++p->script->depth > DEPTH_MAX)
		p->at = p->end;
	while (p->at < p->end && take_one(p, c, w, close))
		;
	p->at += p->at < p->end;
	finish(p, c);
	p->script->depth--;
}

int script_parse(struct script *script, const char *text, size_t size)
{
	struct parser p = { .script = script, .at = text };

	p.end = text + (size < SCRIPT_TEXT_MAX ? size : SCRIPT_TEXT_MAX);
	script_parse_list(&p, 0);
	for (size_t i = 0; i < p.nheredocs; i++)
		free(p.heredocs[i]);
	if (script->depth == 0) {
		/* One may be defined after the lines that call it. */
		names_drop(&script->programs, &script->functions);
	}
	return p.failed ? -1 : 0;
}
