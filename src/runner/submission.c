// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/submission.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hidden.h"
#include "runner/own_output.h"
#include "slurm/options.h"

extern char **environ;

static void put_word(FILE *out, const char *word)
{
	fputs(word, out);
	fputc('\0', out);
}

/* "%" stands for something in the names that sbatch takes. */
static void put_path(FILE *out, const char *option, const char *path)
{
	fprintf(out, "--%s=", option);
	for (; *path; path++) {
		if (*path == '%')
			fputc('%', out);
		fputc(*path, out);
	}
	fputc('\0', out);
}

/* The very files that Slurm has opened: the job goes on writing those. */
static void put_outputs(FILE *out)
{
	cleanup_free char *output = own_output_path(STDOUT_FILENO);
	cleanup_free char *error = own_output_path(STDERR_FILENO);

	if (output)
		put_path(out, "output", output);
	if (error && output && strcmp(error, output) != 0)
		put_path(out, "error", error);
}

/* What Slurm sets itself is another job's. */
static bool is_slurms(const char *variable)
{
	return !strncmp(variable, "SLURM_", 6) || !strncmp(variable, "SLURMD_", 7) ||
	       !strncmp(variable, "TMPDIR=", 7);
}

/* By the site: secrets, which would be kept as long as the folder. */
static bool is_left_out(const struct task *task, const char *variable)
{
	cleanup_free char *patterns =
		task->conf.leave_out ? strdup(task->conf.leave_out) : NULL;
	cleanup_free char *name = strndup(variable, strcspn(variable, "="));
	char *rest = NULL;

	for (char *p = patterns && name ? strtok_r(patterns, ",", &rest) : NULL; p;
	     p = strtok_r(NULL, ",", &rest)) {
		if (fnmatch(p, name, 0) == 0)
			return true;
	}
	return false;
}

static int put_environment(const struct task *task, FILE *out, struct error *e)
{
	(void)e;
	for (char **v = environ; *v; v++) {
		const char *setting = hidden_show(*v);

		if (!is_slurms(setting) && !is_left_out(task, setting))
			put_word(out, setting);
	}
	return 0;
}

/* Those of the script; another plugin may have put a program before it. */
static char **arguments_of(const struct task *task)
{
	char **word = task->argv;

	while (*word && strcmp(*word, task->script) != 0)
		word++;
	return *word ? word + 1 : task->argv + 1;
}

static int put_options(const struct task *task, FILE *out, struct error *e)
{
	if (options_of_job(task->job, out, e) < 0)
		return -1;
	put_outputs(out);
	fwrite(task->options, 1, task->options_size, out);
	put_word(out, "--");
	for (char **word = arguments_of(task); *word; word++)
		put_word(out, *word);
	return 0;
}

static int save(const struct folder *folder, const char *name, const struct task *task,
		int (*put)(const struct task *task, FILE *out, struct error *e),
		struct error *e)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	FILE *out;
	int rc;

	if (faccessat(folder->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	out = open_memstream(&text, &size);
	if (!out)
		return error_sys(e, "%s/%s", folder->path, name);
	rc = put(task, out, e);
	if (fclose(out) != 0)
		return error_sys(e, "%s/%s", folder->path, name);
	return rc < 0 ? 0 : file_replace(folder->fd, name, text, size, 0600, e);
}

int submission_save(const struct folder *folder, const struct task *task, struct error *e)
{
	if (save(folder, FOLDER_ENVIRONMENT, task, put_environment, e) < 0)
		return -1;
	return save(folder, FOLDER_OPTIONS, task, put_options, e);
}
