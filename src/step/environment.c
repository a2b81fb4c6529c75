// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/environment.h"

#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#define WITH_JOB_GROUP 2605 /* the release since which tasks are told the job's group */

extern char **environ;

/* -1 without memory; the first failure stays. */
static void set(int *rc, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void set(int *rc, const char *name, const char *format, ...)
{
	cleanup_free char *value = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&value, format, args);
	va_end(args);
	if (n < 0)
		value = NULL;
	if (!value || setenv(name, value, 1) < 0)
		*rc = -1;
}

/* ---- --export ---- */

static bool is_slurms(const char *variable)
{
	return !strncmp(variable, "SLURM_", 6) || !strncmp(variable, "SLURMD_", 7) ||
	       !strncmp(variable, "SPANK_", 6);
}

/* The next of a list with commas, but for those in quotes. Owned by the caller. */
static char *next_export(const char **list)
{
	const char *at = *list;
	char quote = 0;
	char *word;

	for (; *at && (quote || *at != ','); at++) {
		if (quote ? *at == quote : (*at == '"' || *at == '\''))
			quote = quote ? 0 : *at;
	}
	word = strndup(*list, (size_t)(at - *list));
	*list = *at ? at + 1 : at;
	return word;
}

/* Take away all that is not Slurm's, in an environment that is ours. */
static int keep_slurms(void)
{
	char **before = environ;
	size_t count = 0, kept = 0;
	char **after;

	while (before[count])
		count++;
	after = calloc(count + 1, sizeof(*after));
	if (!after)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (is_slurms(before[i]))
			after[kept++] = before[i];
	}
	environ = after; /* until the tasks are started */
	return 0;
}

/* With ALL what is there already stays. */
static int export_one(char *word, char *const *before, bool all)
{
	char *equals = strchr(word, '=');
	const char *value = equals ? equals + 1 : str_find_variable(before, word);

	if (equals)
		*equals = '\0';
	return *word && value ? setenv(word, value, !all) : 0;
}

static int export(const char *list)
{
	char *const *before = environ;
	const char *rest = list;
	bool all = false;
	int rc = 0;

	if (!strcasecmp(list, "NONE"))
		return keep_slurms();
	while (*rest && !all) {
		cleanup_free char *word = next_export(&rest);

		all = word && !strcasecmp(word, "ALL");
	}
	if (!all && keep_slurms() < 0)
		return -1;
	for (rest = list; *rest && rc == 0;) {
		cleanup_free char *word = next_export(&rest);

		if (!word)
			return -1;
		if (strcasecmp(word, "ALL") != 0)
			rc = export_one(word, before, all);
	}
	return rc;
}

/* ---- of all tasks ---- */

static void set_counts(int *rc, const struct step *step)
{
	if (!step->options.keep_environment) {
		set(rc, "SLURM_NTASKS", "%ld", step->ntasks);
		set(rc, "SLURM_NPROCS", "%ld", step->ntasks);
		set(rc, "SLURM_NNODES", "1");
	}
	set(rc, "SLURM_NODEID", "0");
	set(rc, "SLURM_TASKS_PER_NODE", "%ld", step->ntasks);
	set(rc, "SLURM_STEP_ID", "%u", step->slots.step);
	set(rc, "SLURM_STEPID", "%u", step->slots.step);
	set(rc, "SLURM_STEP_NODELIST", "%s", step->names.node);
	set(rc, "SLURM_STEP_NUM_NODES", "1");
	set(rc, "SLURM_STEP_NUM_TASKS", "%ld", step->ntasks);
	set(rc, "SLURM_STEP_TASKS_PER_NODE", "%ld", step->ntasks);
	set(rc, "SLURM_CPUS_ON_NODE", "%ld", step->slots.cpus);
}

static void set_all_tasks(int *rc, const struct step *step)
{
	cleanup_free char *list = NULL;
	size_t size;
	FILE *out = open_memstream(&list, &size);

	for (long i = 0; out && i < step->ntasks; i++)
		fprintf(out, "%s%ld", i ? "," : "", i);
	if (out && fclose(out) == 0)
		set(rc, "SLURM_GTIDS", "%s", list);
	else
		*rc = -1;
}

static char *list_masks(const struct step *step)
{
	char *list = NULL;
	size_t size;
	FILE *out = open_memstream(&list, &size);
	long last = step->ntasks;

	/* The tasks have all the same: once. */
	if (last > 1 && CPU_EQUAL(&step->tasks[0].cpus, &step->tasks[last - 1].cpus) &&
	    CPU_EQUAL(&step->tasks[0].cpus, &step->tasks[1].cpus))
		last = 1;
	for (long i = 0; out && i < last; i++) {
		cleanup_free char *mask = binding_format(&step->tasks[i].cpus);

		fprintf(out, "%s%s", i ? "," : "", mask ? mask : "");
	}
	if (out && fclose(out) == 0)
		return list;
	free(list);
	return NULL;
}

static void set_binding(int *rc, const struct step *step)
{
	const struct srun_options *o = &step->options;
	const char *verbose = o->bind_verbose ? "verbose" : "quiet";
	cleanup_free char *list = NULL;
	const char *type = "none";

	if (o->bind == BIND_MAP || (o->bind == BIND_MASK && o->bind_list)) {
		list = strdup(o->bind_list);
		type = o->bind == BIND_MAP ? "map_cpu:" : "mask_cpu:";
	} else if (step->site.affinity && o->bind != BIND_NONE) {
		list = list_masks(step);
		type = "mask_cpu:";
	} else if (o->bind != BIND_NONE) {
		type = o->bind == BIND_CORES	 ? "cores"
		       : o->bind == BIND_SOCKETS ? "sockets"
						 : "threads";
	}
	set(rc, "SLURM_CPU_BIND", "%s,%s%s", verbose, type, list ? list : "");
	set(rc, "SLURM_CPU_BIND_TYPE", "%s", type);
	set(rc, "SLURM_CPU_BIND_LIST", "%s", list ? list : "");
	set(rc, "SLURM_CPU_BIND_VERBOSE", "%s", verbose);
}

static void set_from_options(int *rc, const struct step *step)
{
	const struct srun_options *o = &step->options;

	if (o->cpus_per_task_given) {
		set(rc, "SLURM_CPUS_PER_TASK", "%ld", o->cpus_per_task);
		set(rc, "SLURM_TRES_PER_TASK", "cpu=%ld", o->cpus_per_task);
	}
	if (step->demand.per_node_void)
		(void)unsetenv("SLURM_NTASKS_PER_NODE");
	else if (o->ntasks_per_node != STEP_UNSET)
		set(rc, "SLURM_NTASKS_PER_NODE", "%ld", o->ntasks_per_node);
	if (o->threads_per_core != STEP_UNSET)
		set(rc, "SLURM_THREADS_PER_CORE", "%ld", o->threads_per_core);
	if (o->overcommit_given)
		set(rc, "SLURM_OVERCOMMIT", "1");
	if (o->job_name)
		set(rc, "SLURM_JOB_NAME", "%s", o->job_name);
	set(rc, "SLURM_DISTRIBUTION", "%s",
	    o->distribution    ? o->distribution
	    : step->ntasks > 1 ? "block"
			       : "cyclic");
}

static mode_t get_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

int environment_of_step(const struct step *step)
{
	const struct srun_options *o = &step->options;
	const struct group *group;
	int rc = 0;

	set_counts(&rc, step);
	set_all_tasks(&rc, step);
	set_from_options(&rc, step);
	if (step->site.affinity || o->bind != BIND_AUTO)
		set_binding(&rc, step);
	set(&rc, "SLURM_UMASK", "%04o", get_umask());
	set(&rc, "SLURMD_DEBUG", "2");
	set(&rc, "SRUN_DEBUG", "%d", o->quiet ? 2 : 3);
	group = step->site.release >= WITH_JOB_GROUP ? getgrgid(getgid()) : NULL;
	if (group)
		set(&rc, "SLURM_JOB_GROUP", "%s", group->gr_name);
	if (rc == 0 && o->export && strcasecmp(o->export, "ALL") != 0)
		rc = export(o->export);
	return rc;
}

int environment_of_task(const struct step *step, long task)
{
	cleanup_free char *cwd = get_current_dir_name();
	int rc = 0;

	(void)step;
	set(&rc, "SLURM_PROCID", "%ld", task);
	set(&rc, "SLURM_LOCALID", "%ld", task);
	set(&rc, "SLURM_TASK_PID", "%d", getpid());
	if (cwd)
		set(&rc, "PWD", "%s", cwd);
	return rc;
}
