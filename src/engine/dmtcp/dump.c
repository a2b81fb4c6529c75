// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump - save a running job with "dmtcp_command --checkpoint".
 *
 * The gate is closed, and DMTCP asked for a checkpoint. Its own exit status says little:
 * what tells that all images are written is that as many processes stand at the gate as
 * the coordinator counts. The job stands then, so its outputs are what they were at the
 * very checkpoint: they are recorded, the images digested and moved into the generation,
 * and this is committed. Only then is the gate shut for good, and the runner ends who
 * stands there, and has the job go on from the checkpoint if it is not to leave. Whatever
 * fails, or if this process ends, the gate opens and the job goes on; unless that would
 * harm it: then it is ended there too, and goes on from the checkpoint before.
 *
 * The images are read once more for their digests, since DMTCP writes them itself; they
 * are in the page cache then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/dmtcp/dmtcp.h"
#include "engine/dmtcp/processes.h"
#include "engine/dmtcp/unread.h"
#include "engine/outputs.h"
#include "engine/tree.h"
#include "store/tmpdir.h"

#define HALF_WRITTEN ".dmtcp.temp"
#define FILES_DIR    "_files"

struct dumping {
	struct engine_run *run;
	const struct engine_job *job;
	const struct engine_dump *dump;
	struct gate_client client;
	int dir;	  /* where DMTCP writes */
	struct tree tree; /* when all stood */
	pid_t *unwaited;  /* who had ended then; see check_unwaited() */
	unsigned int images;
	bool began; /* the checkpoint */
};

/* ---- room ---- */

/* DMTCP ends a process whose image it cannot write. */
static int check_room(struct dumping *d, struct error *e)
{
	struct tree tree;
	struct statvfs fs;
	uint64_t needed, available;
	int rc = tree_read(&tree, &d->run->sandbox, e);

	needed = rc == 0 ? processes_image_size(&tree) : 0;
	tree_free(&tree);
	if (rc < 0 || fstatvfs(d->job->folder->fd, &fs) < 0 || fs.f_blocks == 0)
		return rc;
	available = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (available >= needed)
		return 0;
	return error_set(e,
			 "%s: %s are free there, and images of the job's processes may "
			 "take %s",
			 d->job->folder->path, str_size(available).text,
			 str_size(needed).text);
}

/* ---- until all stand ---- */

static int check_job(struct dumping *d, struct error *e)
{
	int status;

	if (sandbox_root_has_ended(&d->run->sandbox, &status) == 0)
		return 0;
	return error_set(e, "the job ended while it was being saved");
}

static int ask_for_checkpoint(struct dumping *d, enum dmtcp_answer *answer,
			      struct error *e)
{
	cleanup_free char *text = NULL;
	int rc = dmtcp_command(d->run, d->job, "--checkpoint", &text, e);

	if (rc < 0)
		return -1;
	*answer = dmtcp_answer_parse(rc, text);
	return 0;
}

/* Refused as long as a process is just being made, or has only now begun. */
static int begin(struct dumping *d, struct error *e)
{
	enum dmtcp_answer answer = DMTCP_LATER;

	for (;;) {
		if (check_job(d, e) < 0 || ask_for_checkpoint(d, &answer, e) < 0)
			return -1;
		if (answer != DMTCP_LATER)
			break;
		if (dmtcp_wait(d->run, &d->client, d->dump->cancel_fd, e) < 0)
			return -1;
	}
	d->began = answer == DMTCP_DONE;
	return d->began ? 0 : error_set(e, "DMTCP's coordinator does not answer");
}

/* Has DMTCP ended processes that it was to save? */
static int check_lost(struct dumping *d, struct error *e)
{
	if (gate_look(&d->client, e) < 0)
		return -1;
	if (d->client.report.lost == 0)
		return 0;
	return error_set(e, "DMTCP ended %u of its processes while it saved them",
			 d->client.report.lost);
}

/* Wait until as many stand at the gate as there are. */
static int wait_until_all_stand(struct dumping *d, struct error *e)
{
	struct dmtcp_status status = { 0 };

	for (;;) {
		if (check_job(d, e) < 0 || dmtcp_status(d->run, d->job, &status, e) < 0)
			return -1;
		if (d->client.report.lost ||
		    (d->client.report.held && d->client.report.held == status.peers))
			return check_lost(d, e);
		if (dmtcp_wait(d->run, &d->client, d->dump->cancel_fd, e) < 0)
			return -1;
	}
}

/* All of it runs, and what DMTCP has written is of no use. */
static int wait_until_all_run(struct dumping *d, int cancel_fd, struct error *e)
{
	struct dmtcp_status status = { 0 };

	for (;;) {
		if (check_job(d, e) < 0 || dmtcp_status(d->run, d->job, &status, e) < 0)
			return -1;
		if (status.running)
			return dmtcp_clean_dir(d->job, e);
		if (dmtcp_wait(d->run, &d->client, cancel_fd, e) < 0)
			return -1;
	}
}

static pid_t find_in_both(const pid_t *a, const pid_t *b)
{
	for (; a && *a; a++) {
		for (const pid_t *other = b; other && *other; other++) {
			if (*a == *other)
				return *a;
		}
	}
	return 0;
}

/*
 * DMTCP restores no child that has ended and for which its parent has not waited: the
 * parent would be told that it has none. Most parents wait at once, so the job is asked
 * again, which is 1; but whoever has not by then is not about to. And there are jobs that
 * would be harmed if they went on now (unread.h).
 */
static int check_unwaited(struct dumping *d, struct error *e)
{
	cleanup_free pid_t *before = d->unwaited;
	ssize_t count = tree_unwaited(&d->tree, &d->unwaited);
	pid_t still = find_in_both(before, d->unwaited);
	int unread;

	if (count <= 0)
		return count < 0 ? error_sys(e, "job's processes") : 0;
	unread = unread_is_shared(&d->tree, e);
	if (unread < 0)
		return -1;
	if (still == 0 && unread == 0)
		return 1;
	return error_set(e,
			 "process %d has ended and its parent has not waited for it: "
			 "DMTCP does not restore it",
			 still ? still : d->unwaited[0]);
}

/* The job stands, and DMTCP can restore all of it. */
static int stop_whole(struct dumping *d, struct error *e)
{
	for (;;) {
		int rc;

		if (begin(d, e) < 0 || wait_until_all_stand(d, e) < 0)
			return -1;
		if (tree_read(&d->tree, &d->run->sandbox, e) < 0)
			return -1;
		rc = check_unwaited(d, e);
		if (rc <= 0)
			return rc;
		tree_free(&d->tree);
		if (gate_open(&d->client, e) < 0 ||
		    wait_until_all_run(d, d->dump->cancel_fd, e) < 0 ||
		    gate_close(&d->client, e) < 0)
			return -1;
		d->began = false;
	}
}

/* ---- while the job stands ---- */

/*
 * Into the generation, by another name, since DMTCP's has the program's in it. An empty
 * file is left in its place, which the process is about to rename.
 */
static int move_image(struct dumping *d, const char *name, const char *to,
		      struct error *e)
{
	struct generation *gen = d->dump->gen;
	cleanup_close int empty = -1;

	if (renameat(d->dir, name, gen->fd, to) < 0)
		return error_sys(e, "%s", name);
	empty = openat(d->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (empty >= 0)
		return 0;
	error_sys(e, "%s", name);
	(void)renameat(gen->fd, to, d->dir, name);
	return -1;
}

static int take_image(struct dumping *d, const char *name, struct error *e)
{
	struct generation *gen = d->dump->gen;
	cleanup_free char *to = str_printf("image-%05u.dmtcp", d->images + 1);
	char hex[DIGEST_HEX + 1];
	cleanup_close int fd = -1;
	uint64_t size;

	if (!to)
		return error_sys(e, "%s", name);
	if (move_image(d, name, to, e) < 0)
		return -1;
	fd = openat(gen->fd, to, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fchmod(fd, 0600) < 0)
		return error_sys(e, "%s", name);
	/* A hint: the disk is at work while they are digested. */
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	if (digest_of_fd(fd, to, hex, &size, e) < 0)
		return -1;
	if (manifest_add_file(&gen->manifest, to, size, hex) < 0)
		return error_sys(e, "%s", to);
	d->images++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of what DMTCP has written, in order. */
static char **list_written(struct dumping *d, size_t *count, struct error *e)
{
	cleanup_closedir DIR *dir = file_open_dir(d->dir, ".");
	char **names = calloc(1, sizeof(*names));
	struct dirent *entry;

	*count = 0;
	while (dir && names && (entry = readdir(dir))) {
		char **grown;

		if (!str_ends_with(entry->d_name, HALF_WRITTEN) &&
		    !str_ends_with(entry->d_name, FILES_DIR))
			continue;
		grown = reallocarray(names, *count + 2, sizeof(*names));
		if (!grown || !(grown[*count] = strdup(entry->d_name))) {
			dmtcp_free_argv(grown ? grown : names);
			names = NULL;
			break;
		}
		names = grown;
		names[++*count] = NULL;
	}
	if (!dir || !names)
		error_sys(e, "%s/" DMTCP_DIR, d->job->folder->path);
	if (dir && names) {
		qsort(names, *count, sizeof(*names), compare);
		return names;
	}
	dmtcp_free_argv(names);
	return NULL;
}

/* Files that are open and have been removed: DMTCP writes them beside the images. */
static int take_files(struct dumping *d, struct error *e)
{
	cleanup_free char *dir = dmtcp_dir(d->job);

	if (!dir)
		return error_sys(e, "dmtcp");
	return tmpdir_save(d->dump->gen, DMTCP_ARCHIVE, dir, e);
}

static int take_images(struct dumping *d, struct error *e)
{
	size_t count;
	char **names = list_written(d, &count, e);
	int rc = names ? 0 : -1;
	bool has_files = false;

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (str_ends_with(names[i], FILES_DIR))
			has_files = true;
		else
			rc = take_image(d, names[i], e);
	}
	dmtcp_free_argv(names);
	if (rc == 0 && d->images != d->client.report.held)
		rc = error_set(e, "DMTCP wrote %u images of %u processes", d->images,
			       d->client.report.held);
	return rc == 0 && has_files ? take_files(d, e) : rc;
}

/* As DMTCP_ATTR_LIMITS, owned by the caller. */
static char *write_limits(const struct rlimit *limits)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (int i = 0; f && i < RLIM_NLIMITS; i++)
		fprintf(f, "%s%ju:%ju", i ? " " : "", (uintmax_t)limits[i].rlim_cur,
			(uintmax_t)limits[i].rlim_max);
	if (f && fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

/* What a restart is to be started with. Before the images are read: it may be refused. */
static int describe_processes(struct dumping *d, struct error *e)
{
	struct manifest *m = &d->dump->gen->manifest;
	struct rlimit limits[RLIM_NLIMITS];
	cleanup_free char *text = NULL;
	mode_t mask;

	if (processes_umask(&d->tree, &mask, e) < 0 ||
	    processes_limits(&d->tree, limits, e) < 0)
		return -1;
	text = write_limits(limits);
	if (!text || manifest_set(m, DMTCP_ATTR_LIMITS, "%s", text) < 0 ||
	    manifest_set(m, DMTCP_ATTR_UMASK, "%04o", (unsigned int)mask) < 0)
		return error_sys(e, "dmtcp");
	return 0;
}

static int describe(struct dumping *d, struct error *e)
{
	cleanup_free char *version = dmtcp_version(d->job->conf, e);
	struct manifest *m = &d->dump->gen->manifest;

	if (!version)
		return -1;
	if (manifest_set(m, DMTCP_ATTR_VERSION, "%s", version) < 0 ||
	    manifest_set(m, DMTCP_ATTR_PEERS, "%u", d->images) < 0)
		return error_sys(e, "dmtcp");
	return 0;
}

/*
 * Each process that lives has an image, or it would be missing after a restart: one that
 * has not joined the coordinator yet after the last one, or never did.
 */
static int check_all_saved(struct dumping *d, struct error *e)
{
	unsigned int living = 0;

	for (size_t i = 0; i < d->tree.count; i++) {
		cleanup_free char *program = dmtcp_program_of(d->tree.pids[i]);

		living += program != NULL;
	}
	if (living <= d->images)
		return 0;
	return error_set(e, "the job has %u processes, of which DMTCP knows %u", living,
			 d->images);
}

static int record_outputs(struct dumping *d, struct error *e)
{
	cleanup_free char *own = dmtcp_dir(d->job);

	return own ? outputs_tell(&d->tree, d->job, d->dump, own, e)
		   : error_sys(e, "dmtcp");
}

static int save(struct dumping *d, struct error *e)
{
	if (stop_whole(d, e) < 0 || processes_check_files(&d->tree, e) < 0 ||
	    describe_processes(d, e) < 0 || take_images(d, e) < 0 || describe(d, e) < 0 ||
	    check_all_saved(d, e) < 0 || record_outputs(d, e) < 0)
		return -1;
	/* It has the job stop: engine_dmtcp does not resume. */
	return d->dump->seal(d->dump->arg, e) < 0 ? -1 : gate_shut(&d->client, e);
}

/* ---- and go on ---- */

/*
 * A checkpoint that has begun ends by itself, also if it is of no more use. Whatever
 * fails here, the next one finds it out.
 */
static void go_on(struct dumping *d)
{
	time_t deadline = dmtcp_seconds() + (time_t)d->job->conf->dump_timeout;
	struct dmtcp_status status = { 0 };

	if (gate_open(&d->client, NULL) < 0 || !d->began)
		return;
	while (check_job(d, NULL) == 0 &&
	       dmtcp_status(d->run, d->job, &status, NULL) == 0 && !status.running &&
	       dmtcp_seconds() < deadline &&
	       dmtcp_wait(d->run, &d->client, -1, NULL) == 0)
		;
	if (status.running)
		(void)dmtcp_clean_dir(d->job, NULL);
}

/*
 * Would the job do what it would have done? Not if some of it has ended; and perhaps not
 * with unread data, which can be told of once all of it stands.
 */
static bool may_go_on(struct dumping *d, struct error *e)
{
	return check_lost(d, e) == 0 &&
	       (d->tree.proc < 0 || unread_is_shared(&d->tree, NULL) == 0);
}

/* It has failed: the job goes on, or is not to, which is DUMP_BROKEN. */
static int give_up(struct dumping *d, struct error *e)
{
	if (!may_go_on(d, e)) {
		(void)gate_shut(&d->client, NULL);
		return DUMP_BROKEN;
	}
	go_on(d);
	return check_lost(d, e) == 0 ? -1 : DUMP_BROKEN;
}

/* Not while an earlier checkpoint, which was given up, is still being written there. */
static int prepare(struct dumping *d, struct error *e)
{
	if (dmtcp_check_processes(d->run, e) < 0 || check_room(d, e) < 0 ||
	    gate_connect(&d->client, &d->run->gate, e) < 0 ||
	    wait_until_all_run(d, d->dump->cancel_fd, e) < 0)
		return -1;
	d->dir = file_make_dir(d->job->folder->fd, DMTCP_DIR, e);
	return d->dir < 0 ? -1 : 0;
}

/*
 * A job that is to go on is stopped as well, and restored: DMTCP 4.2.0 would have it go
 * on, but some of it without what it had not read yet of a pipe (unread.h).
 */
int dmtcp_dump(struct engine_run *run, const struct engine_job *job,
	       const struct engine_dump *dump, struct error *e)
{
	struct dumping d = {
		.run = run,
		.job = job,
		.dump = dump,
		.client.fd = -1,
		.dir = -1,
		.tree.proc = -1,
	};
	int rc = -1;

	if (prepare(&d, e) == 0 && gate_close(&d.client, e) == 0)
		rc = save(&d, e);
	if (d.client.fd >= 0 && rc < 0)
		rc = give_up(&d, e);
	gate_disconnect(&d.client);
	tree_free(&d.tree);
	free(d.unwaited);
	if (d.dir >= 0)
		close(d.dir);
	if (rc == 0 && dump->mode == DUMP_AND_GO_ON)
		return DUMP_ENDED;
	return rc;
}
