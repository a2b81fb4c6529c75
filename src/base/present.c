// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/present.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/file.h"
#include "base/protocol.h"
#include "base/str.h"

#define SIZE_LIMIT ((size_t)1 << 20) /* bytes; the lists of nodes are the longest */

/* What an allocation says of itself, and no wish of the user's for srun. */
const char *const present_variables[] = {
	"SLURMD_NODENAME",
	"SLURM_ARRAY_JOB_ID",
	"SLURM_CPUS_ON_NODE",
	"SLURM_GPUS_ON_NODE",
	"SLURM_GTIDS",
	"SLURM_JOBID",
	"SLURM_JOB_ACCOUNT",
	"SLURM_JOB_CPUS_PER_NODE",
	"SLURM_JOB_END_TIME",
	"SLURM_JOB_GPUS",
	"SLURM_JOB_GTIDS",
	"SLURM_JOB_ID",
	"SLURM_JOB_NODELIST",
	"SLURM_JOB_PARTITION",
	"SLURM_JOB_QOS",
	"SLURM_JOB_RESERVATION",
	"SLURM_JOB_SLUID",
	"SLURM_JOB_START_TIME",
	"SLURM_NODELIST",
	"SLURM_RESTART_COUNT",
	"SLURM_TASK_PID",
	"SLURM_TOPOLOGY_ADDR",
	"SLURM_TOPOLOGY_ADDR_PATTERN",
	NULL,
};

static void put(FILE *out, char *const *environment, const char *name)
{
	const char *value = str_find_variable(environment, name);

	if (value)
		fprintf(out, "%s=%s%c", name, value, '\0');
}

/* SLURM_TASKS_PER_NODE of a job on one node: "2" or "2(x1)". */
static int write_hosts(int dir, char *const *environment, struct error *e)
{
	const char *tasks = str_find_variable(environment, "SLURM_TASKS_PER_NODE");
	unsigned long slots = tasks ? strtoul(tasks, NULL, 10) : 0;
	cleanup_free char *text = str_printf("localhost slots=%lu\n", slots ? slots : 1);

	return text ? file_replace(dir, PRESENT_HOSTS, text, strlen(text), 0600, e)
		    : error_sys(e, PRESENT_HOSTS);
}

int present_write(const char *dir, char *const *environment, struct error *e)
{
	cleanup_free char *text = NULL;
	cleanup_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t size = 0;
	FILE *out = fd < 0 ? NULL : open_memstream(&text, &size);

	if (!out)
		return error_sys(e, "%s/" PRESENT_FILE, dir);
	for (size_t i = 0; present_variables[i]; i++)
		put(out, environment, present_variables[i]);
	put(out, environment, PRESENT_TMPDIR);
	put(out, environment, PRESENT_CONF);
	if (fclose(out) != 0)
		return error_sys(e, "%s/" PRESENT_FILE, dir);
	return file_replace(fd, PRESENT_FILE, text, size, 0600, e) < 0
		       ? -1
		       : write_hosts(fd, environment, e);
}

char *present_read(size_t *size, struct error *e)
{
	const char *dir = getenv(CHECKPOINT_ENV_IMAGE_DIR);
	cleanup_free char *path = NULL;

	if (!dir || !*dir) {
		error_set(e, "it is not checkpointed");
		return NULL;
	}
	path = str_printf("%s/" CONTROL_DIR "/" PRESENT_FILE, dir);
	if (!path) {
		error_sys(e, "%s", dir);
		return NULL;
	}
	return file_read(AT_FDCWD, path, SIZE_LIMIT, size, e);
}

const char *present_find(const char *text, size_t size, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line < text + size; line += strlen(line) + 1) {
		if (!strncmp(line, name, length) && line[length] == '=')
			return line + length + 1;
	}
	return NULL;
}

void present_apply(const char *text, size_t size)
{
	for (size_t i = 0; present_variables[i]; i++) {
		const char *value = present_find(text, size, present_variables[i]);

		if (value)
			setenv(present_variables[i], value, 1);
		else
			unsetenv(present_variables[i]);
	}
}
