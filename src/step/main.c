// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * srun of a job that is saved: it stands in the place of Slurm's own in the job's mount
 * namespace, and starts the tasks of a step as its children, so they are saved with the
 * job. doc/srun.md says what is the same as with Slurm's, and what is not.
 *
 * Whatever it does not know it leaves to Slurm's srun, which it becomes.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/file.h"
#include "base/present.h"
#include "base/protocol.h"
#include "base/str.h"
#include "step/environment.h"
#include "step/hand.h"
#include "step/mpi.h"
#include "step/network.h"
#include "step/pmix.h"
#include "step/say.h"
#include "step/start.h"
#include "step/step.h"
#include "step/watch.h"

#define MULTI_MAX 60000 /* bytes of a file of --multi-prog, as in Slurm */

/* The release since which %a is 0 in a job that is of no array. */
#define WITHOUT_ARRAY_IS_0 2511

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static unsigned long long number(const char *name, unsigned long long otherwise)
{
	unsigned long long value;

	return str_to_ull(variable(name), 1 << 30, &value) == 0 ? value : otherwise;
}

/* ---- are we in the job? ---- */

/* A task of Slurm's own srun sees our mounts, but is not one of the job's processes. */
static bool is_in_namespace(void)
{
	size_t size;
	cleanup_free char *name = file_read(AT_FDCWD, "/proc/1/comm", 64, &size, NULL);

	return name &&
	       strncmp(name, CHECKPOINT_INIT_NAME, strlen(CHECKPOINT_INIT_NAME)) == 0;
}

static bool find_job(struct step *step)
{
	const char *dir = variable(CHECKPOINT_ENV_IMAGE_DIR);
	const char *slash = strrchr(dir, '/');

	step->job = variable("SLURM_JOB_ID");
	if (!slash || strcmp(slash + 1, step->job) != 0 || !is_in_namespace())
		return false;
	step->control = str_printf("%s/" CONTROL_DIR, dir);
	return step->control && step_site_read(step->control, &step->site, NULL) == 0;
}

/* What Slurm says of the job now, and the list of nodes that the script may have read. */
static char *take_present(void)
{
	size_t size;
	cleanup_free char *text = present_read(&size, NULL);
	char *before = strdup(variable("SLURM_JOB_NODELIST"));
	const char *conf;

	if (text)
		present_apply(text, size);
	conf = text ? present_find(text, size, PRESENT_CONF) : NULL;
	if (conf)
		setenv(PRESENT_CONF, conf, 0);
	return before;
}

static const char *find_array_task(const struct step *step)
{
	const char *task = getenv("SLURM_ARRAY_TASK_ID");

	if (task)
		return task;
	return step->site.release < WITHOUT_ARRAY_IS_0 ? "4294967294" : "0";
}

static void find_names(struct step *step)
{
	step->names = (struct pattern_values){ .job = step->job,
					       .array_job = getenv("SLURM_ARRAY_JOB_ID"),
					       .array_task = find_array_task(step),
					       .job_name = variable("SLURM_JOB_NAME"),
					       .node = variable("SLURMD_NODENAME"),
					       .user = variable("SLURM_JOB_USER") };
}

/* pid 1 of the job has all its CPUs, whatever was done to us. */
static void find_cpus(struct step *step)
{
	long allocated = (long)number("SLURM_CPUS_ON_NODE", 1);
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(1, sizeof(set), &set) < 0)
		CPU_SET(0, &set);
	binding_read_cpus(&step->job_cpus, &set);
	/* Where nothing keeps a job to its CPUs they are only counted. */
	step->confined = step->job_cpus.count <= allocated;
	if (!step->confined)
		step->job_cpus.count = (int)allocated;
}

static uint64_t find_memory(const struct step *step)
{
	uint64_t per_node = number("SLURM_MEM_PER_NODE", 0);
	uint64_t per_cpu = number("SLURM_MEM_PER_CPU", 0);

	return per_node ? per_node : per_cpu * (uint64_t)step->job_cpus.count;
}

/* ---- what is not ours ---- */

static void is_unknown(struct step *step, const char *reason)
{
	if (step->options.verdict != STEP_RUNS)
		return;
	step->options.verdict = STEP_UNKNOWN;
	step->options.reason = reason;
}

static void is_refused(struct step *step)
{
	step->options.verdict = STEP_REFUSED;
}

static void check_mpi(struct step *step)
{
	const char *reason = step->options.mpi ? "mpi" : "the cluster's MpiDefault";

	switch (mpi_protocol_of_step(step)) {
	case MPI_NONE:
	case MPI_PMI:
		break;
	case MPI_PMIX:
		if (pmix_load(NULL) < 0)
			is_unknown(step, reason);
		break;
	case MPI_SLURMS:
		is_unknown(step, reason);
		break;
	case MPI_REFUSED:
		is_refused(step);
	}
}

static bool is_file_of_each(const char *name)
{
	return name && pattern_is_per_task(name);
}

static void check_files(struct step *step)
{
	const struct srun_options *o = &step->options;
	const char *names[] = { o->output, o->error, o->input };

	for (int i = 0; i < 3; i++) {
		if (names[i] && !pattern_is_plain(names[i]))
			is_unknown(step, "backslashes, %r or %S in names of files");
	}
	if (o->label && (is_file_of_each(o->output) || is_file_of_each(o->error)))
		is_unknown(step, "label");
}

static void check_nodes(struct step *step, const char *nodelist_before)
{
	const char *given = step->options.nodelist;

	if (strcmp(variable("SLURM_JOB_NUM_NODES"), "1") != 0)
		is_refused(step);
	if (given && strcmp(given, step->names.node) != 0 &&
	    strcmp(given, nodelist_before) != 0)
		is_refused(step);
}

static void read_multi(struct step *step)
{
	char **words = step->options.argv;
	size_t size;
	cleanup_free char *text = NULL;

	if (!step->options.multi_prog || step->options.verdict != STEP_RUNS)
		return;
	text = file_read(AT_FDCWD, words[0], MULTI_MAX, &size, NULL);
	if (!text) {
		is_refused(step);
		return;
	}
	switch (multi_parse(&step->multi, text, step->demand.ntasks, words + 1)) {
	case MULTI_READ:
		break;
	case MULTI_REFUSED:
		is_refused(step);
		break;
	case MULTI_UNKNOWN:
		is_unknown(step, "quotes in the file of --multi-prog");
	}
}

static void judge(struct step *step, const char *nodelist_before)
{
	struct room room = { .cpus = step->job_cpus.count, .mem = find_memory(step) };

	if (step->options.verdict == STEP_REFUSED)
		return;
	if (demand_make(&step->demand, &step->options, &room) < 0) {
		is_refused(step);
		return;
	}
	check_nodes(step, nodelist_before);
	check_files(step);
	check_mpi(step);
	if (step->site.programs)
		is_unknown(step,
			   "the cluster's programs around tasks (TaskProlog and others)");
	read_multi(step);
}

/* ---- a share of the job ---- */

static const char *waiting_for; /* the job, while its step waits */

/* Told in a signal's handler: what Slurm's srun says, and its exit status. */
static void give_up(int signum)
{
	if (signum == SIGALRM)
		say_error("Unable to create step for job %s: Requested nodes are busy",
			  waiting_for);
	else {
		say_info("Cancelled pending job step with signal %d", signum);
		say_error("Unable to create step for job %s: Job/step already completing "
			  "or "
			  "completed",
			  waiting_for);
	}
	_exit(1);
}

static const int gives_up[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM };

static void hear_while_waiting(void (*handler)(int))
{
	for (size_t i = 0; i < sizeof(gives_up) / sizeof(gives_up[0]); i++)
		(void)signal(gives_up[i], handler);
}

static bool has_waited;

static void step_waits(void)
{
	if (!has_waited)
		say_info("Job %s step creation temporarily disabled, retrying (Requested "
			 "nodes are busy)",
			 waiting_for);
	has_waited = true;
}

static void set_alarm(long seconds)
{
	struct itimerval timer = { .it_value.tv_sec = seconds,
				   .it_value.tv_usec = seconds ? 0 : 1 };

	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

static enum slots_answer take_share(struct step *step, struct error *e)
{
	static const struct itimerval none;
	enum slots_answer answer;

	waiting_for = step->job;
	hear_while_waiting(give_up);
	if (step->options.immediate != STEP_UNSET)
		set_alarm(step->options.immediate);
	answer = slots_take(&step->slots, &step->demand, &step->job_cpus,
			    find_memory(step), step_waits, e);
	(void)setitimer(ITIMER_REAL, &none, NULL);
	hear_while_waiting(SIG_DFL);
	return answer;
}

/* ---- the step ---- */

static void choose_step_cpus(struct step *step)
{
	struct cpus *to = &step->cpus;

	for (int i = 0; i < step->job_cpus.count; i++) {
		if (!step->slots.mine[i])
			continue;
		to->number[to->count] = step->job_cpus.number[i];
		to->core[to->count] = step->job_cpus.core[i];
		to->socket[to->count] = step->job_cpus.socket[i];
		to->count++;
	}
}

/* -1: a list of --cpu-bind has CPUs that the step has not. */
static int bind_tasks(struct step *step)
{
	struct binding b = { .bind = step->options.bind,
			     .list = step->options.bind_list,
			     .ntasks = step->ntasks,
			     .cpus_per_task = step->demand.cpus_per_task,
			     .fill = step->options.distribution &&
				     str_ends_with(step->options.distribution,
						   ":block") };

	choose_step_cpus(step);
	step->bound = step->confined && step->site.affinity && b.bind != BIND_NONE;
	if (!step->bound)
		b.bind = BIND_NONE;
	for (long i = 0; i < step->ntasks; i++) {
		if (binding_of_task(&b, &step->cpus, i, &step->tasks[i].cpus) < 0)
			return -1;
	}
	return 0;
}

static void warn(const struct step *step)
{
	if (step->demand.per_node_void)
		say_info(
			"warning: can't honor --ntasks-per-node set to %ld which doesn't "
			"match the requested tasks %ld with the maximum number of "
			"requested "
			"nodes 1. Ignoring --ntasks-per-node.",
			step->options.ntasks_per_node, step->demand.ntasks);
}

/* Why it is Slurm's; and where Slurm cannot run it, that is all. */
static void explain(const char *why)
{
	if (network_is_own()) {
		say_error("slurm-checkpoint %s, and Slurm cannot run this step in a "
			  "network of the job's own; submit with --checkpoint-net=host",
			  why);
		exit(1);
	}
	say_error(
		"slurm-checkpoint %s, so Slurm itself runs this step, and the job cannot "
		"be saved until it ends",
		why);
}

/* Slurm's srun has the share as long as it runs, so our steps leave it room. */
static void __attribute__((noreturn)) leave_to_slurm(struct step *step, char **argv)
{
	struct error e = { 0 };
	const char *reason = step->options.reason;
	bool is_option =
		reason && islower((unsigned char)*reason) && !strchr(reason, ' ');
	cleanup_free char *why = str_printf("does not know %s%s", is_option ? "--" : "",
					    reason ? reason : "what was asked for");

	explain(why ? why : "has no memory");
	step->slots.fd = -1;
	(void)take_share(step, &e);
	hand_over_to_slurm(argv, step->slots.fd);
}

static void __attribute__((noreturn))
leave_mpi_to_slurm(const struct step *step, char **argv, const struct error *e)
{
	cleanup_free char *why = str_printf("cannot serve MPI (%s)", e->text);

	mpi_give_up();
	watch_unblock_signals();
	explain(why ? why : "has no memory");
	hand_over_to_slurm(argv, step->slots.fd);
}

static int run(struct step *step, char **argv)
{
	struct error e = { 0 };
	int signals = watch_block_signals();
	struct streams *streams;

	/* Its threads are to have the signals blocked as well. */
	if (mpi_open(step, &e) < 0)
		leave_mpi_to_slurm(step, argv, &e);
	step->names.step = step->slots.step;
	streams = signals < 0 ? NULL : streams_open(step, &e);
	if (!streams || environment_of_step(step) < 0) {
		say_error("%s", *e.text ? e.text : strerror(errno));
		return 1;
	}
	if (start_tasks(step) < 0) {
		say_error("task launch failed: %s", strerror(errno));
		return 1;
	}
	return watch(step, streams, signals);
}

static int start(struct step *step, char **argv)
{
	struct error e = { 0 };

	warn(step);
	step->ntasks = step->demand.ntasks;
	step->tasks = calloc((size_t)step->ntasks, sizeof(*step->tasks));
	if (!step->tasks) {
		say_error("tasks: %s", strerror(errno));
		return 1;
	}
	switch (take_share(step, &e)) {
	case SLOTS_TAKEN:
		break;
	case SLOTS_NO_MEMORY:
		say_error("Unable to create step for job %s: Memory required by task is "
			  "not "
			  "available",
			  step->job);
		return 1;
	case SLOTS_FAILED:
		say_error("%s", e.text);
		return 1;
	}
	if (bind_tasks(step) < 0)
		hand_over_to_slurm(argv, step->slots.fd);
	if (has_waited)
		say_info("Step created for StepId=%s.%u", step->job, step->slots.step);
	return run(step, argv);
}

int main(int argc, char **argv)
{
	static struct step step;
	cleanup_free char *before = NULL;
	const char *on_error = getenv("SLURM_EXIT_ERROR");

	if (!find_job(&step) || on_error)
		hand_over_to_slurm(argv, -1);
	before = take_present();
	find_names(&step);
	find_cpus(&step);
	srun_options_read(&step.options, argc, argv);
	say_set_quiet(step.options.quiet);
	judge(&step, before ? before : "");
	if (step.options.verdict == STEP_REFUSED)
		hand_over_to_slurm(argv, -1);
	if (step.options.verdict == STEP_UNKNOWN)
		leave_to_slurm(&step, argv);
	return start(&step, argv);
}
