// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/program.h"
#include "cmd/scheckpoint.h"
#include "engine/engine.h"

static void print_able(const struct scheckpoint *s, const char *path,
		       const struct engine *engine, const struct program *program)
{
	cleanup_free char *version = engine->version(&s->conf, NULL);
	struct utsname system = { .release = "" };

	(void)uname(&system);
	printf("%s can be checkpointed by %s %s on Linux %s: ", path, engine->name,
	       version ? version : "", system.release);
	if (program->is_script)
		printf("it is a script for %s, which is ", program->path);
	else
		printf("it is ");
	printf("linked %s, for %u bits\n",
	       program_is_dynamic(program) ? "dynamically" : "statically",
	       program->elf.bits);
}

/* What it has of privileges comes to nothing in namespaces of the user's own. */
static void print_privileges(const struct program *program)
{
	const struct {
		bool has;
		const char *what;
	} privileges[] = {
		{ program->set_user, "the set-user-ID bit" },
		{ program->set_group, "the set-group-ID bit" },
		{ program->capabilities, "file capabilities" },
	};

	for (size_t i = 0; i < sizeof(privileges) / sizeof(privileges[0]); i++) {
		if (privileges[i].has)
			printf("%s has %s, and runs without in a job that can be "
			       "checkpointed\n",
			       program->path, privileges[i].what);
	}
}

/* What the engines say of a job that is nothing but this program; how many will do. */
static int ask_engines(const struct scheckpoint *s, const char *path,
		       const struct program *program)
{
	char *argv[] = { (char *)path, NULL };
	struct engine_job job = {
		.conf = &s->conf, .argv = argv, .nodes = 1, .cancel_fd = -1
	};
	cleanup_free char *names = strdup(engine_order(&s->conf));
	char *rest = names, *name;
	int able = 0;

	while (rest && (name = strsep(&rest, ","))) {
		const struct engine *engine = engine_find(name);
		struct error why;

		if (!engine)
			continue;
		if (engine_probe(engine, &job, &why) < 0) {
			printf("%s cannot be checkpointed by %s: %s\n", path, name,
			       why.text);
			continue;
		}
		print_able(s, path, engine, program);
		able++;
	}
	return able;
}

int able_program(const struct scheckpoint *s, const char *path)
{
	struct program program;
	struct error why;
	int status = EXIT_FAILED;

	if (program_read(&program, path, &why) < 0) {
		complain(&why);
	} else {
		if (ask_engines(s, path, &program) > 0)
			status = EXIT_DONE;
		print_privileges(&program);
	}
	program_free(&program);
	return status;
}
