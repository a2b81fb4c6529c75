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
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/dmtcp/dmtcp.h"
#include "engine/dmtcp/images.h"
#include "engine/dmtcp/inherited.h"
#include "engine/dmtcp/processes.h"
#include "engine/dmtcp/unread.h"
#include "engine/outputs.h"
#include "engine/tree.h"

struct dumping {
	struct engine_run *run;
	const struct engine_job *job;
	const struct engine_dump *dump;
	struct gate_client client;
	int dir;	  /* where DMTCP writes */
	struct tree tree; /* when all stood */
	pid_t *unwaited;  /* who had ended then; see check_unwaited() */
	unsigned int images;
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
	return answer == DMTCP_DONE ? 0
				    : error_set(e, "DMTCP's coordinator does not answer");
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

/* For how long nothing has come to pass. */
struct silence {
	time_t since;	  /* seconds of uptime */
	time_t waits;	  /* how often it was waited for, a second each time */
	uint64_t written; /* bytes, until then */
};

/*
 * Seconds in which nothing was written and no process said anything; and in which it was
 * listened to: not those in which Slurm has suspended the job, and its runner with it.
 */
static time_t listen_to(const struct dumping *d, struct silence *silence)
{
	uint64_t written = d->dir < 0 ? 0 : images_written(d->dir);
	time_t now = dmtcp_seconds();

	if (written != silence->written || !d->client.asked)
		*silence = (struct silence){ .since = now, .written = written };
	else
		silence->waits++;
	return now - silence->since < silence->waits ? now - silence->since
						     : silence->waits;
}

/*
 * Until all of it runs, and what DMTCP has written is of no use. 1 if it does not, and
 * for so many seconds, unless that is 0, nothing is written and no process says anything.
 */
static int wait_until_all_run(struct dumping *d, int cancel_fd, time_t patience,
			      struct error *e)
{
	struct dmtcp_status status = { 0 };
	struct silence silence = { 0 };

	for (;;) {
		if (check_job(d, e) < 0 || dmtcp_status(d->run, d->job, &status, e) < 0)
			return -1;
		if (status.running)
			return dmtcp_clean_dir(d->job, e);
		if (patience && listen_to(d, &silence) >= patience)
			return 1;
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
		    wait_until_all_run(d, d->dump->cancel_fd, 0, e) < 0 ||
		    gate_close(&d->client, e) < 0)
			return -1;
	}
}

/* ---- while the job stands ---- */

static int take_images(struct dumping *d, struct error *e)
{
	int images = images_take(d->job, d->dir, d->dump->gen, e);

	if (images < 0)
		return -1;
	d->images = (unsigned int)images;
	if (d->images == d->client.report.held)
		return 0;
	return error_set(e, "DMTCP wrote %u images of %u processes", d->images,
			 d->client.report.held);
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
	/* What may be refused comes before the images are read. */
	if (stop_whole(d, e) < 0 || processes_check_files(&d->tree, e) < 0 ||
	    inherited_save(&d->tree, d->dump->gen, e) < 0 || take_images(d, e) < 0 ||
	    describe(d, e) < 0 || check_all_saved(d, e) < 0 || record_outputs(d, e) < 0)
		return -1;
	/* It has the job stop: engine_dmtcp does not resume. */
	return d->dump->seal(d->dump->arg, e) < 0 ? -1 : gate_shut(&d->client, e);
}

/* ---- and go on ---- */

/*
 * A checkpoint that has begun ends by itself, also if it is of no more use. False if it
 * does not, or an earlier one did not, and the job stands still. Whatever else fails
 * here, the next one finds it out.
 */
static bool go_on(struct dumping *d)
{
	time_t patience = (time_t)d->job->conf->dump_timeout;

	return gate_open(&d->client, NULL) < 0 ||
	       wait_until_all_run(d, -1, patience, NULL) != 1;
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
	if (!go_on(d)) {
		(void)gate_shut(&d->client, NULL);
		error_set(e, "it stood still after DMTCP was to save it");
		return DUMP_BROKEN;
	}
	return check_lost(d, e) == 0 ? -1 : DUMP_BROKEN;
}

/* Not while an earlier checkpoint, which was given up, is still being written there. */
static int prepare(struct dumping *d, struct error *e)
{
	if (dmtcp_check_processes(d->run, e) < 0 || check_room(d, e) < 0 ||
	    gate_connect(&d->client, &d->run->gate, e) < 0 ||
	    wait_until_all_run(d, d->dump->cancel_fd, 0, e) < 0)
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
