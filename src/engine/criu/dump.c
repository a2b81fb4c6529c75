// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump - save a running job with "criu dump".
 *
 * CRIU freezes the job and sends its images, which are digested and written as
 * they come (stream.h). When all are there, its action script asks for leave
 * (hook.c) while the job still stands: the moment at which outputs are recorded
 * and, if the job is to stop, the generation is committed. Only then does CRIU end
 * the job, or let it go on. Whatever fails before, CRIU is heard to the end and then
 * refused its leave: the job goes on as if nothing had been.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/argv.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/unix_socket.h"
#include "engine/criu/connections.h"
#include "engine/criu/criu.h"
#include "engine/criu/handed.h"
#include "engine/criu/hook.h"
#include "engine/criu/lost.h"
#include "engine/criu/numbers.h"
#include "engine/criu/release.h"
#include "engine/criu/shared_copy.h"
#include "engine/criu/shm.h"
#include "engine/criu/stream.h"
#include "engine/criu/tasks.h"
#include "engine/criu/unsavable.h"
#include "engine/criu/waits.h"
#include "engine/criu/watch.h"
#include "engine/holdings.h"
#include "engine/outputs.h"
#include "engine/tree.h"
#include "plan/pids.h"
#include "store/owners.h"

#define GHOST_LIMIT "1G" /* unlinked files up to this size are saved with the job */

struct dumping {
	struct loop *loop;
	struct engine_run *run;
	const struct engine_dump *dump;
	struct stream *stream;
	struct criu_process criu;
	int hook_listener;
	int hook;
	bool sealed;
	bool stopped; /* by us, in spite of DUMP_AND_GO_ON */
	bool failed;
	bool killed; /* criu */
	int end;     /* timer: of what is heard after it has failed */
	struct watch watch;
	struct settled settled;
	struct waits waits;
	pid_t trapped; /* a process that is harmed by that, or 0 */
};

static int hook_waits(void *arg, struct error *e)
{
	struct dumping *d = arg;

	d->hook = accept4(d->hook_listener, NULL, NULL, SOCK_CLOEXEC);
	loop_remove(d->loop, d->hook_listener);
	return d->hook < 0 ? error_sys(e, "accept") : 0;
}

/* ---- while the job stands ---- */

/* How the restore has to treat connections. */
static int set_network(struct manifest *m, const struct sandbox *sb,
		       const struct engine_job *job)
{
	const char *tcp = criu_closes_tcp(job) ? "close" : "refuse";

	return manifest_set(m, CRIU_ATTR_NET, "%s", sb->own_net ? "private" : "host") <
				       0 ||
			       manifest_set(m, CRIU_ATTR_TCP, "%s", tcp) < 0
		       ? -1
		       : 0;
}

static int set_attributes(struct manifest *m, const struct sandbox *sb, struct tree *tree)
{
	struct sandbox_clocks clocks = { 0 };
	pid_t restore_pid = pids_gap(tree->used, tree->nused, numbers_limit());

	if (sandbox_read_clocks(sb, &clocks) < 0 ||
	    manifest_set(m, CRIU_ATTR_ADOPTED, "%s", tree->has_adopted ? "yes" : "no") <
		    0 ||
	    manifest_set(m, CRIU_ATTR_ROOT, "%d", sb->root) < 0 ||
	    manifest_set(m, CRIU_ATTR_HIGHEST, "%d", tree->highest) < 0 ||
	    manifest_set(m, CRIU_ATTR_RESTORE_PID, "%d", restore_pid) < 0 ||
	    manifest_set(m, CRIU_ATTR_MONOTONIC, "%lld", (long long)clocks.monotonic) <
		    0 ||
	    manifest_set(m, CRIU_ATTR_BOOTTIME, "%lld", (long long)clocks.boottime) < 0)
		return -1;
	return 0;
}

struct owners {
	struct manifest *manifest;
	struct way way;
};

static int note_owner(void *arg, const struct holding *h, struct error *e)
{
	struct owners *owners = arg;

	if (!h->known ||
	    owners_note(owners->manifest, &owners->way, h->path, h->st.st_uid) == 0)
		return 0;
	return error_sys(e, "%s", h->path);
}

/* Whose what it holds is, for when it is found by its path again. */
static int note_owners(const struct tree *tree, struct manifest *m, struct error *e)
{
	struct owners owners = { m, way_of("") };

	return holdings_visit(tree, note_owner, &owners, e);
}

static int describe_tree(struct dumping *d, const struct engine_job *job, struct error *e)
{
	struct manifest *m = &d->dump->gen->manifest;
	struct tree tree;
	int rc = tree_read(&tree, &d->run->sandbox, e);

	if (rc == 0 && (set_attributes(m, &d->run->sandbox, &tree) < 0 ||
			set_network(m, &d->run->sandbox, job) < 0))
		rc = error_sys(e, "job's processes");
	/* criu has saved those that leave the job's own network, too. */
	if (rc == 0 && d->run->sandbox.own_net && criu_tcp_refused(&tree, d->run, job, e))
		rc = -1;
	if (rc == 0)
		rc = note_owners(&tree, m, e);
	if (rc == 0)
		rc = outputs_tell(&tree, job, d->dump, NULL, e);
	tree_free(&tree);
	return rc;
}

/* What the action script has written down, if there was anything (tasks.h). */
static int keep_tasks(struct dumping *d, const struct engine_job *job, struct error *e)
{
	cleanup_free char *path = str_printf("%s/" TASKS_FILE, job->scratch);
	cleanup_free char *text = NULL;
	size_t size;

	if (path && access(path, F_OK) < 0)
		return 0;
	text = path ? file_read(AT_FDCWD, path, TASKS_MAX, &size, e) : NULL;
	if (!text)
		return -1;
	return generation_put(d->dump->gen, TASKS_FILE, text, size, e);
}

static int keep_log(struct dumping *d, struct error *e)
{
	cleanup_free char *text = criu_log_text(&d->criu.log);

	if (!text)
		return error_sys(e, CRIU_LOG_DUMP);
	return generation_put(d->dump->gen, CRIU_LOG_DUMP, text, strlen(text), e);
}

static int describe(struct dumping *d, const struct engine_job *job, struct error *e)
{
	if (describe_tree(d, job, e) < 0 || keep_tasks(d, job, e) < 0)
		return -1;
	return keep_log(d, e);
}

/* All is written, and criu waits for its leave. */
static int seal(struct dumping *d, const struct engine_job *job, struct error *e)
{
	const char yes = HOOK_YES;
	int rc = describe(d, job, e);

	if (rc == 0)
		rc = d->dump->seal(d->dump->arg, e);
	if (rc < 0)
		return -1;
	d->sealed = true;
	if (rc == SEAL_AND_STOP && d->dump->mode == DUMP_AND_GO_ON) {
		/* With init all that is inside ends, frozen as it is, and criu too. */
		kill(d->run->sandbox.init, SIGKILL);
		d->stopped = true;
		return 0;
	}
	return file_write_all(d->hook, &yes, 1) < 0 ? error_sys(e, "criu's action script")
						    : 0;
}

/* ---- the dump ---- */

static void refuse(struct dumping *d)
{
	if (d->hook >= 0)
		close(d->hook);
	d->hook = -1;
}

/* In which the watch sees whether criu gets on; once it was given up it has to end. */
static uint64_t bytes(void *arg)
{
	const struct dumping *d = arg;

	return d->stream ? stream_bytes(d->stream) : 0;
}

/* The job is frozen, or a part of it, and criu does not let it go. */
static int end_criu(struct dumping *d, struct error *e)
{
	d->killed = true;
	d->trapped = release_find_trapped(&d->run->sandbox);
	return criu_process_kill(&d->criu, e);
}

static int stands(void *arg, struct error *e)
{
	struct dumping *d = arg;

	if (end_criu(d, e) < 0)
		return -1;
	return error_set(
		e,
		"criu stood still for %d seconds while it saved the job, and was "
		"ended",
		WATCH_LIMIT);
}

static int too_late(void *arg, struct error *e)
{
	struct dumping *d = arg;

	loop_remove(d->loop, d->end);
	return end_criu(d, e);
}

/* It is heard to the end, which may take as long as a checkpoint may. */
static void give_up(struct dumping *d, const struct engine_job *job)
{
	const struct itimerspec end = { .it_value.tv_sec =
						(time_t)job->conf->dump_timeout };

	d->failed = true;
	d->end = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	if (d->end >= 0 && timerfd_settime(d->end, 0, &end, NULL) == 0)
		(void)loop_add(d->loop, d->end, too_late, d, NULL);
	stream_discard(d->stream);
}

static int cancelled(void *arg, struct error *e)
{
	struct dumping *d = arg;

	loop_remove(d->loop, d->dump->cancel_fd);
	return error_set(e, "it was given up");
}

static int follow(struct dumping *d, const struct engine_job *job, struct error *e)
{
	struct error step;

	while (!d->criu.ended) {
		int rc = loop_once(d->loop, &step);

		if (rc == 0 && d->hook >= 0 && !d->sealed && !d->failed &&
		    stream_is_complete(d->stream)) {
			rc = seal(d, job, &step);
			watch_excuse(&d->watch);
		}
		if (rc < 0 && !d->failed) {
			*e = step;
			give_up(d, job);
		}
		if (d->failed)
			refuse(d);
	}
	return d->failed ? -1 : 0;
}

/* Nobody else is in a network of the job's own, so nothing has to be kept out of it. */
static void add_options(struct argv *argv, const struct dumping *d,
			const struct engine_job *job)
{
	if (d->dump->mode == DUMP_AND_GO_ON)
		argv_add(argv, "--leave-running");
	if (d->run->sandbox.own_net) {
		argv_add(argv, "--tcp-established");
		argv_add(argv, "--network-lock=skip");
	} else if (criu_closes_tcp(job)) {
		argv_add(argv, "--tcp-close");
	}
}

static int command_line(struct argv *argv, const struct dumping *d,
			const struct engine_job *job, const char *images, struct error *e)
{
	cleanup_free char *program = criu_find(job->conf, e);
	cleanup_free char *version = program ? criu_version(program, e) : NULL;
	struct manifest *m = &d->dump->gen->manifest;

	if (!version)
		return -1;
	if (manifest_set(m, CRIU_ATTR_VERSION, "%s", version) < 0)
		return error_sys(e, "criu dump");
	argv_add(argv, program);
	argv_add(argv, "dump");
	argv_addf(argv, "--tree=%d", d->run->sandbox.root);
	argv_addf(argv, "--images-dir=%s", images);
	argv_addf(argv, "--work-dir=%s", job->scratch);
	argv_add(argv, "--stream");
	argv_add(argv, "--action-script=" CRIU_HOOK_PATH);
	argv_add(argv, "--manage-cgroups=ignore");
	argv_add(argv, "--ghost-limit=" GHOST_LIMIT);
	argv_add(argv, "--file-locks");
	argv_add(argv, "--unprivileged");
	argv_add(argv, criu_verbosity(job->conf));
	add_options(argv, d, job);
	if (handed_dump(argv, m, e) < 0 || lost_dump(argv, m, &d->run->sandbox, e) < 0)
		return -1;
	return argv_end(argv, e);
}

static bool is_looked_at(const char *name)
{
	return !strncmp(name, WAITS_IMAGES, strlen(WAITS_IMAGES)) ||
	       !strncmp(name, CONNECTIONS_IMAGES, strlen(CONNECTIONS_IMAGES));
}

static int look_at_image(void *arg, const char *name, void *data, size_t size,
			 struct error *e)
{
	if (!strncmp(name, CONNECTIONS_IMAGES, strlen(CONNECTIONS_IMAGES)))
		return connections_check_image(data, size, e);
	waits_mend(arg, name, data, size);
	return 0;
}

static int start(struct dumping *d, const struct engine_job *job, struct error *e)
{
	cleanup_argv struct argv argv = { 0 };
	cleanup_free char *images = str_printf("%s/images", job->scratch);
	cleanup_free char *hook = str_printf("%s/hook.sock", job->scratch);
	cleanup_free char *env = str_printf(HOOK_ENV_SOCKET "=%s", hook);
	cleanup_free char *tasks =
		str_printf(HOOK_ENV_TASKS "=%s/" TASKS_FILE, job->scratch);
	char *extra[CRIU_EXTRA_ENV] = { env, tasks };
	int fd;

	if (!images || !hook || !env || !tasks)
		return error_sys(e, "criu dump");
	if (file_remove_tree(AT_FDCWD, strchr(tasks, '=') + 1, e) < 0 ||
	    command_line(&argv, d, job, images, e) < 0)
		return -1;
	fd = file_make_dir(AT_FDCWD, images, e);
	if (fd < 0)
		return -1;
	close(fd);
	d->stream = stream_open(d->loop, images, d->dump->gen, e);
	if (d->stream)
		stream_set_edit(d->stream, &(struct stream_edit){ .wants = is_looked_at,
								  .edit = look_at_image,
								  .arg = &d->waits });
	d->hook_listener = d->stream ? unix_socket_listen(hook, e) : -1;
	if (d->hook_listener < 0 ||
	    loop_add(d->loop, d->hook_listener, hook_waits, d, e) < 0 ||
	    loop_add(d->loop, d->dump->cancel_fd, cancelled, d, e) < 0)
		return -1;
	/* criu keeps it open, so that the runner knows when criu has gone. */
	(void)fcntl(d->dump->done_fd, F_SETFD, 0);
	d->watch = (struct watch){ .sb = &d->run->sandbox,
				   .what = WATCH_DUMP,
				   .bytes = bytes,
				   .arg = d,
				   .stands = stands,
				   .timer = -1 };
	if (watch_start(&d->watch, d->loop, e) < 0)
		return -1;
	return criu_process_start(&d->criu, d->loop, &d->run->sandbox, argv.words,
				  job->scratch, extra, e);
}

static bool is_connected(const struct dumping *d, const struct engine_job *job,
			 struct error *e)
{
	struct tree tree;
	bool connected = tree_read(&tree, &d->run->sandbox, e) == 0 &&
			 criu_tcp_refused(&tree, d->run, job, e);

	tree_free(&tree);
	return connected;
}

/*
 * Has the job ended while criu was about to stop it? A process that ends while criu
 * traces it is told of to its parent, which is init, only when criu has gone.
 */
static bool is_gone(const struct dumping *d)
{
	struct pollfd end = { .fd = d->run->sandbox.events, .events = POLLIN };
	struct tree tree;
	bool gone = tree_read(&tree, &d->run->sandbox, NULL) == 0 &&
		    tree_has_ended(&tree, d->run->sandbox.root);

	tree_free(&tree);
	while (gone && poll(&end, 1, -1) < 0 && errno == EINTR)
		;
	return gone;
}

static int gone(struct error *e)
{
	error_set(e, "it has ended");
	return DUMP_GONE;
}

/* Why criu failed: the job's own connections, else what criu says. */
static int explain(struct dumping *d, const struct engine_job *job, struct error *e)
{
	if (d->criu.status <= 128 && is_gone(d))
		return gone(e);
	(void)criu_log_save(&d->criu.log, job->folder->fd, CRIU_LOG_DUMP, NULL);
	if (is_connected(d, job, e))
		return -1;
	if (d->criu.status > 128)
		return error_set(e, "criu was killed by signal %d", d->criu.status - 128);
	return criu_log_explain(&d->criu.log, e);
}

/* By us, or by somebody else. */
static bool was_killed(const struct dumping *d)
{
	return !d->stopped && (d->killed || (d->criu.ended && d->criu.status > 128));
}

/* Is one of the job's processes not as it would be, had criu never been there? */
static bool is_harmed(const struct dumping *d, struct error *harm)
{
	if (!d->trapped)
		return release(&d->settled, &d->run->sandbox, harm) < 0;
	error_set(harm, "process %d is harmed by it", d->trapped);
	return true;
}

/*
 * criu was ended: its job continues, if it can. A checkpoint that is whole by then counts:
 * the job that was to stop with it is ended, and so is one that was harmed after it.
 */
static int let_go(struct dumping *d, int rc, struct error *e)
{
	bool stops = d->dump->mode == DUMP_AND_STOP;
	struct error harm;

	if (rc == 0 && !d->killed && !d->sealed)
		rc = error_set(e, "criu was killed by signal %d", d->criu.status - 128);
	if (!(d->sealed && stops) && !is_harmed(d, &harm))
		return d->sealed ? 0 : rc;
	if (d->sealed) {
		kill(d->run->sandbox.init, SIGKILL);
		return stops ? 0 : DUMP_ENDED;
	}
	error_prefix(&harm, "%s", e->text);
	*e = harm;
	return DUMP_BROKEN;
}

/* criu saves the root and what is below it. */
static int check_stray(const struct tree *tree, struct error *e)
{
	cleanup_free char *name =
		tree->stray ? tree_process_name(tree, tree->stray) : NULL;

	if (!name)
		return 0;
	return error_set(e,
			 "%s (process %d) has detached from the job's processes, and was "
			 "not taken back in when the job was restored",
			 name, tree->stray);
}

/* Before the job is stopped for it: what would be in the way, or can be put right. */
static int look(struct dumping *d, const struct engine_job *job, struct error *e)
{
	const char *shm = job->mounts[MOUNT_SHM].source;
	struct tree tree;
	int rc = tree_read(&tree, &d->run->sandbox, e);

	if (rc == 0)
		rc = check_stray(&tree, e);
	if (rc == 0)
		rc = handed_check(&tree, e);
	if (rc == 0)
		rc = unsavable_check(&tree, e);
	if (rc == 0)
		rc = shared_copy_check(&tree, e);
	if (rc == 0)
		rc = shm_check_memfd(&tree, e);
	if (rc == 0 && criu_tcp_refused(&tree, d->run, job, e))
		rc = -1;
	if (rc == 0 && shm)
		rc = shm_name_mapped(&tree, &d->run->sandbox, shm, e);
	settled_note(&d->settled, &tree);
	waits_note(&d->waits, &tree);
	tree_free(&tree);
	/* What it leaves behind when it ends cannot be saved, and need not be. */
	return rc < 0 && is_gone(d) ? gone(e) : rc;
}

int criu_dump(struct engine_run *run, const struct engine_job *job,
	      const struct engine_dump *dump, struct error *e)
{
	struct dumping d = {
		.run = run, .dump = dump, .hook_listener = -1, .hook = -1, .end = -1
	};
	int rc = -1;

	/* What criu said of an earlier one does not explain this one. */
	(void)unlinkat(job->folder->fd, CRIU_LOG_DUMP, 0);
	d.criu.output = d.criu.pidfd = d.watch.timer = -1;
	d.loop = d.criu.loop = loop_new(e);
	if (d.loop)
		rc = look(&d, job, e);
	if (rc == 0)
		rc = start(&d, job, e);
	if (rc == 0) {
		rc = follow(&d, job, e);
		if (was_killed(&d))
			rc = let_go(&d, rc, e);
		else if (rc == 0 && !d.stopped && (!d.sealed || d.criu.status != 0))
			rc = explain(&d, job, e);
	}
	if (d.loop) {
		watch_stop(&d.watch);
		settled_free(&d.settled);
		waits_free(&d.waits);
		if (d.end >= 0)
			close(d.end);
		criu_process_close(&d.criu);
		stream_close(d.stream);
		refuse(&d);
	}
	loop_free(d.loop);
	return rc;
}
