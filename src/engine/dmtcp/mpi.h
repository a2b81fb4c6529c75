/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mpi.h - what MPI and its libraries need to be saved by DMTCP, on one node: transports
 * that are sockets, and no looking at devices.
 */
#ifndef ENGINE_DMTCP_MPI_H
#define ENGINE_DMTCP_MPI_H

#include "engine/engine.h"

enum mpi { MPI_NONE, MPI_OPENMPI, MPI_MPICH, MPI_EITHER };

/* Which MPI a program is of that starts jobs, by its real path; else MPI_NONE. */
enum mpi mpi_of_path(const char *path);

/*
 * The job's environment and the variables that its MPI needs, and the libraries of one
 * in a program that no mpirun starts, but those that it has
 * already. environment_free() it; NULL without memory.
 */
char **mpi_environment(const struct engine_job *job);

/* One sentence on what is set for the job's MPI in e; none if nothing is. */
void mpi_describe(const struct engine_job *job, struct error *e);

#endif
