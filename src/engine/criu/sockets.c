// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/sockets.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/tool.h"

/*
 * A directory that is empty in every /proc. The kernel keeps it as a place to mount
 * something (CONFIG_BINFMT_MISC, fs/file_table.c), so a mount there does not keep the job
 * from mounting a /proc of its own in further namespaces.
 */
#define MOUNT_POINT "/proc/sys/fs/binfmt_misc"

static bool has_mount_point(void)
{
	return access(MOUNT_POINT, F_OK) == 0;
}

const char *sockets_dir(const char *scratch, struct error *e)
{
	if (has_mount_point())
		return MOUNT_POINT;
	if (strlen(scratch) <= SOCKETS_DIR_MAX)
		return scratch;
	error_set(e,
		  "%s: this name is longer than %d characters, which is too long for "
		  "criu's "
		  "sockets; set a shorter TmpDir in checkpoint.conf",
		  scratch, SOCKETS_DIR_MAX);
	return NULL;
}

void sockets_environment(struct argv *envp, const char *dir)
{
	argv_add(envp, "LD_PRELOAD=" CRIU_SOCKETS_PATH);
	argv_addf(envp, SOCKETS_ENV_DIR "=%s", dir);
}

int sockets_mount(void)
{
	if (!has_mount_point())
		return 0;
	while (umount2(MOUNT_POINT, MNT_DETACH) == 0)
		;
	return mount("tmpfs", MOUNT_POINT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		     "mode=0700");
}

/* ---- is it loaded? ---- */

/* Run criu in that environment, for nothing. */
static int try_in(const char *program, const char *dir, struct error *e)
{
	char *argv[] = { (char *)program, (char *)"--version", NULL };
	cleanup_argv struct argv envp = { 0 };
	cleanup_free char *text = NULL;

	sockets_environment(&envp, dir);
	if (argv_end(&envp, e) < 0)
		return -1;
	return tool_run_in(argv, envp.words, &text, e) < 0 ? -1 : 0;
}

static int check(const char *program, const char *scratch, struct error *e)
{
	cleanup_free char *dir =
		str_printf("%s/criu-sockets-XXXXXX", scratch ? scratch : "/tmp");
	cleanup_free char *mark = NULL;
	bool loaded;
	int rc;

	if (!dir || !mkdtemp(dir))
		return error_sys(e, "directory for a trial of criu");
	mark = str_printf("%s/" SOCKETS_MARK, dir);
	rc = try_in(program, dir, e);
	loaded = mark && access(mark, F_OK) == 0;
	(void)file_remove_tree(AT_FDCWD, dir, NULL);
	if (rc < 0 || loaded)
		return rc;
	return error_set(
		e,
		"%s runs without " CRIU_SOCKETS_PATH
		", so that other users of the node could reach its sockets; remove "
		"file capabilities from it, and install both for one C library",
		program);
}

int sockets_check(const char *program, const char *scratch, struct error *e)
{
	static char sheltered[PATH_MAX];

	if (strcmp(program, sheltered) == 0)
		return 0;
	if (check(program, scratch, e) < 0)
		return -1;
	snprintf(sheltered, sizeof(sheltered), "%s", program);
	return 0;
}
