// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/str.h"
#include "cmd/doctor.h"
#include "engine/engine.h"
#include "store/catalog.h"
#include "store/store.h"

#define PLUGSTACK_MAX (1 << 20) /* bytes */
#define INCLUDES_MAX  8		/* deep */

struct node {
	const struct scheckpoint *s;
	finding_fn fn;
	void *arg;
};

static void find(const struct node *n, enum finding_kind kind, const char *write,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void find(const struct node *n, enum finding_kind kind, const char *write,
		 const char *format, ...)
{
	struct finding finding = { .kind = kind, .use = "this node" };
	va_list ap;

	va_start(ap, format);
	vsnprintf(finding.text.text, sizeof(finding.text.text), format, ap);
	va_end(ap);
	snprintf(finding.write.text, sizeof(finding.write.text), "%s", write);
	n->fn(n->arg, &finding);
}

/* ---- plugstack.conf ---- */

static bool has_plugin(const char *path, int depth);

static bool is_included(const char *pattern, int depth)
{
	bool found = false;
	glob_t files;

	if (glob(pattern, 0, NULL, &files) != 0)
		return false;
	for (size_t i = 0; i < files.gl_pathc && !found; i++)
		found = has_plugin(files.gl_pathv[i], depth + 1);
	globfree(&files);
	return found;
}

/* "optional|required PLUGIN [ARGUMENT...]" or "include PATTERN" */
static bool line_has_plugin(char *line, int depth)
{
	const char *kind = strtok_r(line, " \t", &line);
	const char *what = kind ? strtok_r(NULL, " \t", &line) : NULL;
	const char *name;

	if (!what || *kind == '#')
		return false;
	if (!strcmp(kind, "include"))
		return is_included(what, depth);
	name = strrchr(what, '/');
	return !strcmp(name ? name + 1 : what, "checkpoint.so");
}

static bool has_plugin(const char *path, int depth)
{
	cleanup_free char *text = NULL;
	char *rest, *line;
	size_t size;

	if (depth < INCLUDES_MAX)
		text = file_read(AT_FDCWD, path, PLUGSTACK_MAX, &size, NULL);
	for (rest = text; rest && (line = strsep(&rest, "\n"));) {
		if (line_has_plugin(line, depth))
			return true;
	}
	return false;
}

static void check_plugin(const struct node *n, const char *plugstack)
{
	cleanup_free char *write = str_printf("%s: optional checkpoint.so", plugstack);

	if (has_plugin(plugstack, 0))
		find(n, FINDING_RIGHT, "", "%s loads checkpoint.so", plugstack);
	else
		find(n, FINDING_MISSING, write ? write : "",
		     "%s does not load checkpoint.so, so that sbatch does not know "
		     "--checkpoint and no job is saved",
		     plugstack);
}

/* ---- engine ---- */

static void check_engine(const struct node *n)
{
	struct engine_job job = { .conf = &n->s->conf, .nodes = 1, .cancel_fd = -1 };
	struct error why;
	struct engine_choice choice;
	cleanup_free char *version = NULL;

	if (engine_choose(&job, &choice, &why) < 0) {
		find(n, FINDING_MISSING, "", "no job can be saved: %s", why.text);
		return;
	}
	version = choice.engine->version(&n->s->conf, NULL);
	find(n, FINDING_RIGHT, "", "%s %s can save jobs", choice.engine->name,
	     version ? version : "");
}

/* ---- the checkpoint directory ---- */

/* The part of a path that is there: path is cut to it. */
static void cut_to_existing(char *path)
{
	char *slash;

	while (faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) < 0 &&
	       (slash = strrchr(path, '/')))
		*(slash > path ? slash : slash + 1) = '\0';
}

static void check_user_dir(const struct node *n, const char *user)
{
	struct error e = { .text = "" };
	cleanup_free char *dir = conf_expand_dir(n->s->dir, user, 0, &e);
	cleanup_free char *there = dir ? strdup(dir) : NULL;
	struct stat st;

	if (!there) {
		find(n, FINDING_MISSING, "checkpoint.conf: CheckpointDir", "%s", e.text);
		return;
	}
	cut_to_existing(there);
	if (stat(there, &st) < 0 || !S_ISDIR(st.st_mode))
		find(n, FINDING_MISSING, "checkpoint.conf: CheckpointDir",
		     "%s: %s is not a directory", dir, there);
	else if (store_judge(n->s->dir, user, &e) < 0)
		find(n, FINDING_MISSING, "", "%s", e.text);
	else if (faccessat(AT_FDCWD, there, W_OK | X_OK, AT_EACCESS) < 0)
		find(n, FINDING_MISSING, "checkpoint.conf: CheckpointDir",
		     "%s: user %s cannot write to %s", dir, user, there);
	else if (!strcmp(there, "/"))
		find(n, FINDING_MISSING, "checkpoint.conf: CheckpointDir",
		     "%s: no directory of it is there", dir);
	else
		find(n, FINDING_RIGHT, "",
		     "user %s can keep checkpoints in %s; all "
		     "nodes must see it",
		     user, dir);
}

static void tell_stranger(void *arg, const char *user, const struct error *e)
{
	(void)user;
	find(arg, FINDING_MISSING, "", "%s", e->text);
}

/* Of the user that is asked for; and root looks for directories of strangers, too. */
static void check_dir(struct node *n)
{
	const char *user = n->s->user ? n->s->user : n->s->self;
	struct error e;

	if (identity_become(user, &e) < 0) {
		find(n, FINDING_MISSING, "", "%s", e.text);
		return;
	}
	check_user_dir(n, user);
	identity_back();
	if (getuid() == 0)
		(void)catalog_strangers(n->s->dir, tell_stranger, n, NULL);
}

void doctor_node(const struct scheckpoint *s, const char *plugstack, finding_fn fn,
		 void *arg)
{
	struct node n = { .s = s, .fn = fn, .arg = arg };

	if (plugstack)
		check_plugin(&n, plugstack);
	check_engine(&n);
	check_dir(&n);
}
