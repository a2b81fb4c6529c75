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
#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "engine/criu/connections.h"
#include "engine/criu/criu.h"
#include "engine/pasta.h"

#define SCRIPT_MAX ((size_t)1 << 20) /* bytes of a script; a larger file is none */

static bool is_of_a_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += length) {
		if ((at == text || !is_of_a_word(at[-1])) && !is_of_a_word(at[length]))
			return true;
	}
	return false;
}

/* But steps of srun could not connect to it there. */
static bool names_mpi(const char *text)
{
	return (has_word(text, "mpirun") || has_word(text, "mpiexec")) &&
	       !has_word(text, "srun");
}

static bool starts_mpi(const struct engine_job *job)
{
	for (char *const *arg = job->argv; arg && *arg; arg++) {
		size_t size;
		cleanup_free char *text =
			file_read(AT_FDCWD, *arg, SCRIPT_MAX, &size, NULL);

		if (names_mpi(*arg) || (text && names_mpi(text)))
			return true;
	}
	return false;
}

bool criu_wants_own_net(const struct engine_job *job)
{
	enum wish_net net = job->wishes ? job->wishes->net : WISH_NET_HOST;

	if (net == WISH_NET_AUTO)
		return starts_mpi(job) && sandbox_probe(true, NULL) == 0;
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
	return !criu_closes_tcp(job) &&
	       connections_held(tree, own_net ? CONNECTIONS_OUTSIDE : CONNECTIONS_ALL, e);
}
