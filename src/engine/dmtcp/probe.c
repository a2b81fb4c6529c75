// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/program.h"
#include "base/str.h"
#include "engine/dmtcp/dmtcp.h"
#include "engine/dmtcp/processes.h"
#include "engine/programs.h"
#include "engine/selftest.h"
#include "engine/tree.h"

static int check(const struct program *program, const char *name, struct error *e)
{
	if (!program_is_dynamic(program))
		return error_set(e,
				 "dmtcp cannot save %s, which is linked statically; link "
				 "it dynamically, or use the engine criu",
				 name);
	if (program->set_user || program->set_group || program->capabilities)
		return error_set(e,
				 "dmtcp cannot save %s, which has the set-user-ID or "
				 "set-group-ID bit or file capabilities",
				 name);
	return 0;
}

/* What cannot be read, and what is no program, says nothing. */
static int check_path(const char *path, const char *name, struct error *e)
{
	struct program program;
	int rc = program_read(&program, path, NULL);

	rc = rc < 0 ? 0 : check(&program, name, e);
	program_free(&program);
	return rc;
}

/* The script's interpreter, and what the script starts. */
static int check_job(const struct engine_job *job, struct error *e)
{
	struct script_programs programs;
	int rc = engine_job_programs(job, &programs, e);

	for (size_t i = 0; i < programs.count && rc == 0; i++)
		rc = check(&programs.list[i].program, programs.list[i].name, e);
	/* A pipe is a pair of sockets there, which cannot be opened as a file. */
	if (rc == 0 && programs.substitutes)
		rc = error_set(e, "dmtcp cannot run process substitution, as in "
				  "<(command), which the script has");
	engine_programs_free(&programs);
	return rc;
}

int dmtcp_probe(const struct engine_job *job, struct error *e)
{
	static const char *const programs[] = { "dmtcp_restart", "dmtcp_command",
						"dmtcp_coordinator" };
	cleanup_free char *version = dmtcp_version(job->conf, e);

	if (!version)
		return dmtcp_is_wanted(job->conf) ? -1 : PROBE_UNWANTED;
	if (job->nodes > 1)
		return error_set(e, "dmtcp saves jobs of one node, and this one has %u",
				 job->nodes);
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		cleanup_free char *path = dmtcp_find(job->conf, programs[i], e);

		if (!path)
			return -1;
	}
	return check_job(job, e);
}

int dmtcp_identify(const struct engine_job *job, struct wishes *wishes, FILE *out,
		   struct error *e)
{
	static const char *const programs[] = { "dmtcp_launch", "dmtcp_restart",
						"dmtcp_coordinator" };

	(void)wishes;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		cleanup_free char *path = dmtcp_find(job->conf, programs[i], e);

		if (!path)
			return -1;
		selftest_identify_file(out, path);
	}
	selftest_identify_file(out, DMTCP_IDS_PATH);
	return 0;
}

/*
 * What srun starts is none of the batch task's processes. One that was restored is
 * shown as the program that restored it.
 */
static int check_running(const char *path, const char *real, struct error *e)
{
	const char *name = strrchr(real, '/') + 1;

	if (strncmp(name, "mtcp_restart", strlen("mtcp_restart")) == 0)
		return 0;
	if (strcmp(name, "srun") == 0)
		return error_set(e, "dmtcp cannot save what the job runs by srun");
	return check_path(path, real, e);
}

char *dmtcp_program_of(pid_t pid)
{
	cleanup_free char *path = str_printf("/proc/%d/exe", pid);

	return path ? realpath(path, NULL) : NULL;
}

int dmtcp_check_processes(const struct engine_run *run, struct error *e)
{
	struct tree tree;
	int rc = tree_read(&tree, &run->sandbox, e);

	for (size_t i = 0; rc == 0 && i < tree.count; i++) {
		cleanup_free char *path = str_printf("/proc/%d/exe", tree.pids[i]);
		cleanup_free char *real = dmtcp_program_of(tree.pids[i]);

		/* It may have ended by now. */
		if (real)
			rc = check_running(path, real, e);
	}
	if (rc == 0)
		rc = processes_check_files(&tree, e);
	tree_free(&tree);
	return rc;
}
