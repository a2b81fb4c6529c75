// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/wishes.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"

#define NAME(engine) #engine,

static const char *const engines[] = { ENGINES(NAME) };

#define NENGINES (sizeof(engines) / sizeof(engines[0]))

void wishes_init(struct wishes *wishes)
{
	*wishes = (struct wishes){ .exit_code = -1 };
}

/* The name as we have it, or NULL. */
static const char *find_engine(const char *name)
{
	for (size_t i = 0; i < NENGINES; i++) {
		if (strcmp(engines[i], name) == 0)
			return engines[i];
	}
	return NULL;
}

/* The first of those that it might have been is "auto", or NULL. */
static int no_such_engine(const char *name, const char *first, struct error *e)
{
	cleanup_free char *names = strdup(first ? first : "");

	for (size_t i = 0; names && i < NENGINES; i++) {
		char *more = str_printf("%s%s%s", names, *names ? ", " : "", engines[i]);

		free(names);
		names = more;
	}
	return error_set(e, "%s is none of the engines %s", name, names ? names : "");
}

int wishes_set_engine(struct wishes *wishes, const char *arg, struct error *e)
{
	const char *engine = find_engine(arg);

	if (!engine && strcmp(arg, "auto") != 0)
		return no_such_engine(arg, "auto", e);
	wishes->engine = engine;
	return 0;
}

int wishes_check_engines(const char *list, struct error *e)
{
	cleanup_free char *copy = strdup(list);
	char *rest = copy, *name;
	bool seen[NENGINES] = { false };

	while (rest && (name = strsep(&rest, ","))) {
		const char *engine = find_engine(name);
		size_t i = 0;

		if (!engine)
			return no_such_engine(name, NULL, e);
		while (engines[i] != engine)
			i++;
		if (seen[i])
			return error_set(e, "%s is there twice", name);
		seen[i] = true;
	}
	return copy ? 0 : error_sys(e, "%s", list);
}

/* By number, or by name with or without "SIG" before it; 0 if there is none. */
static int find_signal(const char *text)
{
	unsigned long long number;

	if (str_to_ull(text, _NSIG - 1, &number) == 0)
		return (int)number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int signum = 1; signum < SIGSYS + 1; signum++) {
		const char *name = sigabbrev_np(signum);

		if (name && strcasecmp(name, text) == 0)
			return signum;
	}
	return 0;
}

int wishes_set_signal(struct wishes *wishes, const char *arg, struct error *e)
{
	static const char steps[] = "steps:";
	bool to_steps = strncasecmp(arg, steps, strlen(steps)) == 0;
	int signum = find_signal(to_steps ? arg + strlen(steps) : arg);

	if (signum == 0)
		return error_set(e, "not a signal; give one as USR1 or steps:USR1");
	if (signum == SIGKILL || signum == SIGSTOP ||
	    (signum >= CHECKPOINT_SIGNAL_FIRST && signum <= CHECKPOINT_SIGNAL_LAST))
		return error_set(e, "not a signal that a job can take; give one as USR1");
	wishes->signal = signum;
	wishes->to_steps = to_steps;
	return 0;
}

int wishes_set_exit_code(struct wishes *wishes, const char *arg, struct error *e)
{
	unsigned long long number;

	if (str_to_ull(arg, 255, &number) < 0 || number == 0)
		return error_set(e, "not a number from 1 to 255");
	wishes->exit_code = (int)number;
	return 0;
}

int wishes_set_done_file(struct wishes *wishes, const char *arg, struct error *e)
{
	char *copy;

	if (!*arg)
		return error_set(e, "not a path");
	copy = strdup(arg);
	if (!copy)
		return error_sys(e, "%s", arg);
	free(wishes->done_file);
	wishes->done_file = copy;
	return 0;
}

int wishes_set_net(struct wishes *wishes, const char *arg, struct error *e)
{
	static const char *const words[] = { "auto", "host", "private" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(arg, words[i]) == 0) {
			wishes->net = (enum wish_net)i;
			return 0;
		}
	}
	return error_set(e, "none of auto, host and private");
}

int wishes_set_tcp(struct wishes *wishes, const char *arg, struct error *e)
{
	bool close = strcmp(arg, "close") == 0;

	if (!close && strcmp(arg, "refuse") != 0)
		return error_set(e, "neither refuse nor close");
	wishes->tcp = close ? WISH_TCP_CLOSE : WISH_TCP_REFUSE;
	return 0;
}

void wishes_free(struct wishes *wishes)
{
	free(wishes->done_file);
	wishes_init(wishes);
}
