#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kinds.h"

static const struct kind *const all[] = {
	kinds_memory,  kinds_pipes,	kinds_processes, kinds_sockets,
	kinds_special, kinds_terminals, kinds_waits,
};

static const char *name;
static char *workdir;

static int exists(const char *file)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", workdir, file);
	return access(path, F_OK) == 0;
}

void saved(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.ready", workdir, name);
	mknod(path, S_IFREG | 0644, 0); /* which needs no descriptor */
	while (!exists("over"))
		usleep(20000);
}

void must_be(int so, const char *function, int line, const char *what)
{
	int reason = errno;

	if (so)
		return;
	printf("wrong: %s (%s, line %d: %s)\n", what, function, line, strerror(reason));
	fflush(stdout);
	_exit(1);
}

void skip(const char *why)
{
	printf("skipped: %s\n", why);
	fflush(stdout);
	saved();
	exit(0);
}

pid_t child(void)
{
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

void ended_well(pid_t pid)
{
	int status = 0;

	must(waitpid(pid, &status, 0) == pid, "waitpid");
	errno = 0;
	must(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the end of a child");
}

void wait_state(pid_t tid, char state)
{
	char path[64], line[512] = "";
	const char *at = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	do {
		FILE *f = fopen(path, "re");

		must(f, path);
		must(fgets(line, sizeof(line), f), path);
		fclose(f);
		at = strrchr(line, ')');
		usleep(5000);
	} while (!at || at[2] != state);
}

void fill(char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		data[i] = (char)(i * 31 + i / 251);
}

int is_filled(const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] != (char)(i * 31 + i / 251))
			return 0;
	}
	return 1;
}

const char *in_tmpdir(const char *file)
{
	static char path[4096];
	const char *tmpdir = getenv("TMPDIR");

	snprintf(path, sizeof(path), "%s/%s.%s", tmpdir ? tmpdir : "/tmp", name, file);
	return path;
}

const char *in_workdir(const char *file)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s.%s", workdir, name, file);
	return path;
}

static void list(void)
{
	for (size_t i = 0; i < COUNT(all); i++) {
		for (const struct kind *k = all[i]; k->name; k++)
			printf("%s %s %s\n", k->name,
			       k->outcome == RIGHT ? "right" : "refused",
			       k->says ? k->says : "");
	}
}

int main(int argc, char **argv)
{
	workdir = getcwd(NULL, 0);
	if (argc < 2) {
		list();
		return 0;
	}
	name = argv[1];
	for (size_t i = 0; i < COUNT(all); i++) {
		for (const struct kind *k = all[i]; k->name; k++) {
			if (strcmp(k->name, name) != 0)
				continue;
			k->run();
			puts("right");
			return 0;
		}
	}
	fprintf(stderr, "no such kind: %s\n", name);
	return 2;
}
