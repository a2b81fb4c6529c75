// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plan_print - what a plan is, for people and for programs.
 */
#include "cmd/srebalance/plan.h"

#define UNABLE_MAX 10 /* lines */
#define QUEUE_MAX  40

/* ---- for people ---- */

static void print_move(const struct plan_move *m, FILE *f)
{
	fprintf(f, "%-12s %-10s %5u %-14s %-14s %9.0f  %s\n",
		plan_name(m->job->entry).text, m->job->entry->user_name, m->job->job.cpus,
		m->from ? m->from : "(queue)", m->to ? m->to : "(queue)", m->cost,
		m->why);
}

static void print_moves(const struct plan *p, FILE *f)
{
	size_t group = SIZE_MAX;
	double cost = 0, gain = 0;

	fprintf(f, "%-12s %-10s %5s %-14s %-14s %9s  %s\n", "JOBID", "USER", "CPUS",
		"FROM", "TO", "COST", "WHY");
	for (size_t i = 0; i < plan_count(p); i++) {
		struct plan_move move = plan_move(p, i);

		print_move(&move, f);
		cost += move.cost;
		if (move.group != group)
			gain += move.gain;
		group = move.group;
	}
	if (p->policy == PLAN_PREEMPT)
		fprintf(f, "All in all they cost %.0f CPU seconds.\n", cost);
	else
		fprintf(f, "All in all they cost %.0f CPU seconds, and gain %.0f.\n",
			cost, gain);
}

static void print_queue(const struct plan *p, FILE *f)
{
	const struct cluster_list *waiting = &p->live.c.waiting;

	fprintf(f, "%-12s %-10s %5s %10s %8s\n", "JOBID", "USER", "CPUS", "PRIORITY",
		"FACTOR");
	for (size_t i = 0; i < waiting->count && i < QUEUE_MAX; i++) {
		const struct cluster_job *job = waiting->jobs[i];
		const struct job_entry *entry = live_job(job)->entry;

		fprintf(f, "%-12s %-10s %5u %10u %8.2f\n", plan_name(entry).text,
			entry->user_name, job->cpus, entry->priority, job->factor);
	}
	if (waiting->count > QUEUE_MAX)
		fprintf(f, "and %zu more jobs that wait\n", waiting->count - QUEUE_MAX);
}

static void print_unable(const struct plan *p, FILE *f)
{
	for (size_t i = 0; i < p->unable.count && i < UNABLE_MAX; i++)
		fprintf(f, "stays: %s\n", p->unable.names[i]);
	if (p->unable.count > UNABLE_MAX)
		fprintf(f, "and %zu more jobs that cannot be moved\n",
			p->unable.count - UNABLE_MAX);
}

void plan_print_text(const struct plan *p, FILE *f)
{
	if (p->policy == PLAN_ORDER) {
		print_queue(p, f);
		return;
	}
	if (plan_count(p) > 0) {
		print_moves(p, f);
		plan_print_picture(p, f);
	} else {
		fprintf(f, "%s: no move is worth it now\n", plan_policy_word(p->policy));
	}
	print_unable(p, f);
}

/* ---- for programs ---- */

static void add_move(struct json_object *list, const struct plan_move *m)
{
	struct json_object *o = json_add_job(list, plan_name(m->job->entry).text,
					     m->job->entry->user_name);

	json_number(o, "cpus", m->job->job.cpus);
	json_text(o, "from", m->from);
	json_text(o, "to", m->to);
	json_text(o, "for", m->because ? plan_name(m->because->entry).text : NULL);
	json_number(o, "group", m->group);
	json_seconds(o, "cost", m->cost);
	json_seconds(o, "gain", m->gain);
	json_text(o, "why", m->why);
}

static struct json_object *moves_list(const struct plan *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; p->policy != PLAN_ORDER && i < plan_count(p); i++) {
		struct plan_move move = plan_move(p, i);

		add_move(list, &move);
	}
	return list;
}

static struct json_object *queue_list(const struct plan *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < p->live.c.waiting.count; i++) {
		const struct cluster_job *job = p->live.c.waiting.jobs[i];
		const struct job_entry *entry = live_job(job)->entry;
		struct json_object *o =
			json_add_job(list, plan_name(entry).text, entry->user_name);

		json_number(o, "cpus", job->cpus);
		json_number(o, "priority", entry->priority);
		json_seconds(o, "factor", cluster_factor(job, p->live.c.now));
	}
	return list;
}

static struct json_object *unable_list(const struct plan *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < p->unable.count; i++)
		json_object_array_add(list, json_object_new_string(p->unable.names[i]));
	return list;
}

void plan_print_json(const struct plan *p, FILE *f)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "policy", plan_policy_word(p->policy));
	json_object_object_add(o, "moves", moves_list(p));
	json_object_object_add(o, "unable", unable_list(p));
	json_object_object_add(o, "queue", queue_list(p));
	fprintf(f, "%s\n",
		json_object_to_json_string_ext(
			o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}
