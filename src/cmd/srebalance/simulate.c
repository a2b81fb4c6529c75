// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "base/cleanup.h"
#include "cmd/srebalance/srebalance.h"
#include "sim/lublin.h"
#include "sim/machine.h"
#include "sim/placed.h"

/* Set by the build: in one for finding errors all is checked at every event. */
#ifndef SIM_CHECK
#define SIM_CHECK false
#endif

const char *simulate_name(const struct simulate *s)
{
	return s->trace ? s->trace : "lublin";
}

/* ---- the cluster ---- */

static int apply_machine(struct simulate *s, struct error *e)
{
	struct machine m;

	if (machine_read(&m, s->machine, e) < 0)
		return -1;
	s->placed = m;
	s->options.cpus = m.cpus;
	s->options.cost.node_cpus = m.node_cpus;
	if (m.memory)
		s->options.cost.memory = m.memory / m.cpus;
	return 0;
}

/* Without a file all nodes are alike, and have memory for whatever runs there. */
static void describe_nodes(struct simulate *s, uint32_t cpus)
{
	uint64_t nodes = s->options.cpus / cpus;

	s->placed = (struct machine){
		.kinds = { { .nodes = nodes, .cpus = cpus } },
		.kind_count = 1,
		.nodes = nodes,
		.cpus = nodes * cpus,
		.node_cpus = cpus,
	};
}

/* max_procs is what the trace says. */
static int set_cluster(struct simulate *s, uint64_t max_procs, struct error *e)
{
	unsigned int cpus = s->node_cpus ? s->node_cpus : 1;

	if (s->machine)
		return apply_machine(s, e);
	s->options.cost.node_cpus = cpus;
	s->options.cpus = s->nodes ? (uint64_t)s->nodes * cpus : max_procs;
	if (s->options.cpus == 0)
		return error_set(e,
				 "%s: its header does not say on how many CPUs it ran; "
				 "give --nodes or --machine",
				 simulate_name(s));
	if (s->options.cpus > TRACE_MAX_CPUS)
		return error_set(e, "%llu CPUs: more than %u are not simulated",
				 (unsigned long long)s->options.cpus, TRACE_MAX_CPUS);
	describe_nodes(s, cpus);
	return 0;
}

/* ---- the jobs ---- */

static int get_jobs(struct simulate *s, struct trace *t, struct error *e)
{
	if (s->trace && trace_read(t, s->trace, e) < 0)
		return -1;
	if (set_cluster(s, t->max_procs, e) < 0)
		return -1;
	if (s->lublin && lublin_make(t, s->lublin, s->options.cpus, s->first_seed, e) < 0)
		return -1;
	trace_fit(t, s->options.cpus);
	if (s->place) {
		s->options.machine = &s->placed;
		placed_fit(t, &s->placed, s->options.exclusive);
	}
	if (t->count == 0)
		return error_set(e, "%s: it has no job that could run", simulate_name(s));
	if (s->load > 0 && trace_load(t, s->options.cpus) > 0)
		trace_set_load(t, s->options.cpus, s->load);
	return 0;
}

/* ---- the runs ---- */

static int run_policy(const struct trace *t, struct sim_options *options,
		      struct metrics *metrics, int64_t *waits, struct error *e)
{
	struct sim_result result;
	int rc;

	if (sim_run(t, options, &result, e) < 0)
		return error_prefix(e, "%s", sim_policy_word(options->policy));
	rc = metrics_of(metrics, t, &result, options->cpus, e);
	if (options->policy == SIM_EASY) {
		for (size_t i = 0; i < t->count; i++)
			waits[i] = metrics_wait(t, &result, i);
	}
	sim_result_free(&result);
	return rc;
}

/* All policies on the same arrivals. EASY comes first: the guard needs its waits. */
static int run_policies(const struct simulate *s, const struct trace *t,
			struct outcome *o, unsigned int run, struct error *e)
{
	cleanup_free int64_t *waits = malloc(t->count * sizeof(*waits));

	if (!waits)
		return error_sys(e, "%zu jobs", t->count);
	for (int p = 0; p < SIM_POLICIES; p++) {
		struct sim_options options = s->options;

		if (!o->metrics[p])
			continue;
		options.policy = (enum sim_policy)p;
		options.moves = p == SIM_COMPACT ? compact_defaults : defragment_defaults;
		if (p == SIM_PREEMPT && options.guard.at_once)
			options.fair_waits = waits;
		if (run_policy(t, &options, &o->metrics[p][run], waits, e) < 0)
			return -1;
	}
	return 0;
}

static int run_all(const struct simulate *s, struct outcome *o, struct error *e)
{
	for (unsigned int run = 0; run < o->runs; run++) {
		struct trace shaken;
		int rc;

		if (trace_shake(&shaken, &o->base, s->seeds ? s->first_seed + run : 0,
				e) < 0)
			return -1;
		rc = run_policies(s, &shaken, o, run, e);
		trace_free(&shaken);
		if (rc < 0)
			return error_prefix(e, "seed %u",
					    s->seeds ? s->first_seed + run : 0);
	}
	return 0;
}

static int outcome_init(struct outcome *o, const struct simulate *s, struct error *e)
{
	o->runs = s->seeds ? s->seeds : 1;
	o->load = trace_load(&o->base, s->options.cpus);
	for (int p = 0; p < SIM_POLICIES; p++) {
		if (!s->policies[p])
			continue;
		o->metrics[p] = calloc(o->runs, sizeof(struct metrics));
		if (!o->metrics[p])
			return error_sys(e, "%u runs", o->runs);
	}
	return 0;
}

static void outcome_free(struct outcome *o)
{
	trace_free(&o->base);
	for (int p = 0; p < SIM_POLICIES; p++)
		free(o->metrics[p]);
}

/* ---- what came out ---- */

static double *values_of(const struct outcome *o, enum sim_policy policy,
			 enum metric metric)
{
	double *values = malloc(o->runs * sizeof(*values));

	for (unsigned int i = 0; values && i < o->runs; i++)
		values[i] = o->metrics[policy][i].values[metric];
	return values;
}

struct metric_mean outcome_mean(const struct outcome *o, enum sim_policy policy,
				enum metric metric)
{
	cleanup_free double *values = values_of(o, policy, metric);

	return values ? metric_mean(values, o->runs) : (struct metric_mean){ 0 };
}

double outcome_change(const struct outcome *o, enum sim_policy policy, enum metric metric)
{
	return outcome_mean(o, policy, metric).mean /
		       outcome_mean(o, SIM_EASY, metric).mean -
	       1;
}

struct metric_mean outcome_ratio(const struct outcome *o, enum sim_policy policy,
				 enum metric metric)
{
	cleanup_free double *values = values_of(o, policy, metric);

	for (unsigned int i = 0; values && i < o->runs; i++)
		values[i] /= o->metrics[SIM_EASY][i].values[metric];
	return values ? metric_mean(values, o->runs) : (struct metric_mean){ 0 };
}

static int print_outcome(const struct simulate *s, const struct outcome *o)
{
	static void (*const print[])(const struct simulate *, const struct outcome *,
				     FILE *) = {
		[FORMAT_TEXT] = print_text,
		[FORMAT_CSV] = print_csv,
		[FORMAT_JSON] = print_json,
	};
	struct error e;

	print[s->format](s, o, stdout);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		error_sys(&e, "standard output");
		return complain(&e);
	}
	return EXIT_DONE;
}

static int simulate_all(struct simulate *s)
{
	struct outcome o = { .load = 0 };
	struct error e;
	int status;

	if (get_jobs(s, &o.base, &e) < 0 || outcome_init(&o, s, &e) < 0 ||
	    run_all(s, &o, &e) < 0)
		status = complain(&e);
	else
		status = print_outcome(s, &o);
	outcome_free(&o);
	return status;
}

int simulate(int argc, char **argv)
{
	struct simulate s = {
		.seeds = 6,
		.first_seed = 1,
		.policies = { [SIM_EASY] = true,
			      [SIM_ORDER] = true,
			      [SIM_PREEMPT] = true },
		.options = sim_defaults,
	};
	bool end;
	int status;

	s.options.preempt = preempt_defaults;
	s.options.guard = guard_defaults;
	s.options.cost = cost_defaults;
	s.options.power = power_defaults;
	s.options.check = SIM_CHECK;
	status = simulate_options(&s, argc, argv, &end);
	if (status != EXIT_DONE || end)
		return status;
	s.policies[SIM_EASY] = true;
	/* So that nobody takes for the merit of checkpoints what the order alone does. */
	s.policies[SIM_ORDER] |= s.policies[SIM_PREEMPT];
	s.place |= s.policies[SIM_DEFRAGMENT] || s.policies[SIM_COMPACT];
	return simulate_all(&s);
}
