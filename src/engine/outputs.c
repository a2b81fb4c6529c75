// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/outputs.h"

#include <string.h>

struct visit {
	const struct engine_job *job;
	const struct engine_dump *dump;
	const char *own_dir;
};

static bool is_below(const char *dir, const char *path)
{
	size_t length = dir ? strlen(dir) : 0;

	return dir && !strncmp(path, dir, length) && path[length] == '/';
}

static int visit_output(void *arg, const char *path, int fd, struct error *e)
{
	const struct visit *v = arg;

	if (is_below(v->job->scratch, path) || is_below(v->own_dir, path))
		return 0;
	for (int i = 0; i < MOUNTS; i++) {
		const struct engine_mount *mount = &v->job->mounts[i];

		if (mount->source && is_below(mount->target, path))
			return 0;
	}
	return v->dump->output(v->dump->arg, path, fd, e);
}

int outputs_tell(const struct tree *tree, const struct engine_job *job,
		 const struct engine_dump *dump, const char *own_dir, struct error *e)
{
	struct visit visit = { .job = job, .dump = dump, .own_dir = own_dir };

	return tree_visit_outputs(tree, visit_output, &visit, e);
}
