// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * data.c - what came out, for other programs: CSV with a line for each run, and JSON.
 */
#include <math.h>

#include "cmd/srebalance/srebalance.h"

static unsigned int seed_of(const struct simulate *s, unsigned int run)
{
	return s->seeds ? s->first_seed + run : 0;
}

/* ---- CSV ---- */

static void csv_line(const struct metrics *m, FILE *f)
{
	for (int i = 0; i < METRICS; i++) {
		if (isfinite(m->values[i]))
			fprintf(f, ",%.6g", m->values[i]);
		else
			fputc(',', f);
	}
	fputc('\n', f);
}

void print_csv(const struct simulate *s, const struct outcome *o, FILE *f)
{
	fputs("policy,seed", f);
	for (int i = 0; i < METRICS; i++)
		fprintf(f, ",%s", metric_kinds[i].name);
	fputc('\n', f);
	for (int p = 0; p < SIM_POLICIES; p++) {
		for (unsigned int run = 0; o->metrics[p] && run < o->runs; run++) {
			fprintf(f, "%s,%u", sim_policy_word((enum sim_policy)p),
				seed_of(s, run));
			csv_line(&o->metrics[p][run], f);
		}
	}
}

/* ---- JSON ---- */

static void add_real(struct json_object *o, const char *name, double value)
{
	json_object_object_add(o, name,
			       isfinite(value) ? json_object_new_double(value) : NULL);
}

static struct json_object *mean_object(const struct outcome *o, enum sim_policy policy,
				       enum metric metric)
{
	struct json_object *object = json_object_new_object();
	struct metric_mean mean = outcome_mean(o, policy, metric);
	struct metric_mean ratio = outcome_ratio(o, policy, metric);

	add_real(object, "mean", mean.mean);
	add_real(object, "half_interval", mean.half);
	add_real(object, "change", outcome_change(o, policy, metric));
	add_real(object, "ratio_mean", ratio.mean);
	add_real(object, "ratio_half_interval", ratio.half);
	return object;
}

static struct json_object *run_object(const struct metrics *m, unsigned int seed)
{
	struct json_object *object = json_object_new_object();

	json_number(object, "seed", seed);
	for (int i = 0; i < METRICS; i++)
		add_real(object, metric_kinds[i].name, m->values[i]);
	return object;
}

static struct json_object *policy_object(const struct simulate *s,
					 const struct outcome *o, enum sim_policy policy)
{
	struct json_object *object = json_object_new_object();
	struct json_object *runs = json_object_new_array();
	struct json_object *means = json_object_new_object();

	json_text(object, "policy", sim_policy_word(policy));
	for (int i = 0; i < METRICS; i++)
		json_object_object_add(means, metric_kinds[i].name,
				       mean_object(o, policy, (enum metric)i));
	json_object_object_add(object, "metrics", means);
	for (unsigned int run = 0; run < o->runs; run++)
		json_object_array_add(
			runs, run_object(&o->metrics[policy][run], seed_of(s, run)));
	json_object_object_add(object, "runs", runs);
	return object;
}

void print_json(const struct simulate *s, const struct outcome *o, FILE *f)
{
	struct json_object *object = json_object_new_object();
	struct json_object *policies = json_object_new_array();

	json_text(object, "trace", simulate_name(s));
	json_number(object, "jobs", o->base.count);
	json_number(object, "unusable", o->base.unusable);
	json_number(object, "too_wide", o->base.too_wide);
	json_number(object, "cpus", s->options.cpus);
	add_real(object, "load", o->load);
	for (int p = 0; p < SIM_POLICIES; p++) {
		if (o->metrics[p])
			json_object_array_add(policies,
					      policy_object(s, o, (enum sim_policy)p));
	}
	json_object_object_add(object, "policies", policies);
	fprintf(f, "%s\n",
		json_object_to_json_string_ext(object,
					       JSON_C_TO_STRING_PRETTY |
						       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}
