// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * doctor_plugin - whether plugstack.conf names the plugin, and whether the Slurm of this
 * node can load the file: it is opened in a process of its own, as Slurm does it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "cmd/doctor.h"
#include "engine/tool.h"

#define USE	      "plugin"
#define NAME	      "checkpoint.so"
#define PLUGSTACK_MAX (1 << 20) /* bytes */
#define INCLUDES_MAX  8		/* deep */

/* ---- plugstack.conf ---- */

static char *find_word(const char *path, int depth);

static char *find_in_included(const char *pattern, int depth)
{
	char *found = NULL;
	glob_t files;

	if (glob(pattern, 0, NULL, &files) != 0)
		return NULL;
	for (size_t i = 0; i < files.gl_pathc && !found; i++)
		found = find_word(files.gl_pathv[i], depth + 1);
	globfree(&files);
	return found;
}

/* "optional|required PLUGIN [ARGUMENT...]" or "include PATTERN" */
static char *find_in_line(char *line, int depth)
{
	const char *kind = strtok_r(line, " \t", &line);
	const char *what = kind ? strtok_r(NULL, " \t", &line) : NULL;
	const char *name;

	if (!what || *kind == '#')
		return NULL;
	if (!strcmp(kind, "include"))
		return find_in_included(what, depth);
	name = strrchr(what, '/');
	return strcmp(name ? name + 1 : what, NAME) == 0 ? strdup(what) : NULL;
}

/* The plugin as plugstack.conf names it; owned, or NULL. */
static char *find_word(const char *path, int depth)
{
	cleanup_free char *text = NULL;
	char *rest, *line, *found = NULL;
	size_t size;

	if (depth < INCLUDES_MAX)
		text = file_read(AT_FDCWD, path, PLUGSTACK_MAX, &size, NULL);
	for (rest = text; !found && rest && (line = strsep(&rest, "\n"));)
		found = find_in_line(line, depth);
	return found;
}

/* ---- the file ---- */

/* Where Slurm would find it; owned, or NULL. */
static char *find_file(const char *word, const char *dirs)
{
	cleanup_free char *copy = strdup(dirs);
	char *rest = copy, *dir;

	if (word[0] == '/')
		return access(word, R_OK) == 0 ? strdup(word) : NULL;
	while (rest && (dir = strsep(&rest, ":"))) {
		cleanup_free char *path = str_printf("%s/%s", dir, word);

		if (path && access(path, R_OK) == 0)
			return take_ptr(path);
	}
	return NULL;
}

/* The release it was compiled for, as 2411; or a sentence. In a process of its own. */
static void load_main(const char *path, int out) __attribute__((noreturn));

static void load_main(const char *path, int out)
{
	void *plugin = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	const unsigned int *version = plugin ? dlsym(plugin, "plugin_version") : NULL;

	if (!version)
		dprintf(out, "%s", dlerror());
	else
		dprintf(out, "%u", (*version >> 16) * 100 + (*version >> 8 & 0xff));
	_exit(version ? 0 : 1);
}

static int load(const char *path, unsigned int *release, struct error *e)
{
	char text[sizeof(e->text)] = "";
	unsigned long long number;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return error_sys(e, "%s", path);
	if (pid == 0)
		load_main(path, fds[1]);
	close(fds[1]);
	n = file_read_all(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
	    str_to_ull(text, 1000000, &number) == 0) {
		*release = (unsigned int)number;
		return 0;
	}
	return error_set(e, "%s", n > 0 ? text : "it dies when it is loaded");
}

/* ---- the release of Slurm ---- */

/* Of the line "slurm 24.11.5" or "slurm-wlm 24.11.5", beside complaints of the plugin. */
static unsigned int release_in(char *text)
{
	char *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		const char *number = strchr(line, ' ');
		unsigned int year, month;

		if (strncmp(line, "slurm", strlen("slurm")) == 0 && number &&
		    sscanf(number, "%u.%u", &year, &month) == 2)
			return year * 100 + month;
	}
	return 0;
}

/* Of the sbatch that is here, as 2411; 0 if there is none. */
static unsigned int own_release(void)
{
	const char *path = getenv("PATH");
	cleanup_free char *sbatch = tool_find(path ? path : "/usr/bin", "sbatch");
	char *argv[] = { sbatch, (char *)"--version", NULL };
	cleanup_free char *text = NULL;

	if (!sbatch || tool_run(argv, &text, NULL) < 0)
		return 0;
	return release_in(text);
}

static void check_file(const struct doctor *d, const char *word,
		       const struct site_paths *paths)
{
	cleanup_free char *file = find_file(word, paths->plugin_dirs);
	const unsigned int own = own_release();
	unsigned int release = 0;
	struct error e;

	if (!file)
		doctor_find(d, FINDING_MISSING, USE, "",
			    "%s names %s, which is not in %s of this node; install it "
			    "there, or no job is saved",
			    paths->plugstack, word,
			    word[0] == '/' ? "the file system" : paths->plugin_dirs);
	else if (load(file, &release, &e) < 0)
		doctor_find(d, FINDING_MISSING, USE, "", "%s cannot be loaded: %s", file,
			    e.text);
	else if (own && own != release)
		doctor_find(d, FINDING_MISSING, USE, "",
			    "%s was compiled for Slurm %u.%02u, and this node has "
			    "%u.%02u, which does not load it; compile it anew",
			    file, release / 100, release % 100, own / 100, own % 100);
	else
		doctor_find(d, FINDING_RIGHT, USE, "", "%s loads checkpoint.so, from %s",
			    paths->plugstack, file);
}

void doctor_plugin(const struct doctor *d, const struct site_paths *paths)
{
	cleanup_free char *word = find_word(paths->plugstack, 0);
	cleanup_free char *write =
		str_printf("%s: optional checkpoint.so", paths->plugstack);

	if (word)
		check_file(d, word, paths);
	else
		doctor_find(d, FINDING_MISSING, USE, write ? write : "",
			    "%s does not load checkpoint.so, so that sbatch does not "
			    "know --checkpoint and no job is saved",
			    paths->plugstack);
}
