// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/task.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hidden.h"
#include "base/job_dir.h"
#include "base/path.h"
#include "base/protocol.h"
#include "base/str.h"

/* How often a runner begins again, and after how many milliseconds. */
#define TRIES 3
#define PAUSE 1000

extern char **environ;

/*
 * Those that a job uses up, and that a checkpoint needs more of. To save a job is not to
 * fail since it has as many processes as it may have, or since its memory is more than a
 * file may have.
 */
static const struct {
	int resource;
	rlim_t at_most; /* that we need; more has programs close descriptors for long */
} lifted[] = {
	{ RLIMIT_NPROC, RLIM_INFINITY }, { RLIMIT_NOFILE, 4096 },
	{ RLIMIT_AS, RLIM_INFINITY },	 { RLIMIT_DATA, RLIM_INFINITY },
	{ RLIMIT_FSIZE, RLIM_INFINITY }, { RLIMIT_CPU, RLIM_INFINITY },
};

#define LIFTED (sizeof(lifted) / sizeof(lifted[0]))

/* As far as the hard limit lets us: that is whoever gave it's last word. */
static void lift_limits(struct task *task)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		(void)getrlimit((__rlimit_resource_t)i, &task->limits[i]);
	for (size_t i = 0; i < LIFTED; i++) {
		struct rlimit limit = task->limits[lifted[i].resource];
		rlim_t wanted = limit.rlim_max < lifted[i].at_most ? limit.rlim_max
								   : lifted[i].at_most;

		if (limit.rlim_cur >= wanted)
			continue;
		limit.rlim_cur = wanted;
		(void)setrlimit((__rlimit_resource_t)lifted[i].resource, &limit);
	}
}

static void put_limits_back(const struct task *task)
{
	for (size_t i = 0; i < LIFTED; i++)
		(void)setrlimit((__rlimit_resource_t)lifted[i].resource,
				&task->limits[lifted[i].resource]);
}

/* The environment with room for one more; the text itself stays where it is. */
static char **given(void)
{
	size_t n = 0;
	char **copy;

	while (environ[n])
		n++;
	copy = calloc(n + 2, sizeof(*copy));
	if (copy)
		memcpy(copy, environ, n * sizeof(*copy));
	return copy;
}

static void count_tries(struct task *task)
{
	const char *text = getenv(CHECKPOINT_ENV_TRIES);
	unsigned long long tries = 0;

	if (text && str_to_ull(text, TRIES, &tries) < 0)
		tries = TRIES;
	task->tries = (unsigned int)tries;
	unsetenv(CHECKPOINT_ENV_TRIES);
}

int task_take_over(struct task *task, int argc, char **argv, struct error *e)
{
	const char *script = getenv(CHECKPOINT_ENV_SCRIPT);

	memset(task, 0, sizeof(*task));
	count_tries(task);
	task->given = given();
	lift_limits(task);
	task->umask = umask(0);
	umask(task->umask & 077);
	sigprocmask(SIG_SETMASK, NULL, &task->sigmask);
	/* The plugin has blocked these, so that none comes before we are ready. */
	for (int s = CHECKPOINT_SIGNAL_FIRST; s <= CHECKPOINT_SIGNAL_LAST; s++)
		sigdelset(&task->sigmask, s);
	if (!script || argc < 2)
		return error_set(e, "this program is started by Slurm for a job that was "
				    "submitted with --checkpoint");
	task->argv = argv + 1;
	task->argv[0] = path_find(task->argv[0]);
	task->script = strdup(script);
	if (!task->argv[0] || !task->script)
		return error_sys(e, "%s", script);
	unsetenv(CHECKPOINT_ENV_SCRIPT);
	return 0;
}

/* A number of the environment that Slurm gives every batch task. */
static int read_number(const char *name, unsigned int missing, unsigned int *value)
{
	const char *text = getenv(name);
	unsigned long long number = missing;

	if (text && str_to_ull(text, UINT_MAX, &number) < 0)
		return -1;
	*value = (unsigned int)number;
	return 0;
}

static int read_slurm(struct task *task, struct error *e)
{
	if (read_number("SLURM_JOB_ID", 0, &task->job) < 0 || task->job == 0 ||
	    read_number("SLURM_RESTART_COUNT", 0, &task->restart) < 0 ||
	    read_number("SLURM_JOB_NUM_NODES", 1, &task->nodes) < 0)
		return error_set(e, "SLURM_JOB_ID, SLURM_RESTART_COUNT or "
				    "SLURM_JOB_NUM_NODES is not a number");
	task->cluster = job_dir_cluster(getenv("SLURM_CLUSTER_NAME"));
	task->node = getenv("SLURMD_NODENAME");
	task->user = job_dir_user();
	if (!task->node)
		task->node = "this node";
	return task->user ? 0 : error_sys(e, "user");
}

/* Numbers "JOB" or "JOB.GENERATION" that the plugin has checked. */
static void read_from(struct task *task)
{
	const char *from = getenv(CHECKPOINT_ENV_FROM);

	if (from)
		(void)sscanf(from, "%u.%u", &task->from, &task->from_generation);
	/* Later it goes on from its own. */
	if (task->restart > 0)
		task->from_generation = 0;
}

static bool is_word(const char *variable, const char *word, bool missing)
{
	const char *value = getenv(variable);

	return value ? strcmp(value, word) == 0 : missing;
}

/* What the plugin has checked. */
static int read_wishes(struct wishes *wishes, const struct conf *conf, struct error *e)
{
	static const struct {
		const char *variable;
		int (*set)(struct wishes *wishes, const char *arg, struct error *e);
	} variables[] = {
		{ CHECKPOINT_ENV_ENGINE, wishes_set_engine },
		{ CHECKPOINT_ENV_SIGNAL, wishes_set_signal },
		{ CHECKPOINT_ENV_EXIT, wishes_set_exit_code },
		{ CHECKPOINT_ENV_DONE, wishes_set_done_file },
		{ CHECKPOINT_ENV_NET, wishes_set_net },
		{ CHECKPOINT_ENV_TCP, wishes_set_tcp },
	};

	wishes_init(wishes);
	wishes->net = conf->net;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i].variable);

		if (value && variables[i].set(wishes, value, e) < 0)
			return error_prefix(e, "%s", variables[i].variable);
	}
	return 0;
}

static int read_cpu(struct task *task, struct error *e)
{
	const char *baseline = getenv(CHECKPOINT_ENV_CPU);

	task->cpu = task->conf.cpu_baseline;
	if (baseline && cpu_parse_baseline(baseline, &task->cpu, e) < 0)
		return error_prefix(e, "--checkpoint-cpu");
	return 0;
}

static int read_options(struct task *task, struct error *e)
{
	const char *interval = getenv(CHECKPOINT_ENV_INTERVAL);
	const char *dir = getenv(CHECKPOINT_ENV_DIR);
	const char *fallback = getenv(CHECKPOINT_ENV_FALLBACK);

	task->interval = task->conf.interval;
	if (interval && *interval == '\0')
		task->interval = 0;
	if (interval && *interval &&
	    conf_parse_interval(interval, &task->interval, e) < 0)
		return error_prefix(e, "--checkpoint");
	if (read_number(CHECKPOINT_ENV_KEEP, task->conf.keep, &task->keep) < 0)
		return error_set(e, "--checkpoint-keep: not a number");
	task->own_tmpdir = is_word(CHECKPOINT_ENV_TMPDIR, "yes", true);
	task->own_srun = is_word(CHECKPOINT_ENV_SRUN, "job",
				 task->conf.own_srun && !getenv(CHECKPOINT_ENV_SRUN));
	task->files = is_word(CHECKPOINT_ENV_FILES, "copy", false)	? FILES_COPY
		      : is_word(CHECKPOINT_ENV_FILES, "lengths", false) ? FILES_LENGTHS
									: FILES_AUTO;
	task->dir = strdup(dir && *dir ? dir : task->conf.checkpoint_dir);
	if (!task->dir)
		return error_sys(e, "--checkpoint-dir");
	task->fallback = task->conf.fallback;
	task->may_start_over = is_word(CHECKPOINT_ENV_FALLBACK, "restart", false);
	if (fallback && *fallback)
		task->fallback = task->may_start_over ? FALLBACK_RESTART : FALLBACK_FAIL;
	task->eternal = getenv(CHECKPOINT_ENV_ETERNAL) != NULL;
	task->append = getenv(CHECKPOINT_ENV_APPEND) != NULL;
	task->truncate = is_word(CHECKPOINT_ENV_APPEND, CHECKPOINT_APPEND_PLUGIN, false);
	task->warned = getenv(CHECKPOINT_ENV_WARNING) != NULL;
	return read_cpu(task, e) < 0 ? -1 : read_wishes(&task->wishes, &task->conf, e);
}

/* The options of sbatch that come to the runner in its environment. */
static const struct {
	const char *option;
	const char *variable;
	bool bare; /* without a value */
} passed[] = {
	{ "checkpoint", CHECKPOINT_ENV_INTERVAL, false },
	{ "checkpoint-dir", CHECKPOINT_ENV_DIR, false },
	{ "checkpoint-fallback", CHECKPOINT_ENV_FALLBACK, false },
	{ "checkpoint-keep", CHECKPOINT_ENV_KEEP, false },
	{ "checkpoint-tmpdir", CHECKPOINT_ENV_TMPDIR, false },
	{ "checkpoint-files", CHECKPOINT_ENV_FILES, false },
	{ "checkpoint-engine", CHECKPOINT_ENV_ENGINE, false },
	{ "checkpoint-signal", CHECKPOINT_ENV_SIGNAL, false },
	{ "checkpoint-exit-code", CHECKPOINT_ENV_EXIT, false },
	{ "checkpoint-done-file", CHECKPOINT_ENV_DONE, false },
	{ "checkpoint-net", CHECKPOINT_ENV_NET, false },
	{ "checkpoint-tcp", CHECKPOINT_ENV_TCP, false },
	{ "checkpoint-srun", CHECKPOINT_ENV_SRUN, false },
	{ "checkpoint-cpu", CHECKPOINT_ENV_CPU, false },
	{ "eternal", CHECKPOINT_ENV_ETERNAL, true },
};

#define PASSED (sizeof(passed) / sizeof(passed[0]))

/* As sbatch would take them, each ended by a zero byte; owned by the caller. */
static int keep_options(struct task *task, struct error *e)
{
	FILE *out = open_memstream(&task->options, &task->options_size);

	if (!out)
		return error_sys(e, "options");
	for (size_t i = 0; i < PASSED; i++) {
		const char *value = getenv(passed[i].variable);

		if (!value)
			continue;
		fprintf(out, passed[i].bare ? "--%s" : "--%s=%s", passed[i].option,
			value);
		fputc('\0', out);
	}
	return fclose(out) == 0 ? 0 : error_sys(e, "options");
}

static void clear_environment(void)
{
	for (size_t i = 0; i < PASSED; i++)
		unsetenv(passed[i].variable);
	unsetenv(CHECKPOINT_ENV_CONF);
	unsetenv(CHECKPOINT_ENV_FROM);
	unsetenv(CHECKPOINT_ENV_APPEND);
	unsetenv(CHECKPOINT_ENV_WARNING);
}

int task_read(struct task *task, struct error *e)
{
	const char *path = getenv(CHECKPOINT_ENV_CONF);
	int rc = conf_init(&task->conf, e);

	/* First, since whether it may start over depends on it if something fails. */
	if (rc == 0)
		rc = read_slurm(task, e);
	if (rc == 0)
		read_from(task);
	if (rc == 0 && path)
		rc = conf_read(&task->conf, path, e);
	if (rc == 0)
		rc = read_options(task, e);
	if (rc == 0)
		rc = keep_options(task, e);
	clear_environment();
	return rc;
}

/* How often it was begun again, behind all that was given. */
static int put_tries(const struct task *task)
{
	char **end = task->given;

	while (*end)
		end++;
	*end = str_printf(CHECKPOINT_ENV_TRIES "=%u", task->tries + 1);
	return *end ? 0 : -1;
}

void task_begin_again(const struct task *task, const struct error *e)
{
	cleanup_free char *self = file_read_link(AT_FDCWD, "/proc/self/exe");
	sigset_t mask = task->sigmask;

	if (!error_is_passing(e) || task->tries >= TRIES || !self || !task->given ||
	    put_tries(task) < 0)
		return;
	poll(NULL, 0, PAUSE);
	for (int s = CHECKPOINT_SIGNAL_FIRST; s <= CHECKPOINT_SIGNAL_LAST; s++)
		sigaddset(&mask, s);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	put_limits_back(task);
	umask(task->umask);
	execve(self, task->argv - 1, task->given);
}

void task_exec(const struct task *task)
{
	for (int s = CHECKPOINT_SIGNAL_FIRST; s <= CHECKPOINT_SIGNAL_LAST; s++)
		signal(s, SIG_IGN);
	sigprocmask(SIG_SETMASK, &task->sigmask, NULL);
	put_limits_back(task);
	umask(task->umask);
	hidden_show_all();
	execve(task->argv[0], task->argv, environ);
	fprintf(stderr, "slurm-checkpoint: error: execve(): %s: %s\n", task->argv[0],
		strerror(errno));
	_exit(errno);
}

void task_exit(int status)
{
	static const struct rlimit no_core = { 0, 0 };
	struct sigaction by_default = { .sa_handler = SIG_DFL };
	int signum = WTERMSIG(status);
	sigset_t mask;

	if (!WIFSIGNALED(status))
		_exit(WEXITSTATUS(status));
	/* The job has dumped its core already, if it was to. */
	setrlimit(RLIMIT_CORE, &no_core);
	sigaction(signum, &by_default, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, signum);
	raise(signum);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	_exit(128 + signum);
}
