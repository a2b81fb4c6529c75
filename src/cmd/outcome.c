// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/outcome.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/str.h"

#define EXCERPT 60 /* bytes of a line that are shown */
#define BEFORE	20 /* of a long line, shown before what differs */

int outcome_init(struct outcome *outcome, const char *dir, const char *name,
		 struct error *e)
{
	*outcome = (struct outcome){ .out = str_printf("%s/%s.out", dir, name),
				     .err = str_printf("%s/%s.err", dir, name) };
	return outcome->out && outcome->err ? 0 : error_sys(e, "%s", name);
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : (uint64_t)st.st_size;
}

int outcome_restarted(struct outcome *outcome, struct error *e)
{
	struct outcome_mark *marks = reallocarray(outcome->marks, outcome->restarts + 1,
						  sizeof(*outcome->marks));

	if (!marks)
		return error_sys(e, "%s", outcome->out);
	outcome->marks = marks;
	marks[outcome->restarts++] =
		(struct outcome_mark){ .out = size_of(outcome->out),
				       .err = size_of(outcome->err) };
	return 0;
}

uint64_t outcome_bytes(const struct outcome *outcome)
{
	return size_of(outcome->out) + size_of(outcome->err);
}

void outcome_free(struct outcome *outcome)
{
	free(outcome->out);
	free(outcome->err);
	free(outcome->marks);
	*outcome = (struct outcome){ 0 };
}

/* ---- where two files differ ---- */

struct place {
	uint64_t offset; /* of the first byte that differs */
	uint64_t line;	 /* its line, from 1, and where that begins */
	uint64_t begins;
};

/* Is there a place where they differ? */
static bool find_difference(FILE *a, FILE *b, struct place *place)
{
	*place = (struct place){ .line = 1 };
	for (;;) {
		int c = getc_unlocked(a), d = getc_unlocked(b);

		if (c != d)
			return true;
		if (c == EOF)
			return false;
		place->offset++;
		if (c == '\n') {
			place->line++;
			place->begins = place->offset;
		}
	}
}

/* What can be printed of the line from here on, as it is; the rest escaped. */
static void print_excerpt(FILE *to, FILE *from, const struct place *place)
{
	const char *rest = "...";
	int c = 0;

	for (int i = 0; i < EXCERPT && (c = getc_unlocked(from)) != EOF && c != '\n'; i++)
		fprintf(to, isprint(c) || c >= 0x80 ? "%c" : "\\x%02x", (unsigned int)c);
	if (c == '\n' || c == EOF)
		rest = "";
	/* Where the other goes on. */
	if (c == EOF && ftello(from) == (off_t)place->offset)
		rest = " and its end";
	fprintf(to, "\"%s", rest);
}

/* The line around the place, in quotes; owned by the caller. */
static char *excerpt(FILE *f, const struct place *place)
{
	bool cut = place->offset - place->begins > EXCERPT - BEFORE;
	char *text = NULL;
	size_t size;
	FILE *to;

	if (fseeko(f, (off_t)(cut ? place->offset - BEFORE : place->begins), SEEK_SET) <
	    0)
		return NULL;
	if (getc_unlocked(f) == EOF)
		return strdup("its end");
	(void)fseeko(f, -1, SEEK_CUR);
	to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	fprintf(to, cut ? "...\"" : "\"");
	print_excerpt(to, f, place);
	fclose(to);
	return text;
}

static int describe(const char *what, FILE *a, FILE *b, const struct place *place,
		    size_t restart, struct error *e)
{
	cleanup_free char *expected = excerpt(a, place);
	cleanup_free char *got = excerpt(b, place);
	cleanup_free char *when =
		restart ? str_printf(", after restart %zu", restart) : strdup("");

	if (!expected || !got || !when)
		return error_sys(e, "%s", what);
	error_set(e, "%s differs at line %llu%s: expected %s, got %s", what,
		  (unsigned long long)place->line, when, expected, got);
	return 1;
}

/* The last restart before the place was written, or 0. */
static size_t restart_before(const struct outcome *o, bool is_out, uint64_t offset)
{
	size_t n = o->restarts;

	while (n > 0 && (is_out ? o->marks[n - 1].out : o->marks[n - 1].err) > offset)
		n--;
	return n;
}

static int compare_files(const struct outcome *expected, const struct outcome *got,
			 bool is_out, struct error *e)
{
	const char *path_a = is_out ? expected->out : expected->err;
	const char *path_b = is_out ? got->out : got->err;
	cleanup_fclose FILE *a = fopen(path_a, "re");
	cleanup_fclose FILE *b = fopen(path_b, "re");
	struct place place;
	bool differs;

	if (!a || !b)
		return error_sys(e, "%s", a ? path_b : path_a);
	differs = find_difference(a, b, &place);
	if (ferror(a) || ferror(b))
		return error_set(e, "%s: cannot be read", ferror(a) ? path_a : path_b);
	if (!differs)
		return 0;
	return describe(is_out ? "its output" : "its error output", a, b, &place,
			restart_before(got, is_out, place.offset), e);
}

/* ---- how it ended ---- */

static char *ending(int status)
{
	if (WIFSIGNALED(status))
		return str_printf("by signal %d", WTERMSIG(status));
	return str_printf("with exit status %d", WEXITSTATUS(status));
}

static int compare_status(const struct outcome *expected, const struct outcome *got,
			  struct error *e)
{
	cleanup_free char *before = ending(expected->status);
	cleanup_free char *after = ending(got->status);

	if (expected->status == got->status)
		return 0;
	if (!before || !after)
		return error_sys(e, "exit status");
	error_set(e, "it ended %s instead of %s", after, before);
	return 1;
}

int outcome_compare(const struct outcome *expected, const struct outcome *got,
		    struct error *e)
{
	struct error status, first;
	int differs = compare_status(expected, got, &status);
	int rc = compare_files(expected, got, true, e);

	if (rc == 0)
		rc = compare_files(expected, got, false, e);
	if (rc < 0 || differs < 0)
		return -1;
	first = *e;
	if (rc == 0 && differs)
		*e = status;
	else if (differs)
		error_set(e, "%s; %s", first.text, status.text);
	return rc || differs;
}
