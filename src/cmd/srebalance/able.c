// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * able - could a job be moved, and what would that take? Its records say, on the shared
 * file system. So they are read only of the jobs that a policy chooses; of all others it
 * must do that they have any.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/identity.h"
#include "base/protocol.h"
#include "base/str.h"
#include "cmd/protected.h"
#include "cmd/srebalance/plan.h"
#include "store/event.h"
#include "store/node_kind.h"

/* The jobs of one user that have folders. */
struct able_user {
	uid_t user;
	bool any; /* the folders cannot be listed: each may have one */
	unsigned int *jobs;
	size_t count;
};

struct plan_able {
	struct able_user *users;
	size_t count;
};

int plan_able_init(struct plan *p, struct error *e)
{
	p->able = calloc(1, sizeof(*p->able));
	return p->able ? 0 : error_sys(e, "jobs");
}

void plan_able_free(struct plan *p)
{
	if (!p->able)
		return;
	for (size_t i = 0; i < p->able->count; i++)
		free(p->able->users[i].jobs);
	free(p->able->users);
	free(p->able);
	p->able = NULL;
}

/* ---- who has folders ---- */

static void list_folders(const struct plan *p, struct able_user *u, const char *name)
{
	u->any = conf_find_percent(p->dir, 'j') != NULL;
	if (u->any || identity_become(name, NULL) < 0)
		return;
	if (folder_list(p->dir, name, p->cluster, &u->jobs, &u->count, NULL) < 0)
		u->count = 0;
	identity_back();
}

static const struct able_user *find_user(struct plan *p, const struct job_entry *job)
{
	struct plan_able *a = p->able;
	struct able_user *grown;

	for (size_t i = a->count; i-- > 0;) {
		if (a->users[i].user == job->user)
			return &a->users[i];
	}
	grown = reallocarray(a->users, a->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	a->users = grown;
	grown[a->count] = (struct able_user){ .user = job->user };
	list_folders(p, &grown[a->count], job->user_name);
	return &grown[a->count++];
}

static int compare(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

bool plan_able_at_all(void *arg, const struct job_entry *job)
{
	struct plan *p = arg;
	const struct able_user *u;

	if (getuid() != 0 && getuid() != job->user)
		return false;
	u = find_user(p, job);
	return u && (u->any || (u->count && bsearch(&job->id, u->jobs, u->count,
						    sizeof(u->jobs[0]), compare)));
}

/* ---- one job ---- */

static bool is_of_use(double seconds)
{
	return isfinite(seconds) && seconds >= 0 && seconds < 1e6;
}

/*
 * The newest checkpoint and restart that its events tell of, which users write. -1 if
 * its checkpoints are disabled.
 */
static int read_events(struct cluster_job *job, const struct folder *folder)
{
	struct event_reader *reader = event_reader_new(folder, NULL);
	struct event event;
	size_t disabled = 0;

	while (reader && event_next(reader, &event, NULL) > 0) {
		if (event.type == EVENT_START)
			disabled = 0;
		else if (event.type == EVENT_DISABLE)
			disabled++;
		else if (event.type == EVENT_ENABLE && disabled > 0)
			disabled--;
		if (!is_of_use(event.seconds))
			continue;
		if (event.type == EVENT_CHECKPOINT) {
			job->dump = (long)ceil(event.seconds);
			job->image = (double)event.bytes;
		} else if (event.type == EVENT_RESTART) {
			job->restore = (long)ceil(event.seconds);
		}
	}
	event_reader_free(reader);
	return disabled ? -1 : 0;
}

static int read_as_user(struct plan *p, struct live_job *j, char **unfit, struct error *e)
{
	const struct job_entry *job = j->entry;
	struct folder folder;
	int rc = protected_open(&folder, p->dir, p->cluster, job, plan_name(job).text,
				CHECKPOINT_SIGNAL_MOVE, e);

	if (rc == 0 && read_events(&j->job, &folder) < 0)
		rc = error_set(e,
			       "job %s: its checkpoints are disabled; \"scheckpoint "
			       "enable\" allows them",
			       plan_name(job).text);
	if (rc == 0)
		*unfit = node_kind_unfit(&folder, &p->nodes);
	folder_close(&folder);
	return rc;
}

/* The job is not moved. The plan prints why after its moves. */
static int stay(struct plan *p, struct live_job *j, const struct error *why,
		struct error *e)
{
	char *text = strdup(why->text);

	j->job.place.movable = false;
	if (text)
		str_make_printable(text);
	return names_add(&p->unable, text) < 0 ? error_sys(e, "jobs") : 0;
}

int plan_able_read(struct plan *p, struct live_job *j, struct error *e)
{
	cleanup_free char *unfit = NULL;
	struct error why;
	int rc;

	j->checked = true;
	if (identity_become(j->entry->user_name, &why) < 0)
		return stay(p, j, &why, e);
	rc = read_as_user(p, j, &unfit, &why);
	identity_back();
	if (rc < 0)
		return stay(p, j, &why, e);
	if (unfit && *unfit && live_forbid(&p->live, j, unfit) < 0)
		return error_sys(e, "jobs");
	return 0;
}
