// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "sim/swf.h"

#define FILE_MAX   (1 << 20)	       /* bytes */
#define MEMORY_MAX (UINT64_C(1) << 40) /* KiB of a node: a pebibyte */

int machine_add(struct machine *m, const char *line, struct error *e)
{
	unsigned long long nodes, sockets, cores, memory;
	char rest;

	line += strspn(line, " \t\r");
	if (!*line || strchr("#;", *line))
		return 0;
	if (strchr(line, '-') || sscanf(line, "%*u %*255s %llu %llu %llu %llu %c", &nodes,
					&sockets, &cores, &memory, &rest) != 4)
		return error_set(e,
				 "it is not: number, name, nodes, sockets, cores, KiB");
	if (!nodes || !sockets || !cores || nodes > TRACE_MAX_CPUS || sockets > 4096 ||
	    cores > 4096 || m->cpus + nodes * sockets * cores > TRACE_MAX_CPUS ||
	    memory > MEMORY_MAX)
		return error_set(e, "such a cluster is not believed");
	if (m->kind_count == MACHINE_KINDS_MAX)
		return error_set(e, "more than %d kinds of nodes", MACHINE_KINDS_MAX);
	m->kinds[m->kind_count++] =
		(struct machine_kind){ nodes, (uint32_t)(sockets * cores),
				       memory * 1024 };
	if (!m->node_cpus || sockets * cores < m->node_cpus)
		m->node_cpus = (uint32_t)(sockets * cores);
	m->nodes += nodes;
	m->cpus += nodes * sockets * cores;
	m->memory += nodes * memory * 1024;
	return 0;
}

int machine_read(struct machine *m, const char *path, struct error *e)
{
	cleanup_free char *text = NULL;
	unsigned long number = 0;
	char *line, *next;
	size_t size;

	text = file_read(AT_FDCWD, path, FILE_MAX, &size, e);
	if (!text)
		return -1;
	*m = (struct machine){ 0 };
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		number++;
		if (machine_add(m, line, e) < 0)
			return error_prefix(e, "%s, line %lu", path, number);
	}
	return m->cpus ? 0 : error_set(e, "%s: no nodes are described there", path);
}
