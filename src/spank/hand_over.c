// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/hand_over.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/netstring.h"
#include "base/protocol.h"
#include "base/str.h"

char *hand_over_variable(size_t n)
{
	return n ? str_printf(CHECKPOINT_ENV_TASK "_%zu", n)
		 : strdup(CHECKPOINT_ENV_TASK);
}

/* ---- the text: the number of originals, the first of them, the runner, argv ---- */

char *hand_over_encode(const struct hand_over *h)
{
	cleanup_free char *originals = str_printf("%zu", h->argv ? h->originals : 0);
	cleanup_free char *text = NULL;
	size_t size;
	FILE *out = originals ? open_memstream(&text, &size) : NULL;

	if (!out)
		return NULL;
	netstring_put(out, originals);
	netstring_put(out, h->argv && h->original ? h->original : "");
	netstring_put(out, h->runner ? h->runner : "");
	for (char *const *arg = h->argv; arg && *arg; arg++)
		netstring_put(out, *arg);
	return fclose(out) == 0 ? take_ptr(text) : NULL;
}

struct vector {
	char **argv;
	size_t count, room;
};

/* Room for one more, and a NULL behind it. */
static int grow(struct vector *v)
{
	size_t room = v->room ? 2 * v->room : 16;
	char **argv;

	if (v->count + 2 <= v->room)
		return 0;
	argv = reallocarray(v->argv, room, sizeof(*argv));
	if (!argv)
		return -1;
	v->argv = argv;
	v->room = room;
	return 0;
}

/* Append a string, which is the vector's from then on; -1 if it is NULL, too. */
static int append(struct vector *v, char *string)
{
	if (!string || grow(v) < 0) {
		free(string);
		return -1;
	}
	v->argv[v->count++] = string;
	v->argv[v->count] = NULL;
	return 0;
}

static int append_copies(struct vector *v, size_t count, char *const *argv,
			 struct error *e)
{
	for (size_t i = 0; i < count; i++)
		if (append(v, strdup(argv[i])) < 0)
			return error_sys(e, "%s", argv[i]);
	return 0;
}

/* Whether argv ends with the originals; Slurm may have told the plugin of others. */
static bool fits(size_t argc, char *const *argv, size_t originals, const char *original)
{
	return originals < argc &&
	       (!*original ||
		(originals && strcmp(argv[argc - originals], original) == 0));
}

/* What stands before the originals stays: other plugins have put it there. */
static int decode(struct vector *v, const char *text, size_t argc, char *const *argv,
		  struct error *e)
{
	cleanup_free char *number = netstring_get(&text, e);
	cleanup_free char *original = number ? netstring_get(&text, e) : NULL;
	cleanup_free char *runner = original ? netstring_get(&text, e) : NULL;
	unsigned long long originals;

	if (!runner)
		return -1;
	if (str_to_ull(number, INT_MAX, &originals) < 0)
		return error_set(e, "%s: not a number of arguments", number);
	if (!fits(argc, argv, originals, original)) {
		error_set(e, "Slurm has told the plugins of other arguments than the "
			     "task has, as it does with --multi-prog");
		return *runner ? -1 : append_copies(v, argc - 1, argv + 1, e);
	}
	if (*runner && append(v, strdup(runner)) < 0)
		return error_sys(e, "%s", runner);
	if (append_copies(v, argc - 1 - originals, argv + 1, e) < 0)
		return -1;
	while (*text)
		if (append(v, netstring_get(&text, e)) < 0)
			return -1;
	return 0;
}

char **hand_over_decode(const char *text, int argc, char *const *argv, struct error *e)
{
	struct vector v = { 0 };
	int rc;

	error_set(e, "%s", "");
	rc = decode(&v, text, (size_t)argc, argv, e);
	if (rc == 0 && v.count)
		return v.argv;
	if (rc == 0)
		error_set(e, "there is nothing to execute");
	hand_over_free(v.argv);
	return NULL;
}

/* ---- the environment ---- */

/* Move piece n behind what text holds already. False if there is no such piece. */
static bool take_piece(FILE *out, size_t n)
{
	cleanup_free char *name = hand_over_variable(n);
	const char *piece = name ? getenv(name) : NULL;

	if (!piece)
		return false;
	fputs(piece, out);
	unsetenv(name);
	return true;
}

char *hand_over_take(struct error *e)
{
	cleanup_free char *text = NULL;
	size_t size, n = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		error_sys(e, CHECKPOINT_ENV_TASK);
		return NULL;
	}
	while (take_piece(out, n))
		n++;
	if (fclose(out) == EOF) {
		error_sys(e, CHECKPOINT_ENV_TASK);
		return NULL;
	}
	if (n == 0) {
		error_set(e, CHECKPOINT_ENV_TASK " is not in the environment");
		return NULL;
	}
	return take_ptr(text);
}

void hand_over_free(char **argv)
{
	for (char **arg = argv; arg && *arg; arg++)
		free(*arg);
	free(argv);
}
