// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net - in which network a job runs, and what becomes of its connections.
 *
 * In the node's network criu may not look into a TCP connection, which takes
 * CAP_NET_ADMIN there: a dump is refused while one is open, or leaves it out, and the
 * program finds it closed when it goes on. In a network of the job's own those within the
 * job are saved and restored; those that leave it, through pasta, are refused, or ended
 * once the job goes on.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/script.h"
#include "base/starter.h"
#include "engine/criu/connections.h"
#include "engine/criu/criu.h"
#include "engine/pasta.h"

/* Of the environment: what a launcher is called does not depend on it. */
static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

/* The script, of which engine_job_programs() tells only what is in PATH already. */
static void read_script(const struct engine_job *job, struct script *script)
{
	size_t count = 0;

	for (; job->argv && job->argv[count]; count++) {
		size_t size;
		cleanup_free char *text = file_read(AT_FDCWD, job->argv[count],
						    SCRIPT_TEXT_MAX, &size, NULL);

		if (text && !memchr(text, '\0', size))
			(void)script_parse(script, text, size);
	}
	if (count)
		(void)script_parse_command(script, job->argv, count);
}

/*
 * Ranks of MPI can be saved in a network of their own alone; and where others reach criu's
 * sockets in the node's, all jobs. But steps of srun could not connect to their job there.
 */
static bool suits_own_net(const struct engine_job *job)
{
	struct script script = { .variable = no_variable };
	bool has_mpi = false, has_steps = false;

	read_script(job, &script);
	for (size_t i = 0; i < script.programs.count; i++) {
		const char *name = basename(script.programs.names[i]);

		if (!strcmp(name, "srun"))
			has_steps = true;
		else if (starter_is_mpi(name))
			has_mpi = true;
	}
	script_free(&script);
	return !has_steps && (has_mpi || criu_shelter(job, NULL) < 0);
}

bool criu_wants_own_net(const struct engine_job *job)
{
	enum wish_net net = job->wishes ? job->wishes->net : WISH_NET_HOST;

	if (net == WISH_NET_AUTO)
		return suits_own_net(job) && sandbox_probe(true, NULL) == 0;
	return net == WISH_NET_PRIVATE;
}

bool criu_closes_tcp(const struct engine_job *job)
{
	return job->wishes && job->wishes->tcp == WISH_TCP_CLOSE;
}

void criu_connect(void *arg, const struct sandbox *sb)
{
	struct engine_run *run = arg;

	if (pasta_start(sb, &run->unconnected) < 0)
		error_prefix(&run->unconnected,
			     "its network is its own, and has no way out");
}

bool criu_tcp_refused(const struct tree *tree, const struct engine_run *run,
		      const struct engine_job *job, struct error *e)
{
	bool own_net = run->sandbox.own_net;

	if (own_net && connections_unread(tree, e))
		return true;
	if (criu_closes_tcp(job))
		return connections_held(tree, CONNECTIONS_OF_STEPS, e);
	return connections_held(tree, own_net ? CONNECTIONS_OUTSIDE : CONNECTIONS_ALL, e);
}
