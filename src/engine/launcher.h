/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * launcher.h - what launchers of MPI are to know in a job that continues on other nodes.
 *
 * Only a job whose script starts one gets these variables: others have the environment
 * that they would have without us.
 */
#ifndef ENGINE_LAUNCHER_H
#define ENGINE_LAUNCHER_H

#include "engine/engine.h"

/*
 * The job's environment, in which OpenMPI's mpirun goes by a file for the node (base/
 * present.h), and not by what Slurm told the job when it first started, as far as the
 * user says nothing else. environment_free() it; NULL without memory.
 */
char **launcher_environment(const struct engine_job *job);

/* The same, with what hydra and UCX have to know in a network of the job's own. */
char **launcher_environment_own_net(const struct engine_job *job);

#endif
