/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programs.h - the programs that a job's script starts, so far as its text tells: for an
 * engine that cannot save every program, and asks before the job is started.
 */
#ifndef ENGINE_PROGRAMS_H
#define ENGINE_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/program.h"
#include "engine/engine.h"

struct script_program {
	char *name;		/* as the script has it */
	struct program program; /* what it is: path, dynamic, set-user-ID, ... */
	bool is_mpi;		/* it starts processes of MPI: mpirun and its like */
};

struct script_programs {
	struct script_program *list;
	size_t count;
	bool has_mpi;	  /* one of them is_mpi */
	bool substitutes; /* a script has process substitution, as <(COMMAND) */
};

/*
 * The job's script, or what runs it, and what that starts (base/script.h), found through
 * PATH and from the job's working directory. Scripts that are started are looked into as
 * well. What is not found is left out, as what comes into PATH only by the script
 * itself; so none at all is no failure. engine_programs_free() in any case.
 */
int engine_job_programs(const struct engine_job *job, struct script_programs *programs,
			struct error *e);

void engine_programs_free(struct script_programs *programs);

#endif
