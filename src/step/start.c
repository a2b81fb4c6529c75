// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/start.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "step/environment.h"
#include "step/mpi.h"
#include "step/say.h"

/* ---- the program ---- */

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* In PATH, of whose directories only those count that stand on their own. */
static char *find_in_path(const char *name)
{
	const char *path = getenv("PATH");
	cleanup_free char *copy = path ? strdup(path) : NULL;
	char *rest = copy, *dir;

	while ((dir = strsep(&rest, ":"))) {
		char *file = *dir == '/' ? str_printf("%s/%s", dir, name) : NULL;

		if (file && is_file(file))
			return file;
		free(file);
	}
	return NULL;
}

char *start_find(const char *name)
{
	cleanup_free char *cwd = NULL;
	char *found;

	if (*name == '.') {
		cwd = get_current_dir_name();
		return cwd ? str_printf("%s/%s", cwd, name) : NULL;
	}
	found = *name == '/' ? NULL : find_in_path(name);
	return found ? found : strdup(name);
}

/* Of a script whose interpreter is missing. Owned by the caller; or NULL. */
static char *read_interpreter(const char *path)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	char line[256];

	if (!f || !fgets(line, sizeof(line), f) || strncmp(line, "#!", 2) != 0)
		return NULL;
	return strndup(line + 2 + strspn(line + 2, " \t"),
		       strcspn(line + 2 + strspn(line + 2, " \t"), " \t\n"));
}

static void __attribute__((noreturn)) execute(char **argv)
{
	cleanup_free char *path = start_find(argv[0]);
	cleanup_free char *interpreter = NULL;
	int number = ENOMEM;

	if (path) {
		execv(path, argv);
		number = errno;
	}
	if (number == ENOENT && path)
		interpreter = read_interpreter(path);
	if (interpreter)
		say_daemon_error("execve(): bad interpreter(%s): %s", interpreter,
				 strerror(number));
	else
		say_daemon_error("execve(): %s: %s", path ? path : argv[0],
				 strerror(number));
	_exit(number);
}

/* ---- the process ---- */

static void become(int fd, int target)
{
	if (fd >= 0)
		(void)dup2(fd, target);
}

static void open_as(const char *name, int flags, int target)
{
	int fd = name ? open(name, flags | O_CLOEXEC, 0666) : -1;

	if (name && fd < 0)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		(void)dup2(fd, target);
		close(fd);
	}
}

static void connect_streams(const struct step *step, const struct task *task)
{
	int how = O_WRONLY | O_CREAT | (step->options.append ? O_APPEND : O_TRUNC);

	become(task->in[0], STDIN_FILENO);
	become(task->out[1], STDOUT_FILENO);
	become(task->err[1], STDERR_FILENO);
	open_as(task->input, O_RDONLY, STDIN_FILENO);
	open_as(task->output, how, STDOUT_FILENO);
	if (task->error && task->output && !strcmp(task->error, task->output))
		become(STDOUT_FILENO, STDERR_FILENO);
	else
		open_as(task->error, how, STDERR_FILENO);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int signum = 1; signum < _NSIG; signum++)
		(void)signal(signum, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void change_dir(const char *dir)
{
	if (!dir || chdir(dir) == 0)
		return;
	say_daemon_error("couldn't chdir to `%s': %s: going to /tmp instead", dir,
			 strerror(errno));
	if (chdir("/tmp") < 0)
		say_daemon_error("couldn't chdir to /tmp either. dying.");
}

/* Slurm's daemon tells that of all tasks, where the first has its errors. */
static void tell_binding(const struct step *step, int fd)
{
	const char *kind = !step->bound			    ? "NONE"
			   : step->options.bind == BIND_MAP ? "MAP "
							    : "MASK";

	for (long i = 0; i < step->ntasks; i++) {
		cleanup_free char *mask = binding_format(&step->tasks[i].cpus);

		dprintf(fd, "cpu-bind=%s - %s, task %2ld %2ld [%d]: mask %s%s\n", kind,
			step->names.node, i, i, step->tasks[i].pid, mask ? mask : "",
			step->bound ? " set" : "");
	}
}

static void __attribute__((noreturn)) be_task(const struct step *step, long number)
{
	const struct task *task = &step->tasks[number];

	(void)setpgid(0, 0);
	connect_streams(step, task);
	change_dir(step->options.chdir);
	if (step->bound || (step->demand.exact && step->confined))
		(void)sched_setaffinity(0, sizeof(task->cpus), &task->cpus);
	if (environment_of_task(step, number) < 0 || mpi_be_task(step, number) < 0)
		_exit(ENOMEM);
	reset_signals();
	execute(step->options.multi_prog ? step->multi.argv[number] : step->options.argv);
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static pid_t start_task(struct step *step, long number)
{
	pid_t pid = fork();

	if (pid == 0)
		be_task(step, number);
	if (pid > 0)
		(void)setpgid(pid, pid);
	return pid;
}

int start_tasks(struct step *step)
{
	int errors = step->tasks[0].err[1] >= 0 ? step->tasks[0].err[1] : STDERR_FILENO;
	int rc = 0;

	for (long i = 0; i < step->ntasks && rc == 0; i++) {
		step->tasks[i].pid = start_task(step, i);
		rc = step->tasks[i].pid < 0 ? -1 : 0;
	}
	if (rc == 0 && step->options.bind_verbose && step->site.affinity)
		tell_binding(step, errors);
	for (long i = 0; i < step->ntasks; i++) {
		close_end(&step->tasks[i].in[0]);
		close_end(&step->tasks[i].out[1]);
		close_end(&step->tasks[i].err[1]);
	}
	mpi_started(step);
	return rc;
}
