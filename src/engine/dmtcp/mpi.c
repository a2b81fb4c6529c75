// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/mpi.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/path.h"
#include "base/script.h"
#include "base/str.h"
#include "engine/launcher.h"

/*
 * hwloc's looking at devices leaves files open that cannot be restored, and under DMTCP
 * may end the program. OpenMPI may be built with UCX, as MPICH is; UCX's file system is a
 * thread that begins while a library is being loaded, for which DMTCP would wait for
 * ever, and its hooks of memory try shmat() then, at which DMTCP ends the program.
 * OpenMPI keeps a file in /dev/shm, which is not on the next node. These libraries are
 * also in programs that no mpirun starts: so what is for them, as MPI_NONE, every job
 * gets. Hydra would start the processes with srun, out of reach. OpenMPI waits by epoll,
 * of which DMTCP does not restore all, so that mpirun would not see its processes end.
 */
static const struct {
	enum mpi of;
	const char *name, *setting;
} settings[] = {
	{ MPI_NONE, "HWLOC_COMPONENTS", "HWLOC_COMPONENTS=-linuxio,-linuxpci" },
	{ MPI_NONE, "OMPI_MCA_btl", "OMPI_MCA_btl=tcp,self" },
	{ MPI_OPENMPI, "EVENT_NOEPOLL", "EVENT_NOEPOLL=1" },
	{ MPI_OPENMPI, "OMPI_MCA_opal_event_include", "OMPI_MCA_opal_event_include=all" },
	{ MPI_OPENMPI, "OMPI_MCA_event_libevent_event_include",
	  "OMPI_MCA_event_libevent_event_include=all" },
	{ MPI_MPICH, "HYDRA_LAUNCHER", "HYDRA_LAUNCHER=fork" },
	{ MPI_NONE, "UCX_VFS_ENABLE", "UCX_VFS_ENABLE=n" },
	{ MPI_EITHER, "UCX_TLS", "UCX_TLS=tcp,self" },
	{ MPI_NONE, "UCX_MEM_EVENTS", "UCX_MEM_EVENTS=no" },
	{ MPI_NONE, "UCX_MEM_MMAP_HOOK_MODE", "UCX_MEM_MMAP_HOOK_MODE=none" },
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
static enum mpi mpi_of_name(const char *name)
{
	cleanup_free char *path = path_find(name);
	cleanup_free char *real = path ? realpath(path, NULL) : NULL;
	enum mpi mpi = real ? mpi_of_path(real) : MPI_EITHER;

	/* Behind the name may be a program that serves several. */
	return mpi == MPI_NONE ? MPI_EITHER : mpi;
}

static enum mpi mpi_of_script(const struct script *script)
{
	enum mpi mpi = MPI_NONE;

	for (size_t i = 0; i < script->programs.count; i++) {
		const char *name = script->programs.names[i];
		enum mpi found;

		if (!starts_mpi(name))
			continue;
		found = mpi_of_name(name);
		mpi = mpi == MPI_NONE || mpi == found ? found : MPI_EITHER;
	}
	return mpi;
}

static const char *variable(const char *name)
{
	return getenv(name);
}

/* By the text of the job's script, whether what it names is there or not. */
static enum mpi find_mpi(const struct engine_job *job)
{
	struct script script = { .variable = variable };
	cleanup_free char *text = NULL;
	enum mpi mpi = MPI_NONE;
	size_t size;

	if (!job->argv)
		return MPI_NONE;
	text = file_read(AT_FDCWD, job->argv[0], SCRIPT_TEXT_MAX, &size, NULL);
	if (text && strncmp(text, "#!", 2) == 0 && script_parse(&script, text, size) == 0)
		mpi = mpi_of_script(&script);
	script_free(&script);
	return mpi;
}

/* ---- what it needs ---- */

static bool is_needed(size_t i, enum mpi mpi, const struct engine_job *job)
{
	enum mpi of = settings[i].of;

	if (!job->conf->dmtcp_mpi || str_find_variable(job->envp, settings[i].name))
		return false;
	if (of == MPI_NONE || mpi == MPI_NONE)
		return of == MPI_NONE;
	return of == MPI_EITHER || mpi == MPI_EITHER || of == mpi;
}

char **mpi_environment(const struct engine_job *job)
{
	enum mpi mpi = find_mpi(job);
	cleanup_environment char **envp =
		mpi == MPI_NONE ? NULL : launcher_environment(job);
	const char *needed[SETTINGS];
	size_t count = 0;

	for (size_t i = 0; i < SETTINGS; i++) {
		if (is_needed(i, mpi, job))
			needed[count++] = settings[i].setting;
	}
	if (mpi != MPI_NONE && !envp)
		return NULL;
	return environment_with(envp ? envp : job->envp, needed, count);
}

void mpi_describe(const struct engine_job *job, struct error *e)
{
	enum mpi mpi = find_mpi(job);
	bool any = false;

	for (size_t i = 0; i < SETTINGS && mpi != MPI_NONE; i++) {
		struct error before = *e;

		if (!is_needed(i, mpi, job))
			continue;
		(void)error_set(e, "%s %s",
				any ? before.text : "for its MPI there is set",
				settings[i].setting);
		any = true;
	}
}
