// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/step_site.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#define SIZE_LIMIT 4096
/* The word at the end came later: an older srun, which a job brings along, is content with
 * the number before, which says whether there is one. */
#define FORMAT "srun 1 %u %u %u %d %d %d %d"

int step_site_write(const char *dir, const struct step_site *site, struct error *e)
{
	cleanup_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *text =
		str_printf(FORMAT " %s\n", site->release, site->kill_wait, site->wait,
			   site->kill_on_bad_exit, site->affinity,
			   *site->mpi_default != 0, site->programs, site->mpi_default);

	if (fd < 0 || !text)
		return error_sys(e, "%s/" STEP_SITE_FILE, dir);
	return file_replace(fd, STEP_SITE_FILE, text, strlen(text), 0600, e);
}

int step_site_read(const char *dir, struct step_site *site, struct error *e)
{
	cleanup_free char *path = str_printf("%s/" STEP_SITE_FILE, dir);
	size_t size;
	cleanup_free char *text =
		path ? file_read(AT_FDCWD, path, SIZE_LIMIT, &size, e) : NULL;
	int kill_on_bad, affinity, mpi, programs, words;

	if (!text)
		return -1;
	words = sscanf(text, FORMAT " %31s", &site->release, &site->kill_wait,
		       &site->wait, &kill_on_bad, &affinity, &mpi, &programs,
		       site->mpi_default);
	if (words < 7)
		return error_set(e, "%s: not what the runner writes", path);
	site->kill_on_bad_exit = kill_on_bad;
	site->affinity = affinity;
	if (words < 8) /* an older runner's: Slurm knows which it is */
		strcpy(site->mpi_default, mpi ? "pmi" : "");
	site->programs = programs;
	return 0;
}
