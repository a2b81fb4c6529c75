// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/own_srun.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/elf.h"
#include "base/protocol.h"
#include "base/step_site.h"
#include "base/str.h"
#include "engine/tool.h"
#include "runner/apart.h"
#include "runner/directories.h"
#include "runner/say.h"
#include "slurm/step_site.h"

/* Before it a step's options meant other things (-c), and its tasks saw other variables. */
#define FIRST_RELEASE 2411

/* Where the job's mount namespace has the copy that goes with the job. */
#define OWN_SRUN DIRECTORIES_SHM "/" DIRECTORIES_OWN_SRUN_NAME

/* A wrapper of the site's calls Slurm's, which is then ours. */
static bool is_program(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char head[4];

	return fd >= 0 && read(fd, head, sizeof(head)) == sizeof(head) &&
	       elf_is_elf(head, sizeof(head));
}

/* Slurm's srun, as the script finds it; owned, or NULL. */
static char *find_srun(void)
{
	const char *path = getenv("PATH");
	cleanup_free char *all = str_printf("%s:/usr/bin", path ? path : "");
	char *rest = all, *dir;

	while (rest && (dir = strsep(&rest, ":"))) {
		cleanup_free char *found = *dir == '/' ? tool_find(dir, "srun") : NULL;

		if (found && is_program(found))
			return take_ptr(found);
	}
	return NULL;
}

static int load_site(void *arg, struct error *e)
{
	return step_site_load(arg, e);
}

static int read_site(const struct runner *r, struct error *e)
{
	struct step_site site = { 0 };

	if (apart(load_site, &site, &site, sizeof(site), e) < 0)
		return -1;
	if (site.release < FIRST_RELEASE)
		return error_set(
			e, "it is as that of Slurm 24.11 and later, and this is %u.%02u",
			site.release / 100, site.release % 100);
	return step_site_write(r->scratch.control, &site, e);
}

static bool may_execute(const char *dir)
{
	struct statvfs st;

	return statvfs(dir, &st) == 0 && !(st.f_flag & ST_NOEXEC);
}

static int place(struct runner *r, struct error *e)
{
	const char *shm = r->scratch.shm;

	if (!shm)
		return error_set(e, "the node has no /dev/shm for it");
	r->srun = find_srun();
	if (!r->srun)
		return error_set(e, "srun is not in PATH");
	if (read_site(r, e) < 0)
		return -1;
	r->job.own_srun = may_execute(shm) ? STEP_SRUN_PATH : NULL;
	r->job.local[MOUNT_SLURMS_SRUN] =
		(struct engine_mount){ r->srun, CHECKPOINT_SLURMS_SRUN };
	r->job.local[MOUNT_SRUN] =
		(struct engine_mount){ r->job.own_srun ? OWN_SRUN : STEP_SRUN_PATH,
				       r->srun };
	return 0;
}

void own_srun_prepare(struct runner *r)
{
	struct error e;

	if (r->task.own_srun && place(r, &e) < 0)
		say(r->task.job,
		    "no srun of the job's own: %s; it cannot be saved while srun runs",
		    e.text);
}
