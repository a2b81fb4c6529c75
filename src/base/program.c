// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define MAX_SCRIPTS 5	/* scripts that are run by scripts, as in Linux */
#define FIRST_LINE  256 /* bytes that Linux looks at */

/* ---- a file ---- */

static int check_executable(int fd, const char *path, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(e, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(e, "%s is not a program: it is no regular file", path);
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return error_set(e, "%s is not executable: chmod +x %s makes it so", path,
				 path);
	return 0;
}

static int open_program(const char *path, struct error *e)
{
	/* O_NONBLOCK: a pipe with no writer would be waited for. */
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 && errno == EACCES && access(path, X_OK) == 0)
		return error_set(e,
				 "%s may be executed but not read, and what may not be "
				 "read cannot be saved",
				 path);
	if (fd < 0)
		return error_sys(e, "%s", path);
	return check_executable(fd, path, e) < 0 ? -1 : take_fd(fd);
}

/* ---- scripts ---- */

/* The interpreter that a first line "#! path argument" names; owned, or NULL. */
static char *parse_first_line(const char *line)
{
	const char *path = line + strlen("#!");

	size_t length;

	path += strspn(path, " \t");
	length = strcspn(path, " \t\n");
	return length ? strndup(path, length) : NULL;
}

/* ---- executables ---- */

static int read_at(void *arg, uint64_t offset, void *data, size_t size)
{
	const int *fd = arg;
	ssize_t n = pread(*fd, data, size, (off_t)offset);

	if (n >= 0 && (size_t)n < size)
		errno = 0;
	return n == (ssize_t)size ? 0 : -1;
}

/* This program's own machine is that of this machine. */
static int check_machine(const struct program *program, struct error *e)
{
	cleanup_close int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct elf own = { 0 };
	bool differs;

	if (fd < 0 || elf_read(&own, read_at, &fd, NULL) < 0) {
		elf_free(&own);
		return 0;
	}
	differs = own.machine != program->elf.machine &&
		  !(own.machine == EM_X86_64 && program->elf.machine == EM_386);
	elf_free(&own);
	return differs ? error_set(e, "%s is a program for another kind of machine",
				   program->path)
		       : 0;
}

static void read_privileges(struct program *program, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return;
	program->set_user = st.st_mode & S_ISUID;
	/* Without the group's execute bit it is a mandatory lock, of old. */
	program->set_group = (st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP);
	program->capabilities = fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static int read_executable(struct program *program, int fd, struct error *e)
{
	struct error damage;

	if (elf_read(&program->elf, read_at, &fd, &damage) < 0)
		return error_set(e, "%s %s", program->path, damage.text);
	read_privileges(program, fd);
	if (check_machine(program, e) < 0)
		return -1;
	if (program->elf.interpreter && access(program->elf.interpreter, X_OK) < 0)
		return error_sys(e, "%s needs the dynamic linker %s", program->path,
				 program->elf.interpreter);
	return 0;
}

/* ---- both ---- */

/* 1 if it is a script, whose interpreter is the next to look at. */
static int read_one(struct program *program, struct error *e)
{
	cleanup_close int fd = open_program(program->path, e);
	char line[FIRST_LINE + 1] = "";
	char *interpreter;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = file_read_all(fd, line, FIRST_LINE);
	if (n < 0)
		return error_sys(e, "%s", program->path);
	if (elf_is_elf(line, (size_t)n))
		return read_executable(program, fd, e);
	if (strncmp(line, "#!", 2) != 0)
		return error_set(e,
				 "%s is neither an ELF program nor a script that begins "
				 "with #!",
				 program->path);
	interpreter = parse_first_line(line);
	if (!interpreter)
		return error_set(e, "%s names no interpreter after #!", program->path);
	free(program->path);
	program->path = interpreter;
	program->is_script = true;
	return 1;
}

int program_read(struct program *program, const char *path, struct error *e)
{
	int rc = 1;

	*program = (struct program){ .path = strdup(path) };
	if (!program->path)
		return error_sys(e, "%s", path);
	for (int i = 0; i <= MAX_SCRIPTS && rc == 1; i++)
		rc = read_one(program, e);
	return rc == 1 ? error_set(e, "%s is a script of a script of a script", path)
		       : rc;
}

bool program_is_dynamic(const struct program *program)
{
	return program->elf.interpreter != NULL;
}

void program_free(struct program *program)
{
	free(program->path);
	program->path = NULL;
	elf_free(&program->elf);
}
