// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/srun_table.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "step/srun_value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what is not for us ---- */

static int unknown(struct srun_options *o, const char *arg, enum srun_source source)
{
	(void)arg;
	(void)source;
	if (o->verdict == STEP_RUNS)
		o->verdict = STEP_UNKNOWN;
	return 0;
}

static int refused(struct srun_options *o, const char *arg, enum srun_source source)
{
	(void)o;
	(void)arg;
	(void)source;
	return -1;
}

/* It means something for a job's request, and nothing within the job. */
static int ignored(struct srun_options *o, const char *arg, enum srun_source source)
{
	(void)o;
	(void)arg;
	(void)source;
	return 0;
}

/* ---- what is ---- */

#define NUMBER(name, min)                                              \
	static int set_##name(struct srun_options *o, const char *arg, \
			      enum srun_source source)                 \
	{                                                              \
		(void)source;                                          \
		return srun_value_number(arg, min, &o->name);          \
	}

#define FLAG(name)                                                     \
	static int set_##name(struct srun_options *o, const char *arg, \
			      enum srun_source source)                 \
	{                                                              \
		(void)arg;                                             \
		(void)source;                                          \
		o->name = true;                                        \
		return 0;                                              \
	}

#define TEXT(name)                                                     \
	static int set_##name(struct srun_options *o, const char *arg, \
			      enum srun_source source)                 \
	{                                                              \
		(void)source;                                          \
		o->name = arg;                                         \
		return 0;                                              \
	}

NUMBER(wait, 0)
FLAG(exact)
FLAG(overlap)
FLAG(label)
FLAG(unbuffered)
FLAG(no_status)
FLAG(quit_on_interrupt)
FLAG(keep_environment)
FLAG(multi_prog)
FLAG(quiet)
TEXT(output)
TEXT(error)
TEXT(input)
TEXT(job_name)
TEXT(nodelist)
TEXT(mpi)

static int set_ntasks(struct srun_options *o, const char *arg, enum srun_source source)
{
	o->ntasks_given = o->ntasks_given || source == SRUN_COMMAND_LINE;
	return srun_value_number(arg, 1, &o->ntasks);
}

static int set_cpus_per_task(struct srun_options *o, const char *arg,
			     enum srun_source source)
{
	o->cpus_per_task_given = o->cpus_per_task_given || source == SRUN_COMMAND_LINE;
	return srun_value_number(arg, 1, &o->cpus_per_task);
}

static int set_ntasks_per_node(struct srun_options *o, const char *arg,
			       enum srun_source source)
{
	(void)source;
	return srun_value_number(arg, 1, &o->ntasks_per_node);
}

static int set_overcommit(struct srun_options *o, const char *arg,
			  enum srun_source source)
{
	(void)arg;
	o->overcommit = true;
	o->overcommit_given = o->overcommit_given || source == SRUN_COMMAND_LINE;
	return 0;
}

static int set_kill_on_bad(struct srun_options *o, const char *arg,
			   enum srun_source source)
{
	(void)source;
	if (!arg) {
		o->kill_on_bad = 1;
		return 0;
	}
	return srun_value_number(arg, 0, &o->kill_on_bad);
}

static int set_immediate(struct srun_options *o, const char *arg, enum srun_source source)
{
	(void)source;
	if (!arg) {
		o->immediate = 1;
		return 0;
	}
	return srun_value_number(arg, 0, &o->immediate);
}

static int set_threads_per_core(struct srun_options *o, const char *arg,
				enum srun_source source)
{
	if (srun_value_number(arg, 1, &o->threads_per_core) < 0)
		return -1;
	/* More than the job has is Slurm's to refuse, and fewer to bind to. */
	return o->threads_per_core == 1 ? 0 : unknown(o, arg, source);
}

static int set_time(struct srun_options *o, const char *arg, enum srun_source source)
{
	(void)source;
	return srun_value_time(arg, &o->time_limit);
}

static int set_mem(struct srun_options *o, const char *arg, enum srun_source source)
{
	if (srun_value_memory(arg, &o->mem) < 0)
		return -1;
	o->mem_given = o->mem_given || source == SRUN_COMMAND_LINE;
	o->has_mem = true;
	if (source == SRUN_COMMAND_LINE && !o->mem_per_cpu_given)
		o->has_mem_per_cpu = false;
	return 0;
}

static int set_mem_per_cpu(struct srun_options *o, const char *arg,
			   enum srun_source source)
{
	if (srun_value_memory(arg, &o->mem_per_cpu) < 0)
		return -1;
	o->mem_per_cpu_given = o->mem_per_cpu_given || source == SRUN_COMMAND_LINE;
	o->has_mem_per_cpu = true;
	if (source == SRUN_COMMAND_LINE && !o->mem_given)
		o->has_mem = false;
	return 0;
}

/* One node, which is all that we have; 0 is as if it were not given. */
static int set_nodes(struct srun_options *o, const char *arg, enum srun_source source)
{
	static const char *const one[] = { "1", "0", "1-1" };

	for (size_t i = 0; arg && i < COUNT(one); i++) {
		if (!strcmp(arg, one[i]))
			return 0;
	}
	/* SLURM_NNODES loses to SLURM_JOB_NUM_NODES. */
	return source == SRUN_ENVIRONMENT ? unknown(o, arg, source) : -1;
}

static int set_exclusive(struct srun_options *o, const char *arg, enum srun_source source)
{
	static const char *const words[] = { "user", "mcs", "topo" };

	(void)source;
	if (!arg) {
		o->exact = true;
		return 0;
	}
	/* These are about other jobs on the node. */
	for (size_t i = 0; i < COUNT(words); i++) {
		if (!strcasecmp(arg, words[i]))
			return 0;
	}
	return -1;
}

static int set_chdir(struct srun_options *o, const char *arg, enum srun_source source)
{
	(void)source;
	o->chdir = arg && *arg ? arg : NULL;
	return 0;
}

/* NIL is without what Slurm tells of the job, and not ours to know. */
static int set_export(struct srun_options *o, const char *arg, enum srun_source source)
{
	if (arg && srun_value_is(arg, "NIL"))
		return unknown(o, arg, source);
	o->export = arg;
	return 0;
}

static int set_open_mode(struct srun_options *o, const char *arg, enum srun_source source)
{
	if (!arg || (*arg != 'a' && *arg != 'A' && *arg != 't' && *arg != 'T'))
		return -1;
	o->append = *arg == 'a' || *arg == 'A';
	o->open_mode_given = source == SRUN_COMMAND_LINE;
	return 0;
}

/* Where there is one node all are the same to the tasks, but for what they are told. */
static int set_distribution(struct srun_options *o, const char *arg,
			    enum srun_source source)
{
	static const char *const words[] = { "block",	     "cyclic",
					     "block:block",  "block:cyclic",
					     "cyclic:block", "cyclic:cyclic" };

	for (size_t i = 0; arg && i < COUNT(words); i++) {
		if (!strcmp(arg, words[i])) {
			o->distribution = arg;
			return 0;
		}
	}
	return unknown(o, arg, source);
}

static int set_hint(struct srun_options *o, const char *arg, enum srun_source source)
{
	if (arg && !strcmp(arg, "nomultithread")) {
		o->threads_per_core = 1;
		return 0;
	}
	return unknown(o, arg, source);
}

/* One of [quiet|verbose,]TYPE[:LIST] */
static int set_cpu_bind(struct srun_options *o, const char *arg, enum srun_source source)
{
	static const struct {
		const char *word;
		enum step_bind bind;
	} words[] = {
		{ "no", BIND_NONE },	    { "none", BIND_NONE },
		{ "core", BIND_CORES },	    { "cores", BIND_CORES },
		{ "thread", BIND_THREADS }, { "threads", BIND_THREADS },
		{ "socket", BIND_SOCKETS }, { "sockets", BIND_SOCKETS },
	};
	const char *list;

	if (!arg)
		return -1;
	for (;;) {
		const char *comma = strchr(arg, ',');
		size_t length = comma ? (size_t)(comma - arg) : strlen(arg);
		bool verbose = length > 0 && strncasecmp(arg, "verbose", length) == 0;
		bool quiet = length > 0 && strncasecmp(arg, "quiet", length) == 0;

		if (!verbose && !quiet)
			break;
		o->bind_verbose = verbose;
		if (!comma)
			return 0;
		arg = comma + 1;
	}
	list = srun_value_behind(arg, "map_cpu:");
	o->bind = list ? BIND_MAP : BIND_MASK;
	if (list || (list = srun_value_behind(arg, "mask_cpu:"))) {
		o->bind_list = list;
		return *list ? 0 : -1;
	}
	for (size_t i = 0; i < COUNT(words); i++) {
		if (srun_value_is(arg, words[i].word)) {
			o->bind = words[i].bind;
			return 0;
		}
	}
	/* Memory is Slurm's to bind to; other words it refuses. */
	return strcasestr(arg, "ldom") || srun_value_is(arg, "rank")
		       ? unknown(o, arg, source)
		       : -1;
}

/* Our own, given once more. */
static int set_jobid(struct srun_options *o, const char *arg, enum srun_source source)
{
	const char *job = getenv("SLURM_JOB_ID");

	(void)source;
	(void)o;
	return job && arg && !strcmp(job, arg) ? 0 : -1;
}

static int set_gres(struct srun_options *o, const char *arg, enum srun_source source)
{
	return arg && srun_value_is(arg, "none") ? 0 : unknown(o, arg, source);
}

static int set_propagate(struct srun_options *o, const char *arg, enum srun_source source)
{
	return !arg || srun_value_is(arg, "ALL") ? 0 : unknown(o, arg, source);
}

static int set_tres_per_task(struct srun_options *o, const char *arg,
			     enum srun_source source)
{
	const char *cpus = arg ? srun_value_behind(arg, "cpu=") : NULL;
	unsigned long long number;

	/* What sbatch makes of -c, which holds for a step also where the script has taken
	 * the variable of that away. */
	if (source == SRUN_ENVIRONMENT && cpus && str_to_ull(cpus, INT_MAX, &number) == 0)
		return srun_value_number(cpus, 1, &o->cpus_per_task);
	return unknown(o, arg, source);
}

/* A switch of the environment, which is on whatever it says; "0" is not worth a guess. */
#define SWITCH(name)                                                           \
	static int switch_##name(struct srun_options *o, const char *arg,      \
				 enum srun_source source)                      \
	{                                                                      \
		return arg && !strcmp(arg, "0") ? unknown(o, arg, source)      \
						: set_##name(o, NULL, source); \
	}

SWITCH(label)
SWITCH(unbuffered)
SWITCH(exact)
SWITCH(overlap)
SWITCH(overcommit)
SWITCH(no_status)

/* ---- the tables ---- */

enum { NO = no_argument, YES = required_argument, MAY = optional_argument };

const struct srun_option srun_table[] = {
	{ "account", 'A', YES, ignored },
	{ "acctg-freq", 0, YES, unknown },
	{ "async", 0, NO, unknown },
	{ "batch", 0, YES, unknown },
	{ "bb", 0, YES, unknown },
	{ "bbf", 0, YES, unknown },
	{ "bcast", 0, MAY, unknown },
	{ "bcast-exclude", 0, YES, unknown },
	{ "begin", 0, YES, refused },
	{ "chdir", 'D', YES, set_chdir },
	{ "cluster-constraint", 0, YES, unknown },
	{ "clusters", 'M', YES, unknown },
	{ "comment", 0, YES, ignored },
	{ "compress", 0, MAY, unknown },
	{ "constraint", 'C', YES, unknown },
	{ "consolidate-segments", 0, NO, unknown },
	{ "container", 0, YES, unknown },
	{ "container-id", 0, YES, unknown },
	{ "container-type", 0, YES, unknown },
	{ "contiguous", 0, NO, ignored },
	{ "core-spec", 'S', YES, unknown },
	{ "cores-per-socket", 0, YES, unknown },
	{ "cpu-bind", 0, YES, set_cpu_bind },
	{ "cpu-freq", 0, YES, unknown },
	{ "cpu_bind", 0, YES, set_cpu_bind },
	{ "cpus-per-gpu", 0, YES, unknown },
	{ "cpus-per-task", 'c', YES, set_cpus_per_task },
	{ "deadline", 0, YES, ignored },
	{ "debugger-test", 0, NO, unknown },
	{ "delay-boot", 0, YES, ignored },
	{ "dependency", 'd', YES, ignored },
	{ "disable-status", 'X', NO, set_no_status },
	{ "distribution", 'm', YES, set_distribution },
	{ "epilog", 0, YES, unknown },
	{ "error", 'e', YES, set_error },
	{ "exact", 0, NO, set_exact },
	{ "exclude", 'x', YES, unknown },
	{ "exclusive", 0, MAY, set_exclusive },
	{ "expedited-requeue", 0, NO, unknown },
	{ "export", 0, YES, set_export },
	{ "external", 0, NO, unknown },
	{ "external-launcher", 0, NO, unknown },
	{ "extra", 0, YES, unknown },
	{ "extra-node-info", 'B', YES, unknown },
	{ "gid", 0, YES, unknown },
	{ "gpu-bind", 0, YES, unknown },
	{ "gpu-freq", 0, YES, unknown },
	{ "gpus", 'G', YES, unknown },
	{ "gpus-per-node", 0, YES, unknown },
	{ "gpus-per-socket", 0, YES, unknown },
	{ "gpus-per-task", 0, YES, unknown },
	{ "gres", 0, YES, set_gres },
	{ "gres-flags", 0, YES, unknown },
	{ "help", 'h', NO, refused },
	{ "het-group", 0, YES, unknown },
	{ "hint", 0, YES, set_hint },
	{ "hold", 'H', NO, ignored },
	{ "ignore-signals", 0, YES, unknown },
	{ "immediate", 'I', MAY, set_immediate },
	{ "input", 'i', YES, set_input },
	{ "interactive", 0, NO, unknown },
	{ "job-name", 'J', YES, set_job_name },
	{ "jobid", 0, YES, set_jobid },
	{ "kill-on-bad-exit", 'K', MAY, set_kill_on_bad },
	{ "kill-on-invalid-dep", 0, YES, unknown },
	{ "label", 'l', NO, set_label },
	{ "licenses", 'L', YES, unknown },
	{ "mail-type", 0, YES, ignored },
	{ "mail-user", 0, YES, ignored },
	{ "max-exit-timeout", 0, YES, unknown },
	{ "max-threads", 'T', YES, ignored },
	{ "mcs-label", 0, YES, unknown },
	{ "mem", 0, YES, set_mem },
	{ "mem-bind", 0, YES, unknown },
	{ "mem-per-cpu", 0, YES, set_mem_per_cpu },
	{ "mem-per-gpu", 0, YES, unknown },
	{ "mincores", 0, YES, unknown },
	{ "mincpus", 0, YES, ignored },
	{ "minsockets", 0, YES, unknown },
	{ "minthreads", 0, YES, unknown },
	{ "mpi", 0, YES, set_mpi },
	{ "msg-timeout", 0, YES, unknown },
	{ "multi-prog", 0, NO, set_multi_prog },
	{ "network", 0, YES, unknown },
	{ "nice", 0, MAY, unknown },
	{ "no-allocate", 'Z', NO, unknown },
	{ "no-kill", 'k', MAY, ignored },
	{ "nodefile", 'F', YES, unknown },
	{ "nodelist", 'w', YES, set_nodelist },
	{ "nodes", 'N', YES, set_nodes },
	{ "ntasks", 'n', YES, set_ntasks },
	{ "ntasks-per-core", 0, YES, unknown },
	{ "ntasks-per-gpu", 0, YES, unknown },
	{ "ntasks-per-node", 0, YES, set_ntasks_per_node },
	{ "ntasks-per-socket", 0, YES, unknown },
	{ "ntasks-per-tres", 0, YES, unknown },
	{ "oom-kill-step", 0, MAY, unknown },
	{ "open-mode", 0, YES, set_open_mode },
	{ "output", 'o', YES, set_output },
	{ "overcommit", 'O', NO, set_overcommit },
	{ "overlap", 0, MAY, set_overlap },
	{ "oversubscribe", 's', NO, ignored },
	{ "parsable", 0, NO, unknown },
	{ "partition", 'p', YES, ignored },
	{ "prefer", 0, YES, unknown },
	{ "preserve-env", 'E', NO, set_keep_environment },
	{ "preserve-slurm-env", 0, NO, set_keep_environment },
	{ "priority", 0, YES, ignored },
	{ "profile", 0, YES, unknown },
	{ "prolog", 0, YES, unknown },
	{ "propagate", 0, MAY, set_propagate },
	{ "pty", 0, MAY, unknown },
	{ "qos", 'q', YES, ignored },
	{ "quiet", 'Q', NO, set_quiet },
	{ "quit-on-interrupt", 0, NO, set_quit_on_interrupt },
	{ "reboot", 0, NO, ignored },
	{ "relative", 'r', YES, unknown },
	{ "requeue", 0, NO, unknown },
	{ "reservation", 0, YES, ignored },
	{ "resv-ports", 0, MAY, unknown },
	{ "segment", 0, YES, unknown },
	{ "send-libs", 0, MAY, unknown },
	{ "signal", 0, YES, unknown },
	{ "slurmd-debug", 0, YES, unknown },
	{ "sockets-per-node", 0, YES, unknown },
	{ "spread-job", 0, NO, unknown },
	{ "spread-segments", 0, NO, unknown },
	{ "stepmgr", 0, NO, unknown },
	{ "switches", 0, YES, unknown },
	{ "task-epilog", 0, YES, unknown },
	{ "task-prolog", 0, YES, unknown },
	{ "test-only", 0, NO, unknown },
	{ "thread-spec", 0, YES, unknown },
	{ "threads", 'T', YES, ignored },
	{ "threads-per-core", 0, YES, set_threads_per_core },
	{ "time", 't', YES, set_time },
	{ "time-min", 0, YES, unknown },
	{ "tmp", 0, YES, ignored },
	{ "treewidth", 0, YES, unknown },
	{ "tres-bind", 0, YES, unknown },
	{ "tres-per-task", 0, YES, set_tres_per_task },
	{ "uid", 0, YES, unknown },
	{ "unbuffered", 'u', NO, set_unbuffered },
	{ "usage", 0, NO, refused },
	{ "use-min-nodes", 0, NO, unknown },
	{ "verbose", 'v', NO, unknown },
	{ "version", 'V', NO, refused },
	{ "wait", 'W', YES, set_wait },
	{ "wait-for-children", 0, NO, unknown },
	{ "wckey", 0, YES, ignored },
	{ "whole", 0, NO, unknown },
	{ "x11", 0, MAY, unknown },
};
const size_t srun_table_count = COUNT(srun_table);

const struct srun_variable srun_variables[] = {
	{ "SLURM_TRES_PER_TASK", set_tres_per_task },
	{ "SLURM_BCAST", unknown },
	{ "SLURM_CLUSTERS", unknown },
	{ "SLURM_CONSTRAINT", unknown },
	{ "SLURM_CORE_SPEC", unknown },
	{ "SLURM_CPU_BIND", set_cpu_bind },
	{ "SLURM_CPU_FREQ_REQ", unknown },
	{ "SLURM_CPUS_PER_GPU", unknown },
	{ "SRUN_CPUS_PER_TASK", set_cpus_per_task },
	{ "SLURM_CPUS_PER_TASK", set_cpus_per_task },
	{ "SLURM_DEBUG", unknown },
	{ "SLURM_DEBUG_FLAGS", unknown },
	{ "SLURM_DISABLE_STATUS", switch_no_status },
	{ "SLURM_DIST_PLANESIZE", unknown },
	{ "SLURM_DISTRIBUTION", set_distribution },
	{ "SLURM_EPILOG", unknown },
	{ "SLURM_EXACT", switch_exact },
	{ "SLURM_EXCLUSIVE", unknown },
	{ "SLURM_EXIT_IMMEDIATE", unknown },
	{ "SRUN_EXPORT_ENV", set_export },
	{ "SLURM_EXPORT_ENV", set_export },
	{ "SLURM_GPU_BIND", unknown },
	{ "SLURM_GPU_FREQ", unknown },
	{ "SLURM_GPUS", unknown },
	{ "SLURM_GPUS_PER_NODE", unknown },
	{ "SLURM_GPUS_PER_TASK", unknown },
	{ "SLURM_GRES", set_gres },
	{ "SLURM_STEP_GRES", set_gres },
	{ "SLURM_GRES_FLAGS", unknown },
	{ "SLURM_HINT", set_hint },
	{ "SLURM_HOSTFILE", unknown },
	{ "SLURM_IMMEDIATE", set_immediate },
	{ "SLURM_KILL_BAD_EXIT", set_kill_on_bad },
	{ "SLURM_LABELIO", switch_label },
	{ "SLURM_MEM_BIND", unknown },
	{ "SLURM_MEM_PER_CPU", set_mem_per_cpu },
	{ "SLURM_MEM_PER_GPU", unknown },
	{ "SLURM_MEM_PER_NODE", set_mem },
	{ "SLURM_MPI_TYPE", set_mpi },
	{ "SLURM_NETWORK", unknown },
	{ "SLURM_NPROCS", set_ntasks },
	{ "SLURM_NTASKS", set_ntasks },
	{ "SLURM_NTASKS_PER_CORE", unknown },
	{ "SLURM_NTASKS_PER_GPU", unknown },
	{ "SLURM_NTASKS_PER_NODE", set_ntasks_per_node },
	{ "SLURM_NTASKS_PER_SOCKET", unknown },
	{ "SLURM_OPEN_MODE", set_open_mode },
	{ "SLURM_OVERCOMMIT", switch_overcommit },
	{ "SLURM_OVERLAP", switch_overlap },
	{ "SLURM_PROFILE", unknown },
	{ "SLURM_PROLOG", unknown },
	{ "SLURM_PROPAGATE", set_propagate },
	{ "SLURM_REMOTE_CWD", set_chdir },
	{ "SLURM_WORKING_DIR", set_chdir },
	{ "SLURM_RESV_PORTS", unknown },
	{ "SLURM_SIGNAL", unknown },
	{ "SLURM_SRUN_REDUCE_TASK_EXIT_MSG", unknown },
	{ "SRUN_CONTAINER", unknown },
	{ "SRUN_CONTAINER_ID", unknown },
	{ "SLURM_STDERRMODE", set_error },
	{ "SRUN_ERROR", set_error },
	{ "SLURM_STDINMODE", set_input },
	{ "SRUN_INPUT", set_input },
	{ "SLURM_STDOUTMODE", set_output },
	{ "SRUN_OUTPUT", set_output },
	{ "SLURM_TASK_EPILOG", unknown },
	{ "SLURM_TASK_PROLOG", unknown },
	{ "SLURM_THREAD_SPEC", unknown },
	{ "SLURM_THREADS_PER_CORE", set_threads_per_core },
	{ "SLURM_TIMELIMIT", set_time },
	{ "SLURM_UNBUFFEREDIO", switch_unbuffered },
	{ "SLURM_WAIT", set_wait },
	/* By these libraries find Slurm's PMI, which we are not. */
	{ "I_MPI_PMI_LIBRARY", unknown },
	{ "PMI_FANOUT", unknown },
};
const size_t srun_variables_count = COUNT(srun_variables);
