// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/program.h"
#include "cmd/scheckpoint.h"
#include "engine/engine.h"

/* NULL and why if none will do. */
static const struct engine *choose(const struct scheckpoint *s, const char *path,
				   struct error *e)
{
	char *const argv[] = { (char *)path, NULL };
	struct engine_job job = {
		.conf = &s->conf, .argv = argv, .nodes = 1, .cancel_fd = -1
	};
	struct engine_choice choice;

	return engine_choose(&job, &choice, e) < 0 ? NULL : choice.engine;
}

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

int able_program(const struct scheckpoint *s, const char *path)
{
	struct program program;
	struct error why, why_none;
	int rc = program_read(&program, path, &why);
	const struct engine *engine = choose(s, path, &why_none);
	int status = rc == 0 && engine ? EXIT_DONE : EXIT_FAILED;

	if (rc < 0)
		complain(&why);
	if (!engine)
		complain(&why_none);
	if (status == EXIT_DONE)
		print_able(s, path, engine, &program);
	if (rc == 0)
		print_privileges(&program);
	program_free(&program);
	return status;
}
