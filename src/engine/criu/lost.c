// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/lost.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

/* ---- dump ---- */

struct finding {
	struct argv *argv;
	char *all; /* the attribute */
};

static int add(void *arg, const struct tree_file *file, struct error *e)
{
	struct finding *f = arg;
	cleanup_free char *key = NULL;
	char *longer;

	if (file->mapped || !strcmp(file->link, file->path) || strchr(file->path, '\n'))
		return 0;
	key = str_printf("file[%x:%llx]", (unsigned int)file->mount,
			 (unsigned long long)file->st.st_ino);
	if (!key)
		return error_sys(e, "%s", file->path);
	/* Several descriptors of one file have one key. */
	if (strstr(f->all, key))
		return 0;
	longer = str_printf("%s%s %s\n", f->all, key, file->path);
	if (!longer)
		return error_sys(e, "%s", file->path);
	free(f->all);
	f->all = longer;
	argv_add(f->argv, "--external");
	argv_add(f->argv, key);
	return 0;
}

int lost_dump(struct argv *argv, struct manifest *m, const struct sandbox *sb,
	      struct error *e)
{
	struct finding f = { .argv = argv, .all = strdup("") };
	struct tree tree;
	int rc = f.all ? tree_read(&tree, sb, e) : error_sys(e, "criu dump");

	if (!f.all)
		return -1;
	if (rc == 0)
		rc = tree_visit_files(&tree, add, &f, e);
	tree_free(&tree);
	if (rc == 0 && *f.all && manifest_set(m, CRIU_ATTR_LOST, "%s", f.all) < 0)
		rc = error_sys(e, "criu dump");
	free(f.all);
	return rc;
}

/* ---- restore ---- */

/*
 * As it may be opened: criu opens it anew from that, as each process had it. By a mount of
 * the job's own, since it keeps that, and the next dump looks for it among the job's.
 */
static int open_any(const struct sandbox *sb, const char *path)
{
	static const int modes[] = { O_RDWR, O_RDONLY, O_WRONLY };
	cleanup_free char *there = str_printf("/proc/%d/root%s", sb->init, path);

	if (!there)
		return -1;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		int fd = open(there,
			      modes[i] | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);

		if (fd >= 0 || errno != EACCES)
			return fd;
	}
	return -1;
}

int lost_restore(struct handed *handed, struct argv *argv, const struct sandbox *sb,
		 const struct manifest *m, struct error *e)
{
	const char *all = manifest_get(m, CRIU_ATTR_LOST);
	cleanup_free char *copy = strdup(all ? all : "");
	char *rest = copy, *line;

	if (!copy)
		return error_sys(e, "criu restore");
	while ((line = strsep(&rest, "\n"))) {
		char *path = strchr(line, ' ');
		cleanup_close int fd = -1;

		if (!path)
			continue;
		*path++ = '\0';
		fd = open_any(sb, path);
		if (fd < 0)
			return error_sys(e, "%s, which the job has open", path);
		if (handed_add(handed, argv, fd, line) < 0)
			return error_sys(e, "%s", path);
	}
	return 0;
}
