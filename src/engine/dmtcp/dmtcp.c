// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dmtcp - the engine for dynamically linked programs, by an installed DMTCP.
 */
#define _GNU_SOURCE
#include "engine/dmtcp/dmtcp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/dmtcp/mpi.h"
#include "engine/tool.h"

/* ---- its directory ---- */

static bool is_image(const char *name)
{
	return strstr(name, ".dmtcp") || strncmp(name, "ckpt_", 5) == 0;
}

char *dmtcp_dir(const struct engine_job *job)
{
	return str_printf("%s/" DMTCP_DIR, job->folder->path);
}

int dmtcp_clean_dir(const struct engine_job *job, struct error *e)
{
	cleanup_close int fd = file_make_dir(job->folder->fd, DMTCP_DIR, e);
	cleanup_closedir DIR *dir = fd < 0 ? NULL : file_open_dir(fd, ".");
	struct dirent *d;

	if (fd < 0)
		return -1;
	if (!dir)
		return error_sys(e, "%s/" DMTCP_DIR, job->folder->path);
	while ((d = readdir(dir))) {
		if (is_image(d->d_name) && file_remove_tree(fd, d->d_name, e) < 0)
			return -1;
	}
	return 0;
}

int dmtcp_explain(const struct engine_job *job, struct error *e)
{
	size_t size;
	cleanup_free char *text = file_read(job->folder->fd, DMTCP_DIR "/" DMTCP_LOG,
					    (size_t)1 << 20, &size, NULL);
	cleanup_free char *reason = text ? dmtcp_log_reason(text) : NULL;

	if (!reason)
		return error_set(e, "DMTCP failed without saying why");
	return error_set(e, "DMTCP: %s", reason);
}

/* ---- processes ---- */

void dmtcp_free_argv(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

char **dmtcp_argv(const struct engine_job *job, const struct gate *gate,
		  const char *program, char *const *more, size_t count)
{
	const char *first[] = { program,
				/* Twice: warnings would appear in the job's output. */
				"--quiet", "--quiet", "--join-coordinator",
				"--coord-host", "127.0.0.1", "--coord-port", "",
				"--ckptdir", "", "--tmpdir", job->scratch };
	enum { FIRST = sizeof(first) / sizeof(first[0]), PORT = 7, DIR_ = 9 };
	char **argv = calloc(FIRST + count + 1, sizeof(*argv));
	bool complete = argv;

	for (size_t i = 0; argv && i < FIRST + count; i++) {
		if (i == PORT)
			argv[i] = str_printf("%u", gate->port);
		else if (i == DIR_)
			argv[i] = dmtcp_dir(job);
		else
			argv[i] = strdup(i < FIRST ? first[i] : more[i - FIRST]);
		complete = complete && argv[i];
	}
	if (complete)
		return argv;
	dmtcp_free_argv(argv);
	return NULL;
}

/* DMTCP's messages would go to the job's own error output. */
static char **with_log(char *const *envp, char *log)
{
	size_t count = 0;
	char **copy;

	while (envp[count])
		count++;
	copy = calloc(count + 2, sizeof(*copy));
	if (!copy)
		return NULL;
	memcpy(copy, envp, count * sizeof(*copy));
	copy[count] = log;
	return copy;
}

static int start_sandbox(struct engine_run *run, const struct engine_job *job,
			 char *const *argv, const struct dmtcp_setting *setting,
			 struct error *e)
{
	cleanup_free char *log = str_printf(
		"JALIB_STDERR_PATH=%s/" DMTCP_DIR "/" DMTCP_LOG, job->folder->path);
	cleanup_environment char **envp = mpi_environment(job);
	cleanup_free char **with = log && envp ? with_log(envp, log) : NULL;
	struct sandbox_spec spec = {
		.is_open = true,
		.argv = argv,
		.envp = with,
		.sigmask = job->sigmask,
		.fixed_layout = setting->fixed_layout,
		.umask = setting->umask ? setting->umask : job->umask,
		.limits = setting->limits ? setting->limits : job->limits
	};

	if (!with || !argv)
		return error_sys(e, "dmtcp");
	return sandbox_start(&run->sandbox, &spec, e);
}

struct engine_run *dmtcp_begin(const struct engine_job *job, const char *program,
			       char *const *more, size_t count,
			       const struct dmtcp_setting *setting, struct error *e)
{
	cleanup_free char *path = dmtcp_find(job->conf, program, e);
	cleanup_free char *coordinator =
		path ? dmtcp_find(job->conf, "dmtcp_coordinator", e) : NULL;
	cleanup_free struct engine_run *run = calloc(1, sizeof(*run));
	char **argv;
	int rc;

	if (!run)
		error_sys(e, "dmtcp");
	if (!run || !coordinator)
		return NULL;
	(void)unlinkat(job->folder->fd, DMTCP_DIR "/" DMTCP_LOG, 0);
	if (gate_start(&run->gate, coordinator, job->scratch, e) < 0) {
		gate_stop(&run->gate);
		return NULL;
	}
	argv = dmtcp_argv(job, &run->gate, path, more, count);
	rc = start_sandbox(run, job, argv, setting, e);
	dmtcp_free_argv(argv);
	if (rc == 0)
		return take_ptr(run);
	gate_stop(&run->gate);
	return NULL;
}

/* First the job: without its coordinator, a process would end in its own way. */
void dmtcp_end(struct engine_run *run)
{
	sandbox_stop(&run->sandbox);
	gate_stop(&run->gate);
	free(run);
}

/* ---- what it does ---- */

int dmtcp_command(const struct engine_run *run, const struct engine_job *job,
		  const char *word, char **text, struct error *e)
{
	cleanup_free char *program = dmtcp_find(job->conf, "dmtcp_command", e);
	cleanup_free char *port = str_printf("%u", run->gate.coordinator);
	char *argv[] = { program,
			 (char *)"--coord-host",
			 (char *)"127.0.0.1",
			 (char *)"--coord-port",
			 port,
			 (char *)word,
			 NULL };

	*text = NULL;
	return program && port ? tool_run(argv, text, e) : -1;
}

int dmtcp_status(const struct engine_run *run, const struct engine_job *job,
		 struct dmtcp_status *status, struct error *e)
{
	cleanup_free char *text = NULL;

	if (dmtcp_command(run, job, "--status", &text, e) < 0)
		return -1;
	return dmtcp_status_parse(text, status, e);
}

time_t dmtcp_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

int dmtcp_wait(const struct engine_run *run, struct gate_client *client, int cancel_fd,
	       struct error *e)
{
	struct pollfd fds[] = { { .fd = client->fd, .events = POLLIN },
				{ .fd = run->sandbox.events, .events = POLLIN },
				{ .fd = cancel_fd, .events = POLLIN } };

	if (gate_ask(client, e) < 0)
		return -1;
	if (poll(fds, 3, 1000) < 0 && errno != EINTR)
		return error_sys(e, "poll");
	if (fds[2].revents)
		return error_set(e, "it was given up");
	return fds[0].revents ? gate_hear(client, e) : 0;
}

/* Until the script is under DMTCP's control, or has ended already. */
static int wait_until_launched(const struct engine_run *run, const struct engine_job *job,
			       struct error *e)
{
	time_t deadline = dmtcp_seconds() + (time_t)job->conf->restore_timeout;
	struct gate_client client;
	int rc = gate_connect(&client, &run->gate, e), status;

	while (rc == 0 && client.report.answered == 0) {
		if (sandbox_root_has_ended(&run->sandbox, &status))
			rc = dmtcp_explain(job, e);
		else if (dmtcp_seconds() >= deadline)
			rc = error_set(e, "dmtcp_launch did not start the job within "
					  "RestoreTimeout");
		else
			rc = dmtcp_wait(run, &client, -1, e);
	}
	gate_disconnect(&client);
	return rc;
}

struct engine_run *dmtcp_start(const struct engine_job *job, struct error *e)
{
	static char *const options[] = { (char *)"--no-gzip", (char *)"--with-plugin",
					 (char *)DMTCP_IDS_PATH };
	enum { OPTIONS = sizeof(options) / sizeof(options[0]) };
	const struct dmtcp_setting setting = { .umask = NULL };
	cleanup_free char **more = NULL;
	struct engine_run *run;
	size_t argc = 0;

	while (job->argv[argc])
		argc++;
	more = calloc(argc + OPTIONS + 1, sizeof(*more));
	if (!more) {
		error_sys(e, "dmtcp");
		return NULL;
	}
	if (dmtcp_clean_dir(job, e) < 0)
		return NULL;
	memcpy(more, options, sizeof(options));
	memcpy(more + OPTIONS, job->argv, argc * sizeof(*more));
	run = dmtcp_begin(job, "dmtcp_launch", more, OPTIONS + argc, &setting, e);
	if (!run || wait_until_launched(run, job, e) == 0)
		return run;
	dmtcp_end(run);
	return NULL;
}

/* ---- the table ---- */

static int able(const struct engine_run *run, const struct engine_job *job,
		struct error *e)
{
	if (dmtcp_check_processes(run, e) < 0)
		return -1;
	mpi_describe(job, e);
	return 0;
}

static int event_fd(const struct engine_run *run)
{
	return run->sandbox.events;
}

static int status_of(struct engine_run *run, int *status)
{
	return sandbox_root_ended(&run->sandbox, status) == 1 ? 0 : -1;
}

static void pass_signal(struct engine_run *run, int signum)
{
	sandbox_signal(&run->sandbox, signum);
}

const struct engine engine_dmtcp = {
	.name = "dmtcp",
	.mounts = false,
	.restores_code = true,
	.probe = dmtcp_probe,
	.identify = dmtcp_identify,
	.version = dmtcp_version,
	.start = dmtcp_start,
	.restore = dmtcp_restore,
	.able = able,
	.dump = dmtcp_dump,
	.event_fd = event_fd,
	.status = status_of,
	.signal = pass_signal,
	.stop = dmtcp_end,
};
