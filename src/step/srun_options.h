/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * srun_options.h - what srun's command line and environment ask of a step, as Slurm's own srun
 * reads them in a job.
 *
 * There are three answers: a step that we can start; one that asks for what we do not know,
 * which is Slurm's to start; and one that Slurm's srun will refuse, or answer by itself (as
 * --help): it is to say so in its own words.
 */
#ifndef STEP_SRUN_OPTIONS_H
#define STEP_SRUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define STEP_UNSET (-1L) /* of a number: not given */

enum step_verdict {
	STEP_RUNS,    /* ours to start */
	STEP_UNKNOWN, /* Slurm's to start: srun_options.reason says what we do not know */
	STEP_REFUSED, /* Slurm's srun ends with a message, or waits with one, and starts nothing */
};

enum step_bind {
	BIND_AUTO,
	BIND_NONE,
	BIND_CORES,
	BIND_THREADS,
	BIND_SOCKETS,
	BIND_MAP,
	BIND_MASK,
};

struct srun_options {
	enum step_verdict verdict;
	const char *reason; /* an option's name, without "--", or a variable's */

	long ntasks; /* each STEP_UNSET unless given */
	bool ntasks_given;
	long cpus_per_task;
	bool cpus_per_task_given; /* on the command line: then the tasks are told */
	long ntasks_per_node;
	long wait;	  /* seconds */
	long kill_on_bad; /* 0 or 1 */
	long immediate;	  /* seconds; 0: at once */
	long threads_per_core;
	long time_limit; /* seconds; 0: none */
	uint64_t mem;	 /* MiB of the step; only if has_mem */
	uint64_t mem_per_cpu;
	bool has_mem, has_mem_per_cpu;
	bool mem_given; /* on the command line, one of the two */
	bool mem_per_cpu_given;

	bool exact;
	bool overlap;
	bool overcommit;
	bool overcommit_given;
	bool label;
	bool unbuffered;
	bool no_status; /* --disable-status */
	bool quit_on_interrupt;
	bool keep_environment; /* --preserve-env */
	bool multi_prog;
	bool quiet;
	bool append; /* --open-mode */
	bool open_mode_given;

	const char *output, *error, *input; /* NULL: ours */
	const char *job_name, *chdir, *export, *nodelist;
	const char *distribution; /* as given, or NULL */
	const char *mpi;	  /* as given, or NULL: the site's default */

	enum step_bind bind;
	bool bind_verbose;
	const char *bind_list; /* of map_cpu and mask_cpu */

	char **argv; /* the program and its arguments; of the caller's */
};

/*
 * Read both. The command line is permuted by nothing: it ends at the first word that is
 * no option. Strings are the caller's.
 */
void srun_options_read(struct srun_options *o, int argc, char **argv);

#endif
