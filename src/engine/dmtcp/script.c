// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/script.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/program.h"

#define MAX_SCRIPT ((size_t)1 << 20)

static bool is_among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, words[i]) == 0)
			return true;
	}
	return false;
}

/* After these comes a command. */
static bool is_prefix(const char *word)
{
	static const char *const words[] = { "!",    "{",	"if",	 "then",  "elif",
					     "else", "do",	"while", "until", "exec",
					     "time", "command", "nohup", "nice",  "env" };

	return strchr(word, '=') || word[0] == '-' ||
	       is_among(word, words, sizeof(words) / sizeof(words[0]));
}

/* Cut the next word off *text; what ended it. '\0' if there is none left. */
static char *next_word(char **text, char *end)
{
	char *word = *text + strspn(*text, " \t\"'");
	size_t length = strcspn(word, " \t\"';|&()<>`");

	*end = word[length];
	*text = word + length + (*end ? 1 : 0);
	word[length] = '\0';
	return word;
}

static int visit_line(char *line, int (*visit)(void *, const char *, struct error *),
		      void *arg, struct error *e)
{
	bool first = true;
	char end;

	do {
		char *word = next_word(&line, &end);

		if (*word == '#')
			return 0;
		if (*word && (first || strchr(word, '/')) && visit(arg, word, e) < 0)
			return -1;
		if (*word)
			first = first && is_prefix(word);
		if (end && strchr(";|&(`", end))
			first = true;
	} while (end);
	return 0;
}

int script_visit(const char *text,
		 int (*visit)(void *arg, const char *word, struct error *e), void *arg,
		 struct error *e)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		if (visit_line(line, visit, arg, e) < 0)
			return -1;
	}
	return 0;
}

static bool is_shell(const char *path)
{
	static const char *const shells[] = { "sh", "bash", "dash", "ksh", "zsh" };
	const char *slash = strrchr(path, '/');

	return is_among(slash ? slash + 1 : path, shells,
			sizeof(shells) / sizeof(shells[0]));
}

char *script_read(const char *path)
{
	struct program program;
	bool is_script = program_read(&program, path, NULL) == 0 && program.is_script &&
			 is_shell(program.path);
	size_t size;

	program_free(&program);
	return is_script ? file_read(AT_FDCWD, path, MAX_SCRIPT, &size, NULL) : NULL;
}
