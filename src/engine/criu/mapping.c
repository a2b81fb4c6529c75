// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/str.h"

static int parse_prot(const char *flags)
{
	return (flags[0] == 'r' ? PROT_READ : 0) | (flags[1] == 'w' ? PROT_WRITE : 0) |
	       (flags[2] == 'x' ? PROT_EXEC : 0);
}

static int parse(char *line, struct mapping *m)
{
	unsigned int major, minor;
	unsigned long inode;
	char flags[5];
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &m->start, &m->end, flags,
		   &m->offset, &major, &minor, &inode, &at) != 7 ||
	    at == 0)
		return -1;
	m->prot = parse_prot(flags);
	m->shared = flags[3] == 's';
	m->dev = makedev(major, minor);
	m->inode = inode;
	m->name = strdup(line + at);
	return m->name ? 0 : -1;
}

int mappings_read(struct mappings *m, int proc, pid_t pid)
{
	cleanup_free char *path = str_printf("%d/maps", pid);
	int fd = path ? openat(proc, path, O_RDONLY | O_CLOEXEC) : -1;
	cleanup_fclose FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	size_t room = 0;

	*m = (struct mappings){ 0 };
	if (!f)
		return -1;
	while (getline(&line, &room, f) > 0) {
		struct mapping *grown =
			reallocarray(m->list, m->count + 1, sizeof(*grown));

		if (!grown)
			return -1;
		m->list = grown;
		if (parse(line, &m->list[m->count]) < 0) {
			errno = EINVAL;
			return -1;
		}
		m->count++;
	}
	return 0;
}

void mappings_free(struct mappings *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->list[i].name);
	free(m->list);
	*m = (struct mappings){ 0 };
}

bool mapping_is_nameless(const struct mapping *m)
{
	return m->shared && m->inode && m->name[0] == '/' &&
	       str_ends_with(m->name, " (deleted)");
}

const struct mapping *mappings_find(const struct mappings *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++) {
		if (strncmp(m->list[i].name, name, strlen(name)) == 0)
			return &m->list[i];
	}
	return NULL;
}
