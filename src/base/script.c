// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/script.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/starter.h"

#define DEPTH_MAX     16 /* of substitutions in each other */
#define HEREDOCS_MAX  8	 /* that begin in one line */
#define WORDS_MAX     1000
#define VARIABLES_MAX 256

/* ---- lists of names ---- */

static int names_add(struct script_names *names, char *name)
{
	char **more =
		name ? realloc(names->names, (names->count + 1) * sizeof(*more)) : NULL;

	if (!more) {
		free(name);
		return -1;
	}
	names->names = more;
	names->names[names->count++] = name;
	return 0;
}

static bool names_has(const struct script_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!strcmp(names->names[i], name))
			return true;
	}
	return false;
}

static void names_free(struct script_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct script_names){ 0 };
}

static int add_program(struct script *script, const char *name)
{
	if (names_has(&script->programs, name) ||
	    script->programs.count >= SCRIPT_PROGRAMS_MAX)
		return 0;
	return names_add(&script->programs, strdup(name));
}

/* A function may be defined after the lines that call it. */
static void drop_functions(struct script *script)
{
	struct script_names *programs = &script->programs;
	size_t kept = 0;

	for (size_t i = 0; i < programs->count; i++) {
		if (names_has(&script->functions, programs->names[i]))
			free(programs->names[i]);
		else
			programs->names[kept++] = programs->names[i];
	}
	programs->count = kept;
}

/* ---- commands ---- */

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

/* ---- the text ---- */

struct parser {
	struct script *script;
	const char *at;
	const char *end;
	char *heredocs[HEREDOCS_MAX]; /* where those end that begin in this line */
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

static void parse_list(struct parser *p, char close);

static bool looks_at(const struct parser *p, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(p->end - p->at) >= length && !memcmp(p->at, text, length);
}

/* Move behind the next place where text stands, or to the end. */
static void skip_behind(struct parser *p, const char *text)
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
	const struct script_names *variables = &script->variables;
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

static size_t name_length(const char *at, const char *end)
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
	size_t length = name_length(p->at, p->end);

	if (length && p->at + length < p->end && p->at[length] == '}')
		put_variable(p, w, length);
	else
		w->known = false;
	skip_behind(p, "}");
}

/* Behind "$". */
static void read_expansion(struct parser *p, struct word *w)
{
	size_t length = name_length(p->at, p->end);

	if (length) {
		put_variable(p, w, length);
		p->at += length;
	} else if (looks_at(p, "((")) {
		skip_behind(p, "))");
		w->known = false;
	} else if (looks_at(p, "(")) {
		p->at++;
		parse_list(p, ')');
		w->known = false;
	} else if (looks_at(p, "{")) {
		p->at++;
		read_braces(p, w);
	} else if (!looks_at(p, "'") && !looks_at(p, "\"")) {
		p->at += p->at < p->end;
		w->known = false;
	}
}

/* ---- words ---- */

static void read_backquotes(struct parser *p, struct word *w)
{
	p->at++;
	parse_list(p, '`');
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

static void read_word(struct parser *p, struct word *w, char close)
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
	if (looks_at(p, "(") && w->length && w->text[w->length - 1] == '=') {
		skip_behind(p, ")");
		w->known = false;
	}
}

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
	if (c->count > 0 && add_command(p->script, c->words, c->count) < 0)
		p->failed = true;
	forget(c);
}

/* NAME=value before a command, or as one. */
static bool take_assignment(struct parser *p, const struct word *w)
{
	size_t length = name_length(w->text, w->text + w->length);
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
		skip_behind(p, "]]");
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
		     (looks_at(p, "<") || looks_at(p, ">"));

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
	p->at += looks_at(p, "-");
	while (looks_at(p, " ") || looks_at(p, "\t"))
		p->at++;
	read_word(p, w, 0);
	copy = p->nheredocs < HEREDOCS_MAX ? strdup(w->text) : NULL;
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

		skip_behind(p, "\n");
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
	if (looks_at(p, "<<") && !looks_at(p, "<<<")) {
		begin_heredoc(p, w);
		return;
	}
	if (looks_at(p, "<(") || looks_at(p, ">(")) {
		p->at += 2;
		parse_list(p, ')');
		c->skip = false;
		return;
	}
	while (p->at < p->end && strchr("<>&|", *p->at) && *p->at)
		p->at++;
	c->skip = true;
}

static void take_parenthesis(struct parser *p, struct command *c)
{
	if (looks_at(p, "()") || looks_at(p, "( )")) {
		if (c->count == 1)
			define_function(p, c->words[0]);
		forget(c);
		skip_behind(p, ")");
	} else if (looks_at(p, "((")) {
		skip_behind(p, "))");
	} else if (c->pattern) {
		p->at++; /* a pattern may begin with one */
	} else {
		p->at++;
		parse_list(p, ')');
	}
}

static void take_separator(struct parser *p, struct command *c)
{
	if (looks_at(p, "&>")) {
		p->at++;
		return; /* a redirection */
	}
	if (c->pattern && *p->at == '|') {
		p->at++;
		return;
	}
	if (looks_at(p, ";;") && c->cases > 0) {
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
		read_word(p, w, close), take_word(p, c, w);
	return true;
}

/* Commands up to close, which is passed over; or with 0 to the end. */
static void parse_list(struct parser *p, char close)
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
	parse_list(&p, 0);
	for (size_t i = 0; i < p.nheredocs; i++)
		free(p.heredocs[i]);
	if (script->depth == 0)
		drop_functions(script);
	return p.failed ? -1 : 0;
}

void script_free(struct script *script)
{
	names_free(&script->programs);
	names_free(&script->functions);
	names_free(&script->variables);
}
