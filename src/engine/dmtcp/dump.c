// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump - save a running job with "dmtcp_command --checkpoint".
 *
 * The gate is closed, and DMTCP asked for a checkpoint. Its own exit status says little:
 * what tells that all images are written is that as many processes stand at the gate as
 * the coordinator counts. The job stands then, so its outputs are what they were at the
 * very checkpoint: they are recorded, the images digested and moved into the generation,
 * and if the job is to stop this is committed. Only then the gate opens, or it is shut
 * for good and the runner ends who stands there. Whatever fails, or if this process ends,
 * the gate opens and the job goes on.
 *
 * The images are read once more for their digests, since DMTCP writes them itself; they
 * are in the page cache then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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
#include "engine/outputs.h"
#include "engine/tree.h"
#include "store/tmpdir.h"

/* What an image has besides the pages that the kernel counts for its process. */
#define IMAGE_OVERHEAD ((uint64_t)32 << 20)

#define HALF_WRITTEN ".dmtcp.temp"
#define FILES_DIR    "_files"

struct dumping {
	struct engine_run *run;
	const struct engine_job *job;
	const struct engine_dump *dump;
	struct gate_client client;
	int dir; /* where DMTCP writes */
	unsigned int images;
	bool began; /* the checkpoint */
	bool shut;
};

/* ---- room ---- */

/* Bytes of memory that a process has, in use or swapped out. */
static uint64_t memory_of(pid_t pid)
{
	cleanup_free char *path = str_printf("/proc/%d/status", pid);
	cleanup_fclose FILE *f = path ? fopen(path, "re") : NULL;
	uint64_t sum = 0, kib;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmRSS: %" SCNu64, &kib) == 1 ||
		    sscanf(line, "VmSwap: %" SCNu64, &kib) == 1)
			sum += kib * 1024;
	}
	return sum;
}

static uint64_t room_needed(const struct tree *tree)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < tree->count; i++)
		sum += memory_of(tree->pids[i]) + IMAGE_OVERHEAD;
	return sum;
}

/* DMTCP ends a process whose image it cannot write. */
static int check_room(struct dumping *d, struct error *e)
{
	struct tree tree;
	struct statvfs fs;
	uint64_t needed, available;
	int rc = tree_read(&tree, &d->run->sandbox, e);

	needed = rc == 0 ? room_needed(&tree) : 0;
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

/* Wait until as many stand at the gate as there are. */
static int wait_until_all_stand(struct dumping *d, struct error *e)
{
	struct dmtcp_status status = { 0 };

	for (;;) {
		if (check_job(d, e) < 0 || dmtcp_status(d->run, d->job, &status, e) < 0)
			return -1;
		if (d->client.report.held && d->client.report.held == status.peers)
			return 0;
		if (dmtcp_wait(d->run, &d->client, d->dump->cancel_fd, e) < 0)
			return -1;
	}
}

/* ---- while the job stands ---- */

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);

	return length >= tail && strcmp(name + length - tail, end) == 0;
}

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

		if (!ends_with(entry->d_name, HALF_WRITTEN) &&
		    !ends_with(entry->d_name, FILES_DIR))
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
		if (ends_with(names[i], FILES_DIR))
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
static int check_all_saved(struct dumping *d, const struct tree *tree, struct error *e)
{
	unsigned int living = 0;

	for (size_t i = 0; i < tree->count; i++) {
		cleanup_free char *program = dmtcp_program_of(tree->pids[i]);

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
	struct tree tree;
	int rc = tree_read(&tree, &d->run->sandbox, e);

	if (rc == 0)
		rc = check_all_saved(d, &tree, e);
	if (rc == 0)
		rc = own ? outputs_tell(&tree, d->job, d->dump, own, e)
			 : error_sys(e, "dmtcp");
	tree_free(&tree);
	return rc;
}

static int save(struct dumping *d, struct error *e)
{
	int rc;

	if (begin(d, e) < 0 || wait_until_all_stand(d, e) < 0 || take_images(d, e) < 0 ||
	    describe(d, e) < 0 || record_outputs(d, e) < 0)
		return -1;
	rc = d->dump->seal(d->dump->arg, e);
	if (rc < 0)
		return -1;
	d->shut = rc == SEAL_AND_STOP || d->dump->mode == DUMP_AND_STOP;
	return d->shut ? gate_shut(&d->client, e) : 0;
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

/* Not while an earlier checkpoint, which was given up, is still being written there. */
static int prepare(struct dumping *d, struct error *e)
{
	struct dmtcp_status status = { 0 };

	if (dmtcp_check_processes(d->run, e) < 0 || check_room(d, e) < 0 ||
	    gate_connect(&d->client, &d->run->gate, e) < 0)
		return -1;
	for (;;) {
		if (check_job(d, e) < 0 || dmtcp_status(d->run, d->job, &status, e) < 0)
			return -1;
		if (status.running)
			break;
		if (dmtcp_wait(d->run, &d->client, d->dump->cancel_fd, e) < 0)
			return -1;
	}
	if (dmtcp_clean_dir(d->job, e) < 0)
		return -1;
	d->dir = file_make_dir(d->job->folder->fd, DMTCP_DIR, e);
	return d->dir < 0 ? -1 : 0;
}

int dmtcp_dump(struct engine_run *run, const struct engine_job *job,
	       const struct engine_dump *dump, struct error *e)
{
	struct dumping d = {
		.run = run, .job = job, .dump = dump, .client.fd = -1, .dir = -1
	};
	int rc = -1;

	if (prepare(&d, e) == 0 && gate_close(&d.client, e) == 0)
		rc = save(&d, e);
	if (d.client.fd >= 0 && !(d.shut && rc == 0))
		go_on(&d);
	gate_disconnect(&d.client);
	if (d.dir >= 0)
		close(d.dir);
	return rc;
}
