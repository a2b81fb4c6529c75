// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * outlook - could the jobs start elsewhere, where, and when? What room there is is
 * counted here, for all jobs together; whether Slurm would start such a job is asked of
 * slurmctld once for all jobs of the same request, and again when something has changed.
 */
#define _GNU_SOURCE
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "slurm/elsewhere.h"
#include "cmd/smigrate/migration.h"
#include "cmd/smigrate/place.h"

#define SOON 60 /* seconds: what starts by then is not worth waiting for */

/* Jobs of one request, as seen from one place. */
struct view {
	char *key;
	bool *allowed; /* of each node of the cluster */
	bool bound;
	bool by_cpu;	 /* bound, and would not be if its CPU did not matter */
	bool by_options; /* bound, and would not be without --nodelist and --exclude */
	bool asked;
	struct estimate estimate;
};

/* A partition that jobs wait for, and the first that waits for nothing but nodes. */
struct rival {
	char *partition;
	unsigned int priority;
	unsigned int id; /* 0: there is none */
};

struct outlook {
	void *views; /* a tree, by key */
	time_t jobs, nodes;
	struct rival *rivals;
	size_t nrivals;
};

/* ---- views ---- */

static int compare_views(const void *a, const void *b)
{
	const struct view *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static void free_view(void *p)
{
	struct view *v = p;

	free(v->key);
	free(v->allowed);
	estimate_free(&v->estimate);
	free(v);
}

static bool is_any_allowed(const struct migration *m, const struct view *v)
{
	for (size_t i = 0; i < m->cluster.count; i++) {
		if (v->allowed[i])
			return true;
	}
	return false;
}

static void mark_allowed(const struct migration *m, struct view *v,
			 const struct migrant *j, const struct job_entry *job)
{
	const struct smigrate *s = m->s;
	const char *nodelist = place_own(j, job, PLACEMENT_NODELIST);
	const char *list = s->nodelist ? s->nodelist : s->relax ? "" : nodelist;
	const char *partition =
		s->partition ? s->partition : place_own(j, job, PLACEMENT_PARTITION);
	const char *constraint = place_own(j, job, PLACEMENT_CONSTRAINT);
	bool any = false, any_without = false, any_cpu;

	place_mark(m, v->allowed, list, true);
	for (size_t i = 0; i < m->cluster.count; i++) {
		const struct node_entry *node = &m->cluster.nodes[i];

		if (*list && !v->allowed[i])
			continue;
		v->allowed[i] =
			elsewhere_allows(node, partition, s->relax ? "" : constraint);
	}
	place_mark(m, v->allowed, place_avoided(m, j), false);
	place_mark(m, v->allowed, place_own(j, job, PLACEMENT_EXCLUDE), false);
	any_cpu = is_any_allowed(m, v);
	place_mark(m, v->allowed, place_unfit(j), false);
	for (size_t i = 0; i < m->cluster.count; i++)
		any_without = any_without || v->allowed[i] || s->nodelist || s->partition;
	place_mark(m, v->allowed, s->exclude, false);
	for (size_t i = 0; i < m->cluster.count; i++)
		any = any || v->allowed[i];
	v->by_cpu = any_cpu && !any && !any_without;
	v->by_options = !any && any_without;
	v->bound = !any || (!s->nodelist && !s->relax && *nodelist &&
			    hosts_meet(nodelist, place_avoided(m, j)));
	for (size_t i = 0; i < m->cluster.count; i++)
		v->allowed[i] = v->allowed[i] && m->cluster.nodes[i].takes_jobs;
}

static struct view *find_view(struct migration *m, const struct migrant *j,
			      const struct job_entry *job)
{
	cleanup_free char *request = estimate_key(job);
	struct view *v = calloc(1, sizeof(*v));
	struct view **found;

	if (!v)
		return NULL;
	v->key = request ? str_printf("%s|%s|%s|%s|%s|%s|%s", request,
				      place_avoided(m, j), place_unfit(j),
				      place_own(j, job, PLACEMENT_NODELIST),
				      place_own(j, job, PLACEMENT_EXCLUDE),
				      place_own(j, job, PLACEMENT_PARTITION),
				      place_own(j, job, PLACEMENT_CONSTRAINT))
			 : NULL;
	v->allowed = calloc(m->cluster.count + 1, sizeof(bool));
	found = v->key && v->allowed ? tsearch(v, &m->outlook->views, compare_views)
				     : NULL;
	if (!found || *found != v) {
		free_view(v);
		return found ? *found : NULL;
	}
	mark_allowed(m, v, j, job);
	return v;
}

/* ---- who else waits ---- */

static int add_rival(struct outlook *o, const char *partition,
		     const struct job_entry *job)
{
	struct rival *grown;

	for (size_t i = 0; i < o->nrivals; i++) {
		if (strcmp(o->rivals[i].partition, partition) != 0)
			continue;
		if (job->competes && job->priority > o->rivals[i].priority) {
			o->rivals[i].priority = job->priority;
			o->rivals[i].id = job->id;
		}
		return 0;
	}
	grown = reallocarray(o->rivals, o->nrivals + 1, sizeof(*grown));
	if (!grown)
		return -1;
	o->rivals = grown;
	grown[o->nrivals] =
		(struct rival){ strdup(partition), job->competes ? job->priority : 0,
				job->competes ? job->id : 0 };
	return grown[o->nrivals++].partition ? 0 : -1;
}

static void drop_rivals(struct outlook *o)
{
	for (size_t i = 0; i < o->nrivals; i++)
		free(o->rivals[i].partition);
	free(o->rivals);
	o->rivals = NULL;
	o->nrivals = 0;
}

static int find_rivals(struct migration *m)
{
	drop_rivals(m->outlook);
	for (size_t i = 0; i < m->table.count; i++) {
		const struct job_entry *job = &m->table.jobs[i];
		cleanup_free char *copy = NULL;
		char *rest = NULL;

		if (job->phase != JOB_QUEUED)
			continue;
		copy = strdup(job->partition);
		for (char *p = copy ? strtok_r(copy, ",", &rest) : NULL; p;
		     p = strtok_r(NULL, ",", &rest)) {
			if (add_rival(m->outlook, p, job) < 0)
				return -1;
		}
	}
	return 0;
}

/* What would be started before it; 0 if nothing would. *any: do jobs wait at all? */
static unsigned int find_rival(const struct migration *m, const struct migrant *j,
			       const struct job_entry *job, bool *any)
{
	const char *partition = m->s->partition ? m->s->partition
						: place_own(j, job, PLACEMENT_PARTITION);
	unsigned int priority = migrant_priority(m, job);

	*any = false;
	for (size_t i = 0; i < m->outlook->nrivals; i++) {
		const struct rival *r = &m->outlook->rivals[i];

		if (!list_has(partition, r->partition))
			continue;
		*any = true;
		if (r->id && r->priority > priority)
			return r->id;
	}
	return 0;
}

/* ---- room ---- */

static struct fit_request request_of(const struct migration *m,
				     const struct job_entry *job)
{
	return (struct fit_request){
		.nodes = job->node_count,
		.cpus = job->cpus,
		.memory = job->memory,
		.user = job->user,
		.alone = job->whole_nodes || m->s->exclusive,
		.no_others = m->s->exclusive_user,
		.spread = m->s->spread,
	};
}

static void take_nodes(struct migration *m, const struct job_entry *job)
{
	const struct fit_request request = {
		.cpus = job->cpus,
		.memory = job->memory,
		.user = job->user,
		.alone = job->whole_nodes,
	};
	struct hosts hosts;

	if (hosts_expand(job->nodes, &hosts) == 0) {
		for (size_t i = 0; i < hosts.count; i++) {
			const struct node_entry *node =
				node_table_find(&m->cluster, hosts.names[i]);

			if (node)
				fit_take(&m->room[node - m->cluster.nodes], &request);
		}
	}
	hosts_free(&hosts);
}

static void take_chosen(struct migration *m, const struct migrant *j,
			const struct job_entry *job)
{
	const struct fit_request request = request_of(m, job);

	for (unsigned int i = 0; i < j->node_count; i++)
		fit_take(&m->room[j->chosen[i]], &request);
}

static bool is_on_its_way(const struct migrant *j)
{
	return j->state == MIGRANT_SAVES || j->state == MIGRANT_LEAVES ||
	       j->state == MIGRANT_QUEUED;
}

static int count_room(struct migration *m, struct error *e)
{
	free(m->room);
	m->room = calloc(m->cluster.count + 1, sizeof(*m->room));
	if (!m->room)
		return error_sys(e, "nodes");
	for (size_t i = 0; i < m->cluster.count; i++)
		m->room[i] = (struct fit_node){ .cpus = m->cluster.nodes[i].cpus,
						.memory = m->cluster.nodes[i].memory };
	for (size_t i = 0; i < m->table.count; i++) {
		const struct job_entry *job = &m->table.jobs[i];

		if ((job->phase == JOB_RUNS || job->phase == JOB_LEAVES) && *job->nodes)
			take_nodes(m, job);
	}
	for (size_t i = 0; i < m->count; i++) {
		const struct migrant *j = m->migrants[i];
		const struct job_entry *job = job_table_find(&m->table, j->id);

		if (is_on_its_way(j) && j->promised && job)
			take_chosen(m, j, job);
	}
	return 0;
}

/* ---- one job ---- */

/* Slurm's own opinion, for all jobs of a view; nodes that are to be emptied are not. */
static int ask_slurm(const struct migration *m, struct view *v, const struct migrant *j,
		     const struct job_entry *job, struct error *e)
{
	cleanup_free char *avoided = NULL, *exclude = NULL;
	struct placement p = { 0 };
	int rc;

	if (v->asked)
		return 0;
	avoided = hosts_join(place_avoided(m, j), place_unfit(j));
	if (!avoided)
		return error_sys(e, "estimate");
	exclude = hosts_join(j->wanted.value[PLACEMENT_EXCLUDE]
				     ? j->wanted.value[PLACEMENT_EXCLUDE]
				     : place_own(j, job, PLACEMENT_EXCLUDE),
			     avoided);
	rc = exclude ? placement_merge(&p, &j->own) : -1;
	if (rc == 0)
		rc = placement_merge(&p, &j->wanted);
	/* Nodes that we chose for one job are not those of the next. */
	if (rc == 0 && (m->s->exclusive || m->s->exclusive_user || m->s->spread))
		rc = placement_put(&p, PLACEMENT_NODELIST,
				   m->s->relax || m->s->nodelist
					   ? ""
					   : place_own(j, job, PLACEMENT_NODELIST));
	if (rc == 0)
		rc = placement_put(&p, PLACEMENT_EXCLUDE, exclude);
	rc = rc < 0 ? error_sys(e, "estimate") : estimate_start(job, &p, &v->estimate, e);
	placement_free(&p);
	v->asked = rc == 0;
	if (rc == 0 && m->s->verbose)
		display_say(m, "a job like %s: Slurm says %s%s", j->name,
			    v->estimate.why ? v->estimate.why : "it would start on ",
			    v->estimate.why ? "" : v->estimate.nodes);
	return rc;
}

static void explain(struct migrant *j, const struct view *v, unsigned int rival)
{
	switch (j->verdict.why) {
	case MIGRATE_BOUND:
		if (v->by_cpu) {
			error_set(&j->why,
				  "no other node that it may have is known to have all "
				  "that it may use of a CPU; --checkpoint-cpu at its "
				  "submission would have it use less");
			break;
		}
		if (v->by_options) {
			error_set(&j->why,
				  "the nodes, the partition or --not-back that were "
				  "given leave no node for it");
			break;
		}
		error_set(&j->why,
			  "it asks for nodes of which only %s is there, or for "
			  "features that no other has; --relax lifts that",
			  j->from);
		break;
	case MIGRATE_REFUSED:
		error_set(&j->why, "Slurm would not start it elsewhere: %s",
			  v->estimate.why);
		break;
	case MIGRATE_FULL:
		error_set(&j->why, "there is no room for it elsewhere now");
		break;
	case MIGRATE_BEHIND:
		error_set(&j->why, "job %u waits for nodes and comes first", rival);
		break;
	case MIGRATE_SUSPENDED:
		error_set(&j->why, "it is suspended");
		break;
	case MIGRATE_PARALLEL:
		error_set(&j->why, "it runs on other nodes, too");
		break;
	case MIGRATE_CAN:
		j->why.text[0] = '\0';
		break;
	case MIGRATE_UNPROTECTED:
	case MIGRATE_FAILED:
		break; /* that has been said */
	}
}

static int judge(struct migration *m, struct migrant *j, const struct job_entry *job,
		 struct error *e)
{
	const struct smigrate *s = m->s;
	struct fit_request request = request_of(m, job);
	struct view *v = find_view(m, j, job);
	struct migrate_facts f = { .protected = j->protected,
				   .parallel = j->on_others,
				   .suspended = job->suspended,
				   .failed = j->failed };
	bool queue;
	unsigned int rival = find_rival(m, j, job, &queue);

	if (!v)
		return error_sys(e, "job %s", j->name);
	f.bound = v->bound;
	f.late = s->wait_limit >= 0 && seconds_now() - j->found >= (double)s->wait_limit;
	f.fits = fit_find(m->room, m->cluster.count, v->allowed, &request, j->chosen);
	f.behind = rival != 0;
	if (place(m, j, job, f.fits) < 0)
		return error_sys(e, "job %s", j->name);
	if (j->protected && (f.fits || s->test_only) && ask_slurm(m, v, j, job, e) < 0)
		return -1;
	f.refused = v->asked && v->estimate.why;
	j->start = v->asked ? v->estimate.start : 0;
	/* To jobs that come after others that wait Slurm gives those' whole time limits.
	 */
	if (!queue && j->start > time(NULL) + SOON)
		f.fits = false;
	j->verdict = migrate_decide(&s->policy, &f);
	explain(j, v, rival);
	/* Who named the job is told; a node waits until it is empty by itself. */
	if (v->by_options && !s->drain && j->verdict.why == MIGRATE_BOUND &&
	    j->verdict.act == MIGRATE_WAIT) {
		j->verdict.act = MIGRATE_FAIL;
		error_prefix(&j->why, "job %s", j->name);
	}
	j->promised = f.fits && j->verdict.act == MIGRATE_MOVE;
	free(j->to);
	j->to = j->promised ? place_chosen(m, j) : NULL;
	if (j->promised)
		take_chosen(m, j, job);
	return 0;
}

/* What one user's files bring about ends nothing for the others. */
static void leave_alone(struct migrant *j, const struct error *e)
{
	j->why = *e;
	j->failed = true;
	j->promised = false;
	j->verdict = (struct migrate_verdict){ MIGRATE_SKIP, MIGRATE_FAILED };
}

/* ---- all ---- */

static int by_order(const void *a, const void *b)
{
	const struct migrant *x = *(struct migrant *const *)a;
	const struct migrant *y = *(struct migrant *const *)b;

	return migrate_order(x->memory, x->id, y->memory, y->id);
}

static int begin(struct migration *m, struct error *e)
{
	struct outlook *o = m->outlook;

	if (!o)
		o = m->outlook = calloc(1, sizeof(*o));
	if (!o)
		return error_sys(e, "jobs");
	if (o->jobs != m->table.updated || o->nodes != m->cluster.updated) {
		tdestroy(o->views, free_view);
		o->views = NULL;
		o->jobs = m->table.updated;
		o->nodes = m->cluster.updated;
	}
	if (find_rivals(m) < 0)
		return error_sys(e, "jobs");
	return count_room(m, e);
}

int outlook_take(struct migration *m, struct error *e)
{
	if (begin(m, e) < 0)
		return -1;
	qsort(m->migrants, m->count, sizeof(*m->migrants), by_order);
	for (size_t i = 0; i < m->count; i++) {
		struct migrant *j = m->migrants[i];
		const struct job_entry *job = job_table_find(&m->table, j->id);
		struct error own;

		if (j->state == MIGRANT_WAITS && job && judge(m, j, job, &own) < 0)
			leave_alone(j, &own);
	}
	return 0;
}

void outlook_free(struct migration *m)
{
	if (!m->outlook)
		return;
	tdestroy(m->outlook->views, free_view);
	drop_rivals(m->outlook);
	free(m->outlook);
	m->outlook = NULL;
}
