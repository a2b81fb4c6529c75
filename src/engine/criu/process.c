// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/argv.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "engine/criu/breakpoints.h"
#include "engine/criu/criu.h"
#include "engine/criu/sockets.h"

char *criu_verbosity(const struct conf *conf)
{
	return conf->log_level >= LOG_DEBUG ? (char *)"-v4" : (char *)"-v2";
}

static int output_readable(void *arg, struct error *e)
{
	struct criu_process *p = arg;

	(void)e;
	if (criu_log_read(&p->log, p->output) == 0)
		loop_remove(p->loop, p->output);
	return 0;
}

static int process_ended(void *arg, struct error *e)
{
	struct criu_process *p = arg;
	int status;

	while (waitpid(p->pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_sys(e, "waitpid");
	}
	p->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	p->ended = true;
	loop_remove(p->loop, p->pidfd);
	/* Without waiting: a restored job that inherited the pipe would keep it open. */
	(void)fcntl(p->output, F_SETFL, O_NONBLOCK);
	while (criu_log_read(&p->log, p->output) > 0)
		;
	return 0;
}

static void set_environment(struct argv *envp, const char *scratch,
			    char *const extra[CRIU_EXTRA_ENV])
{
	/* Where criu remembers what it found out about the kernel. */
	argv_addf(envp, "XDG_RUNTIME_DIR=%s", scratch);
	argv_add(envp, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	if (!breakpoints_work())
		argv_add(envp, BREAKPOINTS_NONE);
#ifdef __SANITIZE_ADDRESS__
	/* Of criu-adopt, in which the preloaded library comes before the sanitizer's. */
	argv_add(envp, "ASAN_OPTIONS=verify_asan_link_order=0");
#endif
	for (int i = 0; i < CRIU_EXTRA_ENV && extra[i]; i++)
		argv_add(envp, extra[i]);
}

static int follow(struct criu_process *p, struct error *e)
{
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->pidfd < 0)
		return error_sys(e, "pidfd_open");
	return loop_add(p->loop, p->output, output_readable, p, e) < 0 ||
			       loop_add(p->loop, p->pidfd, process_ended, p, e) < 0
		       ? -1
		       : 0;
}

/* criu touches the job only when it is sure that it is followed to its end. */
static int start(struct criu_process *p, const struct sandbox *sb,
		 struct sandbox_program *program, struct error *e)
{
	int go[2], rc;

	if (pipe2(go, O_CLOEXEC) < 0)
		return error_sys(e, "criu");
	program->go = go;
	p->pid = sandbox_exec(sb, SANDBOX_INSIDE, program, e);
	rc = p->pid < 0 ? -1 : follow(p, e);
	if (rc == 0 && file_write_all(go[1], "", 1) < 0)
		rc = error_sys(e, "criu");
	close(go[0]);
	close(go[1]);
	return rc;
}

int criu_process_start(struct criu_process *p, struct loop *loop,
		       const struct sandbox *sb, char *const *argv, const char *scratch,
		       char *const extra[CRIU_EXTRA_ENV], struct error *e)
{
	const char *sockets = sockets_dir(scratch, e);
	struct sandbox_program program = { .argv = argv, .prepare = sockets_mount };
	cleanup_argv struct argv envp = { 0 };
	int pipe_fds[2], rc;

	memset(p, 0, sizeof(*p));
	p->loop = loop;
	p->pidfd = p->output = -1;
	if (!sockets)
		return -1;
	set_environment(&envp, scratch, extra);
	sockets_environment(&envp, sockets);
	if (argv_end(&envp, e) < 0)
		return -1;
	program.envp = envp.words;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_sys(e, "criu");
	p->output = pipe_fds[0];
	program.out = pipe_fds[1];
	rc = start(p, sb, &program, e);
	close(pipe_fds[1]);
	return rc;
}

int criu_process_kill(struct criu_process *p, struct error *e)
{
	kill(p->pid, SIGKILL);
	loop_remove(p->loop, p->output);
	return p->ended ? 0 : process_ended(p, e);
}

void criu_process_close(struct criu_process *p)
{
	loop_remove(p->loop, p->output);
	loop_remove(p->loop, p->pidfd);
	if (p->output >= 0)
		close(p->output);
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->output = p->pidfd = -1;
}
