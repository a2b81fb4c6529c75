// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * restore - have a job go on with "criu restore", in namespaces made anew.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/argv.h"
#include "base/cleanup.h"
#include "base/cpu.h"
#include "base/file.h"
#include "base/str.h"
#include "base/unix_socket.h"
#include "engine/criu/criu.h"
#include "engine/criu/handed.h"
#include "engine/criu/hook.h"
#include "engine/criu/lent.h"
#include "engine/criu/lost.h"
#include "engine/criu/recheck.h"
#include "engine/criu/shown.h"
#include "engine/criu/tasks.h"
#include "engine/criu/watch.h"

#include <limits.h>

static int deadline_passed(void *arg, struct error *e)
{
	(void)arg;
	return error_set(e, "criu did not restore the job within RestoreTimeout");
}

static int cancelled(void *arg, struct error *e)
{
	(void)arg;
	return error_set(e, "the job was cancelled while it was being restored");
}

static int stands(void *arg, struct error *e)
{
	(void)arg;
	return error_set(e,
			 "criu stood still for %d seconds while it restored the job, and "
			 "was ended",
			 WATCH_LIMIT);
}

/* criu's action script asks for leave when all is restored, and nothing runs yet. */
struct leave {
	const struct sandbox *sb;
	const struct engine_job *job;
	const struct generation *gen;
	struct loop *loop;
	int listener;
	bool given;
};

static int leave_asked(void *arg, struct error *e)
{
	struct leave *l = arg;
	cleanup_close int hook = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC);
	const char yes = HOOK_YES;

	if (hook < 0)
		return error_sys(e, "criu's action script");
	if (recheck_holdings(l->sb, l->job, l->gen, e) < 0)
		return -1;
	l->given = true;
	return file_write_all(hook, &yes, 1) < 0 ? error_sys(e, "criu's action script")
						 : 0;
}

/* variable is for the environment of criu, which must be started afterwards. */
static int leave_listen(struct leave *l, const char *variable, struct error *e)
{
	l->listener = unix_socket_listen(strchr(variable, '=') + 1, e);
	return l->listener < 0 ? -1 : loop_add(l->loop, l->listener, leave_asked, l, e);
}

static void leave_close(struct leave *l)
{
	if (l->listener < 0)
		return;
	loop_remove(l->loop, l->listener);
	close(l->listener);
}

/* Wait for criu, the deadline, or the end of the job. */
static int follow(struct criu_process *criu, const struct sandbox *sb,
		  const struct engine_job *job, struct error *e)
{
	struct itimerspec when = { .it_value.tv_sec =
					   (time_t)job->conf->restore_timeout };
	cleanup_close int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	struct watch watch = {
		.sb = sb, .what = WATCH_RESTORE, .stands = stands, .timer = -1
	};
	int rc = 0;

	if (watch_start(&watch, criu->loop, e) < 0)
		return -1;
	if (timer < 0 || timerfd_settime(timer, 0, &when, NULL) < 0 ||
	    loop_add(criu->loop, timer, deadline_passed, NULL, e) < 0 ||
	    loop_add(criu->loop, job->cancel_fd, cancelled, NULL, e) < 0)
		return error_sys(e, "timer");
	while (rc == 0 && !criu->ended)
		rc = loop_once(criu->loop, e);
	watch_stop(&watch);
	loop_remove(criu->loop, timer);
	loop_remove(criu->loop, job->cancel_fd);
	if (rc == 0 && criu->status > 128)
		rc = error_set(e, "criu was killed by signal %d", criu->status - 128);
	else if (rc == 0 && criu->status != 0)
		rc = criu_log_explain(&criu->log, e);
	/* Not by criu, and not for long. */
	if (rc < 0 && criu->ended &&
	    (criu->status == SANDBOX_NOT_BEGUN || criu->status == SANDBOX_NOT_EXECUTED))
		e->number = EAGAIN;
	return rc;
}

/*
 * criu refuses a process that had registers of XSAVE where there is none, used or not.
 * Where it is known what the job may use, and that all of it is here, they were not.
 */
static bool does_without_xsave(const struct manifest *m)
{
	const char *used = manifest_get(m, GENERATION_CPU);
	struct cpu here;

	cpu_read(&here);
	return used && *used && !here.xcr0;
}

static void add_options(struct argv *argv, const struct engine_run *run,
			const struct manifest *m)
{
	const char *tcp = manifest_get(m, CRIU_ATTR_TCP);

	if (run->sandbox.own_net)
		argv_add(argv, "--tcp-established");
	else if (tcp && !strcmp(tcp, "close"))
		argv_add(argv, "--tcp-close");
	if (does_without_xsave(m))
		argv_add(argv, "--cpu-cap=none");
}

static void add_adopt(struct argv *argv, const struct engine_run *run,
		      const struct manifest *m)
{
	const char *adopted = manifest_get(m, CRIU_ATTR_ADOPTED);

	if (!adopted || strcmp(adopted, "yes") != 0)
		return;
	argv_add(argv, CRIU_ADOPT_PATH);
	argv_addf(argv, "%d", run->sandbox.root);
}

static int command_line(struct argv *argv, const struct engine_run *run,
			const struct engine_job *job, const struct generation *gen,
			struct error *e)
{
	cleanup_free char *program = criu_find(job->conf, e);
	cleanup_free char *images = program ? shown_images(job, gen, e) : NULL;

	if (!program || !images)
		return -1;
	add_adopt(argv, run, &gen->manifest);
	argv_add(argv, program);
	argv_add(argv, "restore");
	argv_addf(argv, "--images-dir=%s", images);
	argv_addf(argv, "--work-dir=%s", job->scratch);
	argv_add(argv, "--restore-detached");
	argv_add(argv, "--manage-cgroups=ignore");
	argv_add(argv, "--file-locks");
	argv_add(argv, "--action-script=" CRIU_HOOK_PATH);
	argv_add(argv, "--unprivileged");
	argv_add(argv, criu_verbosity(job->conf));
	add_options(argv, run, &gen->manifest);
	return argv_end(argv, e);
}

static int run_criu(struct engine_run *run, const struct engine_job *job,
		    const struct generation *gen, struct error *e)
{
	cleanup_argv struct argv argv = { 0 };
	cleanup_free char *tasks = str_printf(HOOK_ENV_TASKS "=%s/%u/" TASKS_FILE,
					      job->folder->path, gen->number);
	cleanup_free char *hook =
		str_printf(HOOK_ENV_SOCKET "=%s/hook.sock", job->scratch);
	char *extra[CRIU_EXTRA_ENV] = {
		tasks, hook, run->sandbox.own_net ? (char *)HOOK_ENV_OWN_NET "=1" : NULL
	};
	struct leave leave = {
		.sb = &run->sandbox, .job = job, .gen = gen, .listener = -1
	};
	struct criu_process criu = { .output = -1, .pidfd = -1 };
	struct handed handed = { 0 };
	int rc = -1;

	if (!tasks || !hook)
		return error_sys(e, "criu restore");
	leave.loop = criu.loop = loop_new(e);
	if (!criu.loop)
		return -1;
	if (command_line(&argv, run, job, gen, e) == 0 &&
	    leave_listen(&leave, hook, e) == 0 &&
	    handed_restore(&handed, &argv, &gen->manifest, e) == 0 &&
	    lost_restore(&handed, &argv, &run->sandbox, &gen->manifest, e) == 0 &&
	    argv_end(&argv, e) == 0 &&
	    criu_process_start(&criu, criu.loop, &run->sandbox, argv.words, job->scratch,
			       extra, e) == 0)
		rc = follow(&criu, &run->sandbox, job, e);
	if (rc == 0 && !leave.given)
		rc = error_set(e, "criu restored the job without asking for leave; "
				  "CriuPath of checkpoint.conf has to be a criu that "
				  "executes --action-script");
	if (rc == 0)
		criu_log_remark(&criu.log, e);
	leave_close(&leave);
	handed_close(&handed);
	(void)criu_log_save(&criu.log, job->folder->fd, CRIU_LOG_RESTORE, NULL);
	criu_process_close(&criu);
	loop_free(criu.loop);
	return rc;
}

static int read_spec(const struct generation *gen, struct sandbox_spec *spec,
		     unsigned long long *highest, struct error *e)
{
	const struct manifest *m = &gen->manifest;
	const char *net = manifest_get(m, CRIU_ATTR_NET);
	unsigned long long root, restore_pid, monotonic, boottime;

	if (manifest_get_number(m, CRIU_ATTR_ROOT, INT_MAX, &root) < 0 || root <= 1 ||
	    manifest_get_number(m, CRIU_ATTR_RESTORE_PID, INT_MAX, &restore_pid) < 0 ||
	    manifest_get_number(m, CRIU_ATTR_HIGHEST, INT_MAX, highest) < 0 ||
	    manifest_get_number(m, CRIU_ATTR_MONOTONIC, INT64_MAX, &monotonic) < 0 ||
	    manifest_get_number(m, CRIU_ATTR_BOOTTIME, INT64_MAX, &boottime) < 0)
		return error_set(e, "generation %u: its manifest lacks what criu needs",
				 gen->number);
	spec->own_net = net && !strcmp(net, "private");
	spec->root = (pid_t)root;
	spec->last_pid = (pid_t)restore_pid;
	spec->clocks.monotonic = (int64_t)monotonic;
	spec->clocks.boottime = (int64_t)boottime;
	return 0;
}

struct engine_run *criu_restore(const struct engine_job *job,
				const struct generation *gen, struct error *e)
{
	cleanup_free struct engine_run *run = calloc(1, sizeof(*run));
	struct sandbox_spec spec = { .mounts = job->mounts,
				     .connect = criu_connect,
				     .connect_arg = run };
	unsigned long long highest;
	int rc = -1;

	if (!run) {
		error_sys(e, "criu restore");
		return NULL;
	}
	if (read_spec(gen, &spec, &highest, e) < 0 ||
	    (!spec.own_net && criu_shelter(job, e) < 0) ||
	    sandbox_start(&run->sandbox, &spec, e) < 0)
		return NULL;
	if (lent_put(&run->sandbox, job, gen, e) == 0)
		rc = run_criu(run, job, gen, e);
	lent_take_back(&run->sandbox, job, gen);
	if (rc < 0) {
		sandbox_stop(&run->sandbox);
		return NULL;
	}
	sandbox_set_last_pid(&run->sandbox, (pid_t)highest);
	return take_ptr(run);
}
