// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "cmd/srebalance/srebalance.h"

static void print_title(const struct simulate *s, const struct outcome *o, FILE *f)
{
	fprintf(f, "%s: %zu jobs on %llu CPUs, load %.2f, ", simulate_name(s),
		o->base.count, (unsigned long long)s->options.cpus, o->load);
	if (s->seeds)
		fprintf(f, "%u runs with shaken arrivals (seeds %u to %u)\n", o->runs,
			s->first_seed, s->first_seed + o->runs - 1);
	else
		fputs("arrivals as they are\n", f);
	if (o->base.unusable)
		fprintf(f, "left out: %zu jobs that never ran\n", o->base.unusable);
	if (o->base.too_wide)
		fprintf(f, "left out: %zu jobs that need more CPUs than there are\n",
			o->base.too_wide);
}

/* A change in percent, or nothing to compare. */
static void print_change(double change, FILE *f)
{
	if (isfinite(change))
		fprintf(f, " %+7.1f%%", 100 * change);
	else
		fprintf(f, " %8s", "-");
}

static void print_half(double half, FILE *f)
{
	if (isfinite(half))
		fprintf(f, " +-%-7.0f", half);
	else
		fprintf(f, " %-9s", "");
}

static void print_means(const struct outcome *o, FILE *f)
{
	fprintf(f, "\n%-10s %9s %-9s %8s %9s %8s %8s %8s %6s %8s\n", "POLICY", "WAIT, s",
		"", "VS EASY", "SLOWDOWN", "VS EASY", "P99 WAIT", "LONGEST", "USED",
		"SAVED");
	for (int i = 0; i < SIM_POLICIES; i++) {
		enum sim_policy p = (enum sim_policy)i;
		struct metric_mean wait;

		if (!o->metrics[p])
			continue;
		wait = outcome_mean(o, p, METRIC_WAIT);
		fprintf(f, "%-10s %9.0f", sim_policy_word(p), wait.mean);
		print_half(wait.half, f);
		print_change(outcome_change(o, p, METRIC_WAIT), f);
		fprintf(f, " %9.1f", outcome_mean(o, p, METRIC_SLOWDOWN).mean);
		print_change(outcome_change(o, p, METRIC_SLOWDOWN), f);
		print_change(outcome_change(o, p, METRIC_WAIT_P99), f);
		print_change(outcome_change(o, p, METRIC_WAIT_LONGEST), f);
		fprintf(f, " %5.1f%% %7.2f%%\n",
			100 * outcome_mean(o, p, METRIC_UTILISATION).mean,
			100 * outcome_mean(o, p, METRIC_CHECKPOINTED).mean);
	}
}

static void print_classes(const struct outcome *o, FILE *f)
{
	fprintf(f, "\n%-10s %8s %8s %8s %8s %8s %8s %8s %8s\n", "VS EASY", "1 CPU",
		"<=1/16", "<=1/4", "wider", "<10 min", "<1 h", "<=8 h", "longer");
	for (int i = 0; i < SIM_POLICIES; i++) {
		if (!o->metrics[i] || i == SIM_EASY)
			continue;
		fprintf(f, "%-10s", sim_policy_word((enum sim_policy)i));
		for (int m = METRIC_WAIT_SERIAL; m <= METRIC_WAIT_LONG; m++)
			print_change(
				outcome_change(o, (enum sim_policy)i, (enum metric)m), f);
		fputc('\n', f);
	}
}

/* Of placed nodes; moves are apart, so that what they add to Slurm's own is seen. */
static void print_energy(const struct outcome *o, FILE *f)
{
	fprintf(f, "\n%-10s %10s %8s %12s %12s %8s\n", "POLICY", "KWH", "SAVED",
		"BOOTS/NODE", "MOVES/JOB", "WAIT");
	for (int i = 0; i < SIM_POLICIES; i++) {
		enum sim_policy p = (enum sim_policy)i;

		if (!o->metrics[p])
			continue;
		fprintf(f, "%-10s %10.1f %7.1f%% %12.2f %12.4f", sim_policy_word(p),
			outcome_mean(o, p, METRIC_ENERGY).mean,
			100 * outcome_mean(o, p, METRIC_ENERGY_SAVED).mean,
			outcome_mean(o, p, METRIC_BOOTS).mean,
			outcome_mean(o, p, METRIC_MOVES).mean);
		print_change(outcome_change(o, p, METRIC_WAIT), f);
		fputc('\n', f);
	}
}

void print_text(const struct simulate *s, const struct outcome *o, FILE *f)
{
	print_title(s, o, f);
	print_means(o, f);
	print_classes(o, f);
	if (s->place)
		print_energy(o, f);
	if (o->metrics[SIM_PREEMPT])
		fprintf(f,
			"\nCheckpoints: %.1f of each job that has any, at most %.0f; "
			"with the "
			"restarts\nthey take %.2f%% of the work.\n",
			outcome_mean(o, SIM_PREEMPT, METRIC_CHECKPOINTS).mean,
			outcome_mean(o, SIM_PREEMPT, METRIC_CHECKPOINTS_MOST).mean,
			100 * outcome_mean(o, SIM_PREEMPT, METRIC_LOST).mean);
}
