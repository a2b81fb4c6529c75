// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/mpi.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"
#include "engine/dmtcp/script.h"

/*
 * hwloc's looking at devices leaves files open that cannot be restored. OpenMPI may be
 * built with UCX, as MPICH is; UCX's file system is a thread that begins while a library
 * is being loaded, for which DMTCP would wait for ever. Hydra would start the processes
 * with srun, out of reach.
 */
static const struct {
	enum mpi of;
	const char *name, *setting;
} settings[] = {
	{ MPI_EITHER, "HWLOC_COMPONENTS", "HWLOC_COMPONENTS=-linuxio,-linuxpci" },
	{ MPI_OPENMPI, "OMPI_MCA_btl", "OMPI_MCA_btl=tcp,self" },
	{ MPI_MPICH, "HYDRA_LAUNCHER", "HYDRA_LAUNCHER=fork" },
	{ MPI_EITHER, "UCX_VFS_ENABLE", "UCX_VFS_ENABLE=n" },
	{ MPI_EITHER, "UCX_TLS", "UCX_TLS=tcp,self" },
	{ MPI_EITHER, "UCX_MEM_EVENTS", "UCX_MEM_EVENTS=no" },
	{ MPI_EITHER, "UCX_MEM_MMAP_HOOK_MODE", "UCX_MEM_MMAP_HOOK_MODE=none" },
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* ---- which MPI ---- */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool starts_mpi(const char *word)
{
	static const char *const names[] = { "mpirun", "mpiexec", "orterun", "prterun" };
	const char *name = last_part(word);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

static bool has_beside(const char *path, const char *name)
{
	cleanup_free char *beside =
		str_printf("%.*s%s", (int)(last_part(path) - path), path, name);

	return beside && access(beside, X_OK) == 0;
}

enum mpi mpi_of_path(const char *path)
{
	const char *name = last_part(path);

	if (!starts_mpi(path))
		return MPI_NONE;
	if (strstr(name, "hydra") || strcasestr(name, "mpich"))
		return MPI_MPICH;
	if (strstr(name, "openmpi") || !strncmp(name, "orte", 4) ||
	    !strncmp(name, "prte", 4))
		return MPI_OPENMPI;
	if (strcasestr(path, "openmpi") || has_beside(path, "ompi_info"))
		return MPI_OPENMPI;
	if (strcasestr(path, "mpich") || has_beside(path, "mpichversion"))
		return MPI_MPICH;
	return MPI_EITHER;
}

/* A module may put it into PATH later: it is not known then which it is. */
static int see_word(void *arg, const char *word, struct error *e)
{
	enum mpi *mpi = arg, found;
	cleanup_free char *path = NULL;
	cleanup_free char *real = NULL;

	(void)e;
	if (!starts_mpi(word))
		return 0;
	path = path_find(word);
	real = path ? realpath(path, NULL) : NULL;
	found = real ? mpi_of_path(real) : MPI_EITHER;
	/* Behind the name may be a program that serves several. */
	if (found == MPI_NONE)
		found = MPI_EITHER;
	*mpi = *mpi == MPI_NONE || *mpi == found ? found : MPI_EITHER;
	return 0;
}

static enum mpi find_mpi(const struct engine_job *job)
{
	cleanup_free char *text = NULL;
	enum mpi mpi = MPI_NONE;

	if (!job->conf->dmtcp_mpi || !job->argv)
		return MPI_NONE;
	text = script_read(job->argv[0]);
	if (text)
		(void)script_visit(text, see_word, &mpi, NULL);
	return mpi;
}

/* ---- what it needs ---- */

static bool is_needed(size_t i, enum mpi mpi, char *const *envp)
{
	enum mpi of = settings[i].of;

	if (mpi == MPI_NONE || str_find_variable(envp, settings[i].name))
		return false;
	return of == MPI_EITHER || mpi == MPI_EITHER || of == mpi;
}

char **mpi_environment(const struct engine_job *job)
{
	enum mpi mpi = find_mpi(job);
	size_t count = 0;
	char **envp;

	while (job->envp[count])
		count++;
	envp = calloc(count + SETTINGS + 1, sizeof(*envp));
	if (!envp)
		return NULL;
	memcpy(envp, job->envp, count * sizeof(*envp));
	for (size_t i = 0; i < SETTINGS; i++) {
		if (is_needed(i, mpi, job->envp))
			envp[count++] = (char *)settings[i].setting;
	}
	return envp;
}

void mpi_describe(const struct engine_job *job, struct error *e)
{
	enum mpi mpi = find_mpi(job);
	bool any = false;

	for (size_t i = 0; i < SETTINGS; i++) {
		struct error before = *e;

		if (!is_needed(i, mpi, job->envp))
			continue;
		(void)error_set(e, "%s %s",
				any ? before.text : "for its MPI there is set",
				settings[i].setting);
		any = true;
	}
}
