// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/control.h"
#include "base/file.h"
#include "base/str.h"

static int make_in(struct scratch *scratch, const char *dir, unsigned int job)
{
	scratch->path = str_printf("%s/slurm-checkpoint-%u-XXXXXX", dir, job);
	if (!scratch->path || !mkdtemp(scratch->path)) {
		free(scratch->path);
		scratch->path = NULL;
		return -1;
	}
	scratch->tmp = str_printf("%s/tmp", scratch->path);
	scratch->run = str_printf("%s/run", scratch->path);
	scratch->control = str_printf("%s/" CONTROL_DIR, scratch->path);
	if (!scratch->tmp || !scratch->run || !scratch->control ||
	    mkdir(scratch->tmp, 0700) < 0 || mkdir(scratch->run, 0700) < 0 ||
	    mkdir(scratch->control, 0700) < 0) {
		scratch_remove(scratch);
		return -1;
	}
	return 0;
}

int scratch_make(struct scratch *scratch, const struct task *task, struct error *e)
{
	const char *env = getenv("TMPDIR");

	memset(scratch, 0, sizeof(*scratch));
	if (task->conf.tmp_dir)
		return make_in(scratch, task->conf.tmp_dir, task->job) < 0
			       ? error_sys(e, "TmpDir=%s", task->conf.tmp_dir)
			       : 0;
	if (env && env[0] == '/' && make_in(scratch, env, task->job) == 0)
		return 0;
	if (make_in(scratch, "/tmp", task->job) < 0)
		return error_sys(e, "cannot make a directory in /tmp");
	return 0;
}

void scratch_remove(struct scratch *scratch)
{
	if (scratch->path)
		(void)file_remove_tree(AT_FDCWD, scratch->path, NULL);
	free(scratch->path);
	free(scratch->tmp);
	free(scratch->run);
	free(scratch->control);
	memset(scratch, 0, sizeof(*scratch));
}
