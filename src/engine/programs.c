// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/script.h"
#include "base/starter.h"

#define SCRIPTS_IN_SCRIPTS 3

static const char *variable(const char *name)
{
	return getenv(name);
}

static int add_all(struct script_programs *programs, const struct script *script,
		   unsigned int depth, struct error *e);

/* The programs of a shell script; one that cannot be read has none. */
static int look_into(struct script_programs *programs, const char *path,
		     unsigned int depth, struct error *e)
{
	struct script script = { .variable = variable };
	size_t size;
	cleanup_free char *text = file_read(AT_FDCWD, path, SCRIPT_TEXT_MAX, &size, NULL);
	int rc = 0;

	if (text && script_parse(&script, text, size) < 0)
		rc = error_sys(e, "%s", path);
	if (rc == 0)
		rc = add_all(programs, &script, depth + 1, e);
	script_free(&script);
	return rc;
}

static bool is_there(const struct script_programs *programs, const char *name)
{
	for (size_t i = 0; i < programs->count; i++) {
		if (!strcmp(programs->list[i].name, name))
			return true;
	}
	return false;
}

static int append(struct script_programs *programs, const char *name,
		  struct script_program **added)
{
	struct script_program *more =
		realloc(programs->list, (programs->count + 1) * sizeof(*more));

	if (!more)
		return -1;
	programs->list = more;
	*added = &more[programs->count];
	**added = (struct script_program){ .name = strdup(name) };
	if (!(*added)->name)
		return -1;
	programs->count++;
	return 0;
}

static int add_one(struct script_programs *programs, const char *name, unsigned int depth,
		   struct error *e)
{
	/* As a shell, and execvp(), find it. */
	cleanup_free char *path = strchr(name, '/') ? strdup(name) : path_find(name);
	struct script_program *added;
	struct program program;
	bool is_script;

	if (!path)
		return error_sys(e, "%s", name);
	if (is_there(programs, name) || !strchr(path, '/'))
		return 0;
	if (program_read(&program, path, NULL) < 0) {
		program_free(&program);
		return 0;
	}
	if (append(programs, name, &added) < 0) {
		program_free(&program);
		return error_sys(e, "%s", name);
	}
	added->program = program;
	added->is_mpi = starter_is_mpi(name);
	programs->has_mpi = programs->has_mpi || added->is_mpi;
	is_script = program.is_script && starter_is_shell(program.path);
	return is_script && depth < SCRIPTS_IN_SCRIPTS
		       ? look_into(programs, path, depth, e)
		       : 0;
}

static int add_all(struct script_programs *programs, const struct script *script,
		   unsigned int depth, struct error *e)
{
	programs->substitutes = programs->substitutes || script->substitutes;
	for (size_t i = 0; i < script->programs.count; i++) {
		if (add_one(programs, script->programs.names[i], depth, e) < 0)
			return -1;
	}
	return 0;
}

int engine_job_programs(const struct engine_job *job, struct script_programs *programs,
			struct error *e)
{
	struct script command = { .variable = variable };
	size_t count = 0;
	int rc = 0;

	*programs = (struct script_programs){ 0 };
	while (job->argv && job->argv[count])
		count++;
	if (count && script_parse_command(&command, job->argv, count) < 0)
		rc = error_sys(e, "%s", job->argv[0]);
	if (rc == 0)
		rc = add_all(programs, &command, 0, e);
	script_free(&command);
	return rc;
}

void engine_programs_free(struct script_programs *programs)
{
	for (size_t i = 0; i < programs->count; i++) {
		free(programs->list[i].name);
		program_free(&programs->list[i].program);
	}
	free(programs->list);
	*programs = (struct script_programs){ 0 };
}
