// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/restart.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "store/output.h"
#include "store/tmpdir.h"

static bool is_cancelled(const struct engine_job *job)
{
	struct pollfd fd = { .fd = job->cancel_fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

static int put_back_tmpdir(const struct engine_job *job, const struct generation *gen,
			   struct error *e)
{
	if (file_remove_tree(AT_FDCWD, job->tmp_source, e) < 0)
		return -1;
	if (mkdir(job->tmp_source, 0700) < 0)
		return error_sys(e, "%s", job->tmp_source);
	return tmpdir_restore(gen, job->tmp_source, e);
}

/* RESTART_DAMAGED, or RESTART_ELSEWHERE, or RESTART_RUNNING for one generation. */
static enum restart_outcome try_one(const struct engine_job *job, struct generation *gen,
				    unsigned int number, struct restarted *restarted,
				    struct error *e)
{
	const char *name;

	if (generation_open(gen, job->folder, number, e) < 0 ||
	    generation_verify(gen, e) < 0)
		return RESTART_DAMAGED;
	name = manifest_get(&gen->manifest, "engine");
	restarted->engine = name ? engine_find(name) : NULL;
	if (!restarted->engine) {
		error_set(e, "generation %u: was made by an unknown engine", number);
		return RESTART_DAMAGED;
	}
	if (restarted->engine->probe(job, e) < 0 || output_is_there(gen, e) < 0)
		return RESTART_ELSEWHERE;
	if (output_put_back(gen, e) < 0)
		return RESTART_DAMAGED;
	if (put_back_tmpdir(job, gen, e) < 0)
		return RESTART_ELSEWHERE;
	restarted->run = restarted->engine->restore(job, gen, e);
	if (restarted->run)
		return RESTART_RUNNING;
	return is_cancelled(job) ? RESTART_CANCELLED : RESTART_ELSEWHERE;
}

enum restart_outcome restart(const struct engine_job *job, struct restarted *restarted,
			     struct error *e)
{
	cleanup_free unsigned int *numbers = NULL;
	bool found = false;
	size_t count;

	memset(restarted, 0, sizeof(*restarted));
	if (generation_list(job->folder, &numbers, &count, e) < 0)
		return RESTART_ELSEWHERE;
	for (size_t i = 0; i < count; i++) {
		struct generation gen;
		enum restart_outcome outcome =
			try_one(job, &gen, numbers[i], restarted, e);

		generation_close(&gen);
		restarted->generation = numbers[i];
		if (outcome != RESTART_DAMAGED)
			return outcome;
		found = true;
		if (!restarted->refused.text[0])
			restarted->refused = *e;
		if (is_cancelled(job))
			return RESTART_CANCELLED;
	}
	*e = restarted->refused;
	return found ? RESTART_DAMAGED : RESTART_NONE;
}
