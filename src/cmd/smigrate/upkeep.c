// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/smigrate/upkeep.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/watch.h"

extern char **environ;

/* ---- programs ---- */

static int run(char *const *argv, const char *name, struct error *e)
{
	pid_t pid;
	int status, rc = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);

	if (rc != 0) {
		errno = rc;
		return error_sys(e, "%s", name);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return error_set(e, "%s was killed by signal %d", name, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return error_set(e, "%s ended with exit status %d", name,
				 WEXITSTATUS(status));
	return 0;
}

/* The caller's own line, with the nodes as its $1 and in the environment. */
static int run_command(const struct migration *m, struct error *e)
{
	char *argv[] = { (char *)"sh",	     (char *)"-c", (char *)m->s->then,
			 (char *)"smigrate", m->nodelist,  NULL };

	if (setenv("SMIGRATE_NODES", m->nodelist, 1) < 0)
		return error_sys(e, "environment");
	display_say(m, "%s: %s", m->nodelist, m->s->then);
	return run(argv, "--then's command", e);
}

/* ---- the reboot ---- */

/*
 * libslurm has no function for it that a program may call. Without --resume they come
 * back as they are now: drained.
 */
static int ask_reboot(const struct migration *m, struct error *e)
{
	cleanup_free char *reason = str_printf("reason=%s", m->s->reason);
	char *argv[] = {
		(char *)"scontrol", (char *)"reboot", reason, m->nodelist, NULL, NULL
	};

	if (!reason)
		return error_sys(e, "scontrol reboot");
	if (m->s->resume) {
		argv[4] = argv[3];
		argv[3] = (char *)"nextstate=RESUME";
	}
	display_say(m, "%s: reboot", m->nodelist);
	return run(argv, "scontrol reboot", e);
}

struct rebooting {
	struct migration *m;
	time_t *booted; /* of each node, before */
	bool back;
};

/*
 * slurmctld tells nobody; it is asked once a second for all of them. A node that is to
 * reboot no longer and has not done so never will: it was cancelled, or it did not come
 * back within ResumeTimeout.
 */
static int look(void *arg, struct error *e)
{
	struct rebooting *r = arg;
	struct migration *m = r->m;

	if (migration_look(m, e) < 0)
		return -1;
	m->late = m->s->timeout && seconds_now() - m->began >= (double)m->s->timeout;
	r->back = true;
	for (size_t i = 0; i < m->nodes.count; i++) {
		const struct node_entry *node =
			node_table_find(&m->cluster, m->nodes.names[i]);

		if (node && !node->rebooting && node->booted <= r->booted[i])
			return error_set(
				e,
				"node %s has not rebooted, and Slurm has given it up: %s",
				node->name, node->reason);
		if (!node || node->rebooting || (m->s->resume && !node->takes_jobs))
			r->back = false;
	}
	return 0;
}

static int nothing(void *arg, struct error *e)
{
	(void)arg;
	(void)e;
	return 0;
}

static int await_reboot(struct rebooting *r, struct error *e)
{
	struct watch *watch = watch_new(nothing, look, r, e);
	int rc = watch ? 0 : -1;

	while (rc == 0 && !r->back && !r->m->late)
		rc = watch_once(watch, e);
	watch_free(watch);
	if (rc == 0 && !r->back)
		return error_set(e, "%s: not back from its reboot within --timeout",
				 r->m->nodelist);
	return rc;
}

static int reboot(struct migration *m, struct error *e)
{
	cleanup_free time_t *booted = calloc(m->nodes.count + 1, sizeof(*booted));
	struct rebooting r = { .m = m, .booted = booted };

	if (!booted)
		return error_sys(e, "nodes");
	for (size_t i = 0; i < m->nodes.count; i++)
		booted[i] = node_table_find(&m->cluster, m->nodes.names[i])->booted;
	if (ask_reboot(m, e) < 0)
		return -1;
	/* To slurmctld the nodes are as they were: all are to be read. */
	m->cluster.updated = 0;
	return await_reboot(&r, e);
}

/* ---- all ---- */

int upkeep(struct migration *m)
{
	const struct smigrate *s = m->s;
	struct error e;
	int rc = 0;

	if (s->then)
		rc = run_command(m, &e);
	if (rc == 0 && s->reboot)
		rc = reboot(m, &e);
	else if (rc == 0 && s->resume)
		rc = nodes_resume(m->nodelist, &e);
	if (rc < 0) {
		(void)complain(&e);
		return m->late ? EXIT_TIMED_OUT : EXIT_FAILED;
	}
	if (s->resume)
		display_say(m, "%s: resumed", m->nodelist);
	return EXIT_DONE;
}
