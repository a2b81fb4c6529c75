// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/scheckpoint.h"
#include "store/generation.h"

static void add_json(const struct scheckpoint *s, const struct stored_job *job,
		     const struct generation *gen, const char *why)
{
	struct json_object *o;

	if (!s->json)
		return;
	o = json_add_job(s->json, job->name, job->user);
	json_number(o, "generation", gen->number);
	json_object_object_add(o, "whole", json_object_new_boolean(!why));
	json_number(o, "bytes", manifest_bytes(&gen->manifest));
	json_text(o, "error", why);
}

/*
 * What root reads of one user's that takes no room on the disk, holes and files with
 * several names: some twenty seconds' worth. Where the file system compresses, it may be
 * an honest checkpoint; that one's owner can verify it.
 */
#define FREE_BYTES ((uint64_t)64 << 30)

/* Of a user; they come one after the other. */
static uint64_t *left(const struct stored_job *job)
{
	static char user[256];
	static uint64_t bytes;

	if (strcmp(user, job->user) != 0) {
		snprintf(user, sizeof(user), "%s", job->user);
		bytes = FREE_BYTES;
	}
	return &bytes;
}

static int verify_generation(const struct scheckpoint *s, const struct stored_job *job,
			     unsigned int number)
{
	struct generation gen;
	struct error e;
	int rc = generation_open(&gen, job->folder, number, &e);

	if (rc == 0)
		rc = generation_verify_within(&gen, getuid() == 0 ? left(job) : NULL, &e);
	if (rc == 0)
		tell(s, "job %s: generation %u: whole, %zu files, %s", job->name, number,
		     gen.manifest.nfiles, str_size(manifest_bytes(&gen.manifest)).text);
	add_json(s, job, &gen, rc < 0 ? e.text : NULL);
	generation_close(&gen);
	if (rc == 0)
		return EXIT_DONE;
	error_prefix(&e, "job %s", job->name);
	return complain(&e);
}

static int verify_job(const struct scheckpoint *s, const struct stored_job *job,
		      void *arg)
{
	int status = EXIT_DONE;
	bool found = s->generation == 0;
	struct error e;

	(void)arg;
	for (size_t i = 0; i < job->count; i++) {
		if (s->generation && s->generation != job->numbers[i])
			continue;
		found = true;
		if (verify_generation(s, job, job->numbers[i]) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	if (found)
		return status;
	error_set(&e, "job %s has no generation %u", job->name, s->generation);
	return complain(&e);
}

int verb_verify(const struct scheckpoint *s, int argc, char **argv)
{
	return each_stored(s, argc, argv, verify_job, NULL);
}
