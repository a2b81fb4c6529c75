// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "engine/criu/criu.h"
#include "engine/criu/sockets.h"
#include "engine/selftest.h"
#include "engine/tool.h"

/* The first that dumps and restores without privilege as this engine needs it. */
#define MIN_MAJOR 4
#define MIN_MINOR 1

char *criu_find(const struct conf *conf, struct error *e)
{
	const char *path = getenv("PATH");
	char *found;

	if (conf->criu_path) {
		if (access(conf->criu_path, X_OK) == 0)
			return strdup(conf->criu_path);
		error_sys(e, "CriuPath=%s", conf->criu_path);
		return NULL;
	}
	found = path ? tool_find(path, "criu") : NULL;
	if (!found)
		found = tool_find("/usr/local/sbin:/usr/sbin:/sbin", "criu");
	if (!found)
		error_set(e,
			  "criu is not installed on this node; install CRIU %d.%d or "
			  "later, "
			  "or set CriuPath in checkpoint.conf",
			  MIN_MAJOR, MIN_MINOR);
	return found;
}

char *criu_version(const char *program, struct error *e)
{
	char *argv[] = { (char *)program, (char *)"--version", NULL };
	cleanup_free char *text = NULL;
	const char *number;
	int major = 0, minor = 0;

	if (tool_run(argv, &text, e) < 0)
		return NULL;
	number = strstr(text, "Version: ");
	if (!number || sscanf(number, "Version: %d.%d", &major, &minor) != 2) {
		error_set(e, "%s: does not tell its version", program);
		return NULL;
	}
	number += strlen("Version: ");
	if (major < MIN_MAJOR || (major == MIN_MAJOR && minor < MIN_MINOR)) {
		error_set(e,
			  "%s is version %d.%d, which is too old; install CRIU %d.%d or "
			  "later",
			  program, major, minor, MIN_MAJOR, MIN_MINOR);
		return NULL;
	}
	return strndup(number, strcspn(number, " \n"));
}

int criu_shelter(const struct engine_job *job, struct error *e)
{
	cleanup_free char *program = criu_find(job->conf, NULL);

	/* One that is not there has no sockets; whoever is to run it will say so. */
	return program ? sockets_check(program, job->scratch, e) : 0;
}

int criu_probe(const struct engine_job *job, struct error *e)
{
	cleanup_free char *program = NULL;

	if (job->nodes > 1)
		return error_set(e, "criu saves jobs of one node, and this one has %u",
				 job->nodes);
	program = criu_find(job->conf, e);
	return program ? sandbox_probe(criu_wants_own_net(job), e) : -1;
}

int criu_ready(const struct engine_job *job, struct error *e)
{
	cleanup_free char *program = criu_find(job->conf, e);
	cleanup_free char *version = program ? criu_version(program, e) : NULL;

	if (!version)
		return -1;
	return criu_wants_own_net(job) ? 0 : criu_shelter(job, e);
}

int criu_identify(const struct engine_job *job, struct wishes *wishes, FILE *out,
		  struct error *e)
{
	cleanup_free char *program = criu_find(job->conf, e);

	if (!program)
		return -1;
	wishes->net = criu_wants_own_net(job) ? WISH_NET_PRIVATE : WISH_NET_HOST;
	selftest_identify_file(out, program);
	selftest_identify_file(out, CRIU_HOOK_PATH);
	selftest_identify_file(out, CRIU_SOCKETS_PATH);
	fprintf(out, "%s\n", wishes->net == WISH_NET_PRIVATE ? "private" : "host");
	return 0;
}
