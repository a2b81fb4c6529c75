// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/multi.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/argv.h"
#include "base/cleanup.h"

/* ---- which tasks a line is for ---- */

/* "*", or numbers and ranges with commas: each task's place in it, or -1. */
static int parse_range(const char *text, long ntasks, long *place)
{
	long count = 0;
	char *end;

	for (long i = 0; i < ntasks; i++)
		place[i] = strcmp(text, "*") == 0 ? i : -1;
	if (strcmp(text, "*") == 0)
		return 0;
	for (;; text = end + 1) {
		long first, last;

		if (!isdigit((unsigned char)*text))
			return -1;
		first = last = strtol(text, &end, 10);
		if (*end == '-') {
			if (!isdigit((unsigned char)end[1]))
				return -1;
			last = strtol(end + 1, &end, 10);
		}
		if (first > last || last >= ntasks)
			return -1;
		for (; first <= last; first++)
			place[first] = count++;
		if (*end != ',')
			return *end ? -1 : 0;
	}
}

/* ---- its words ---- */

/* With %t and %o, the task and its place in the range, put in. Owned by the caller. */
static char *expand(const char *word, size_t length, long task, long place)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; out && i < length; i++) {
		if (word[i] == '%' && i + 1 < length && word[i + 1] == 't') {
			fprintf(out, "%ld", task);
			i++;
		} else if (word[i] == '%' && i + 1 < length && word[i + 1] == 'o') {
			fprintf(out, "%ld", place);
			i++;
		} else {
			fputc(word[i], out);
		}
	}
	if (out && fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/*
 * The next word and where it ends: between blanks, or between quotes that hold nothing
 * that could mean something else. -1: it is neither.
 */
static int next_word(const char **text, const char **word, size_t *length)
{
	const char *at = *text + strspn(*text, " \t");
	char quote = *at == '\'' || *at == '"' ? *at : 0;
	const char *end;

	if (quote) {
		end = strchr(at + 1, quote);
		if (!end || (end[1] && !isspace((unsigned char)end[1])))
			return -1;
		*word = at + 1;
		*length = (size_t)(end - *word);
		*text = end + 1;
	} else {
		*word = at;
		*length = strcspn(at, " \t");
		*text = at + *length;
	}
	return strcspn(*word, "'\"%") < *length &&
			       (quote || memchr(*word, '\'', *length) ||
				memchr(*word, '"', *length))
		       ? -1
		       : 0;
}

static char **make_argv(const char *text, long task, long place, char **more)
{
	struct argv argv = { 0 };
	const char *word;
	size_t length;

	while (text[strspn(text, " \t")]) {
		cleanup_free char *expanded = NULL;

		if (next_word(&text, &word, &length) < 0) {
			argv_free(&argv);
			return NULL;
		}
		expanded = expand(word, length, task, place);
		argv_add(&argv, expanded);
	}
	for (; *more; more++)
		argv_add(&argv, *more);
	if (argv_end(&argv, NULL) < 0) {
		argv_free(&argv);
		return NULL;
	}
	return argv.words;
}

/* ---- lines ---- */

static enum multi_answer parse_line(struct multi *m, char *line, char **more)
{
	cleanup_free long *place = calloc((size_t)m->ntasks, sizeof(*place));
	char *rest = line + strspn(line, " \t");
	char *range;

	if (!*rest || *rest == '#')
		return MULTI_READ;
	if (strchr(line, '\\'))
		return MULTI_UNKNOWN;
	range = strsep(&rest, " \t");
	if (!place || !rest || !rest[strspn(rest, " \t")] ||
	    parse_range(range, m->ntasks, place) < 0)
		return MULTI_REFUSED;
	for (long i = 0; i < m->ntasks; i++) {
		if (place[i] < 0 || (m->argv[i] && strcmp(range, "*") == 0))
			continue;
		if (m->argv[i])
			return MULTI_REFUSED;
		m->argv[i] = make_argv(rest, i, place[i], more);
		if (!m->argv[i])
			return MULTI_UNKNOWN;
	}
	return MULTI_READ;
}

enum multi_answer multi_parse(struct multi *m, const char *text, long ntasks, char **more)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *line;

	*m = (struct multi){ .argv = calloc((size_t)ntasks, sizeof(*m->argv)),
			     .ntasks = ntasks };
	if (!copy || !m->argv)
		return MULTI_UNKNOWN;
	while ((line = strsep(&rest, "\n"))) {
		enum multi_answer answer = parse_line(m, line, more);

		if (answer != MULTI_READ)
			return answer;
	}
	for (long i = 0; i < ntasks; i++) {
		if (!m->argv[i])
			return MULTI_REFUSED;
	}
	return MULTI_READ;
}

void multi_free(struct multi *m)
{
	for (long i = 0; m->argv && i < m->ntasks; i++) {
		for (char **word = m->argv[i]; word && *word; word++)
			free(*word);
		free(m->argv[i]);
	}
	free(m->argv);
	*m = (struct multi){ 0 };
}
