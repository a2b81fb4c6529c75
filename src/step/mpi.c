// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/mpi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/elf.h"
#include "base/str.h"
#include "step/network.h"
#include "step/pmi.h"
#include "step/pmix.h"
#include "step/say.h"
#include "step/start.h"

struct mpi {
	enum mpi_protocol protocol;
	struct pmi *pmi;
	char ***pmix; /* by task: what PMIx has for its environment */
};

static const char *word_of(const struct step *step)
{
	const char *given = step->options.mpi;

	return given ? given : step->site.mpi_default;
}

static enum mpi_protocol protocol_of(const char *word)
{
	/* (mpi/openmpi has been the same as none since Slurm 22.05.) */
	if (!*word || !strcmp(word, "none") || !strcmp(word, "openmpi"))
		return MPI_NONE;
	if (!strcmp(word, "pmi2"))
		return MPI_PMI;
	if (!strcmp(word, "pmix") || !strncmp(word, "pmix_v", 6))
		return MPI_PMIX;
	if (!strncmp(word, "pmi", 3) || !strncmp(word, "cray", 4))
		return MPI_SLURMS;
	return MPI_REFUSED;
}

/* A task alone finds itself. */
enum mpi_protocol mpi_protocol_of_step(const struct step *step)
{
	enum mpi_protocol protocol = protocol_of(word_of(step));

	if (step->options.mpi)
		return protocol;
	if (step->demand.ntasks < 2)
		return MPI_NONE;
	return protocol == MPI_REFUSED ? MPI_SLURMS : protocol;
}

static int open_pmi(struct step *step, const char *name, struct error *e)
{
	step->mpi->pmi = pmi_open(step->ntasks, name);
	return step->mpi->pmi ? 0 : error_sys(e, "PMI for %ld tasks", step->ntasks);
}

static int open_pmix(struct step *step, const char *name, struct error *e)
{
	struct pmix_step pmix = { .name = name,
				  .node = step->names.node,
				  .ntasks = step->ntasks };

	step->mpi->pmix = calloc((size_t)step->ntasks, sizeof(*step->mpi->pmix));
	if (!step->mpi->pmix)
		return error_sys(e, "PMIx");
	if (pmix_start(&pmix, e) < 0)
		return -1;
	for (long i = 0; i < step->ntasks; i++) {
		step->mpi->pmix[i] = pmix_add_task(i, e);
		if (!step->mpi->pmix[i])
			return -1;
	}
	if (!network_is_own())
		say_error("slurm-checkpoint: the tasks connect by TCP (--mpi=%s), so the "
			  "job cannot be saved until this step ends; submit with "
			  "--checkpoint-net=private",
			  word_of(step));
	return 0;
}

int mpi_open(struct step *step, struct error *e)
{
	cleanup_free char *name = str_printf("%s.%u", step->job, step->slots.step);

	(void)unsetenv("SLURM_MPI_TYPE");
	step->mpi = calloc(1, sizeof(*step->mpi));
	if (!name || !step->mpi)
		return error_sys(e, "MPI");
	step->mpi->protocol = mpi_protocol_of_step(step);
	if (step->mpi->protocol == MPI_NONE)
		return 0;
	if (setenv("SLURM_MPI_TYPE", word_of(step), 1) < 0)
		return error_sys(e, "MPI");
	return step->mpi->protocol == MPI_PMI ? open_pmi(step, name, e)
					      : open_pmix(step, name, e);
}

void mpi_give_up(void)
{
	pmix_stop();
}

static int put_all(char *const *settings)
{
	int rc = 0;

	for (; *settings && rc == 0; settings++)
		rc = strchr(*settings, '=') ? putenv(*settings) : 0;
	return rc;
}

int mpi_be_task(const struct step *step, long task)
{
	const struct mpi *mpi = step->mpi;

	if (mpi->pmi)
		return pmi_be_task(mpi->pmi, task);
	return mpi->pmix ? put_all(mpi->pmix[task]) : 0;
}

void mpi_started(struct step *step)
{
	if (step->mpi->pmi)
		pmi_started(step->mpi->pmi);
}

nfds_t mpi_max(const struct step *step)
{
	return step->mpi->pmi ? (nfds_t)step->ntasks : 1;
}

nfds_t mpi_wait_for(const struct step *step, struct pollfd *fds)
{
	int fd = pmix_descriptor();

	if (step->mpi->pmi)
		return pmi_wait_for(step->mpi->pmi, fds);
	if (fd < 0)
		return 0;
	fds[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return 1;
}

bool mpi_serve(struct step *step, const struct pollfd *fds, nfds_t count)
{
	char aborted;

	if (step->mpi->pmi)
		return pmi_serve(step->mpi->pmi, fds, count);
	return count == 0 || !fds[0].revents || read(fds[0].fd, &aborted, 1) != 1;
}

/* ---- a step whose tasks did not find each other ---- */

static int read_at(void *arg, uint64_t offset, void *data, size_t size)
{
	const int *fd = arg;
	ssize_t n = pread(*fd, data, size, (off_t)offset);

	if (n >= 0)
		errno = 0;
	return n == (ssize_t)size ? 0 : -1;
}

static bool is_mpi_program(const char *name)
{
	cleanup_free char *path = start_find(name);
	cleanup_close int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	return fd >= 0 && elf_needs("libmpi", read_at, &fd);
}

/* One is enough: with --multi-prog not all of them need be of MPI. */
static long connected(const struct mpi *mpi)
{
	return mpi->pmi ? pmi_connected(mpi->pmi) : pmix_connected();
}

static const char *other_protocol(const struct mpi *mpi)
{
	return mpi->protocol == MPI_PMI	   ? "--mpi=pmix (OpenMPI)"
	       : mpi->protocol == MPI_PMIX ? "--mpi=pmi2 (MPICH, Intel MPI)"
					   : "--mpi=pmix (OpenMPI) or --mpi=pmi2 (MPICH, "
					     "Intel MPI)";
}

static void report_singletons(const struct step *step)
{
	const char *program = step->options.argv[0];

	if (step->ntasks < 2 || step->options.multi_prog || connected(step->mpi) > 0 ||
	    !is_mpi_program(program))
		return;
	say_error("StepId=%s.%u: none of the %ld tasks of %s, an MPI program, connected "
		  "by --mpi=%s, so each was alone; try %s",
		  step->job, step->slots.step, step->ntasks, program,
		  step->mpi->protocol == MPI_NONE ? "none" : word_of(step),
		  other_protocol(step->mpi));
}

void mpi_close(struct step *step)
{
	report_singletons(step);
	if (step->mpi->pmix)
		pmix_stop();
	pmi_close(step->mpi->pmi);
}
