// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/srun_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "step/demand.h"
#include "testing.h"

/* Words with blanks between them, as srun's command line. */
static void read_line(struct srun_options *o, const char *line)
{
	static char text[256];
	static char *argv[32];
	char *rest = text;
	int argc = 0;

	snprintf(text, sizeof(text), "srun %s", line);
	while ((argv[argc] = strsep(&rest, " ")))
		argc++;
	srun_options_read(o, argc, argv);
}

static void each_line_is_ours_or_slurms(void **state)
{
	static const struct {
		const char *line;
		enum step_verdict verdict;
		const char *reason;
	} cases[] = {
		{ "true", STEP_RUNS, NULL },
		{ "-n1 true --pty", STEP_RUNS, NULL },
		{ "-N1 -n 2 -c2 --exclusive ./a", STEP_RUNS, NULL },
		{ "-N 1-1 --label -ln1 -- true", STEP_RUNS, NULL },
		{ "--mem=1G --open-mode=append -o out.%t a", STEP_RUNS, NULL },
		{ "--cpu-bind=verbose,cores -m block:cyclic -K -W9 a", STEP_RUNS, NULL },
		{ "--cpu-bind=q,none -t 1-0 -p any -A any -q any a", STEP_RUNS, NULL },
		{ "--gres=none --exclusive=user a", STEP_RUNS, NULL },
		{ "--pty sh", STEP_UNKNOWN, "pty" },
		{ "--gpus=1 a", STEP_UNKNOWN, "gpus" },
		{ "--export=NIL a", STEP_UNKNOWN, "export" },
		{ "--cpu-bind=rank_ldom a", STEP_UNKNOWN, "cpu-bind" },
		{ "-n1 a : -n1 b", STEP_UNKNOWN, "a step of several components (\":\")" },
		{ "--nosuch true", STEP_REFUSED, NULL },
		{ "--no true", STEP_REFUSED, NULL },
		{ "--ntas=1 true", STEP_REFUSED, NULL },
		{ "-n 0 true", STEP_REFUSED, NULL },
		{ "-n true", STEP_REFUSED, NULL },
		{ "-n 1k true", STEP_REFUSED, NULL },
		{ "-N2 true", STEP_REFUSED, NULL },
		{ "--mem=x true", STEP_REFUSED, NULL },
		{ "--mem=1 --mem-per-cpu=1 true", STEP_REFUSED, NULL },
		{ "--cpu-bind=yes true", STEP_REFUSED, NULL },
		{ "-t bogus true", STEP_REFUSED, NULL },
		{ "--label=x true", STEP_REFUSED, NULL },
		{ "--help", STEP_REFUSED, NULL },
		{ "-n1", STEP_REFUSED, NULL },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct srun_options o;

		read_line(&o, cases[i].line);
		if (o.verdict != cases[i].verdict ||
		    (cases[i].reason && strcmp(o.reason, cases[i].reason) != 0))
			fail_msg("%s: %d %s", cases[i].line, (int)o.verdict,
				 o.reason ? o.reason : "");
	}
}

static void values_are_read(void **state)
{
	struct srun_options o;

	read_line(&o, "-n 3 -c2 --mem=2G -t 1:30 -K0 --wait 7 -e e -D /tmp ./a -n 4");
	assert_int_equal(o.ntasks, 3);
	assert_int_equal(o.cpus_per_task, 2);
	assert_true(o.cpus_per_task_given);
	assert_int_equal(o.mem, 2048);
	assert_int_equal(o.time_limit, 90);
	assert_int_equal(o.kill_on_bad, 0);
	assert_int_equal(o.wait, 7);
	assert_string_equal(o.error, "e");
	assert_string_equal(o.chdir, "/tmp");
	assert_string_equal(o.argv[0], "./a");
	assert_string_equal(o.argv[1], "-n");
}

static void the_environment_is_overridden_by_the_command_line(void **state)
{
	struct srun_options o;

	setenv("SLURM_NPROCS", "1", 1);
	setenv("SLURM_NTASKS", "2", 1);
	setenv("SRUN_CPUS_PER_TASK", "2", 1);
	setenv("SLURM_CPUS_PER_TASK", "1", 1);
	setenv("SLURM_MEM_PER_CPU", "800", 1);
	read_line(&o, "a");
	assert_int_equal(o.ntasks, 2);
	assert_int_equal(o.cpus_per_task, 1);
	assert_false(o.cpus_per_task_given);
	assert_true(o.has_mem_per_cpu);
	read_line(&o, "-n5 --mem=100 a");
	assert_int_equal(o.ntasks, 5);
	assert_true(o.has_mem);
	assert_false(o.has_mem_per_cpu);
	setenv("SLURM_GPUS", "1", 1);
	read_line(&o, "a");
	assert_int_equal(o.verdict, STEP_UNKNOWN);
	assert_string_equal(o.reason, "SLURM_GPUS");
	clearenv();
}

/* What a job of 4 CPUs and 400 MiB grants: tasks, CPUs and memory of the step. */
static void a_step_demands_what_slurm_would_reckon(void **state)
{
	static const struct {
		const char *line;
		int rc;
		long ntasks, cpus;
		uint64_t mem;
	} cases[] = {
		{ "a", 0, 1, 4, 0 },
		{ "-n2 a", 0, 2, 4, 0 },
		{ "-n4 a", 0, 4, 4, 0 },
		{ "-n5 a", -1, 0, 0, 0 },
		{ "-n5 -O a", 0, 5, 4, 0 },
		{ "-n1 --exact a", 0, 1, 1, 0 },
		{ "-n2 -c2 a", 0, 2, 4, 0 },
		{ "-n1 -c2 a", 0, 1, 2, 0 },
		{ "-c2 a", 0, 2, 4, 0 },
		{ "-c5 a", -1, 0, 0, 0 },
		{ "--ntasks-per-node=3 a", 0, 3, 4, 0 },
		{ "-n1 --exact --mem-per-cpu=100 a", 0, 1, 1, 100 },
		{ "-n2 --exact --mem-per-cpu=100 a", 0, 2, 2, 200 },
		{ "-n1 --mem=400 a", 0, 1, 4, 400 },
		{ "-n1 --mem=401 a", -1, 0, 0, 0 },
	};
	static const struct room room = { .cpus = 4, .mem = 400 };

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct srun_options o;
		struct demand d;
		int rc;

		read_line(&o, cases[i].line);
		rc = demand_make(&d, &o, &room);
		if (rc != cases[i].rc ||
		    (rc == 0 && (d.ntasks != cases[i].ntasks || d.cpus != cases[i].cpus ||
				 d.mem != cases[i].mem)))
			fail_msg("%s: %d %ld %ld", cases[i].line, rc, d.ntasks, d.cpus);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_ours_or_slurms),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(the_environment_is_overridden_by_the_command_line),
		cmocka_unit_test(a_step_demands_what_slurm_would_reckon),
	};

	clearenv();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
