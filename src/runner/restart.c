// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/uptime.h"
#include "runner/directories.h"
#include "runner/mark.h"
#include "runner/writers.h"
#include "store/output.h"
#include "store/version.h"

static bool is_cancelled(const struct engine_job *job)
{
	struct pollfd fd = { .fd = job->cancel_fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/* ---- outputs ---- */

/* Its outputs are put back to where it last saved itself, which was after gen. */
static bool goes_by_mark(const struct engine_job *job, const struct generation *gen,
			 const struct restarted *restarted,
			 const struct output_past *past)
{
	return restarted->engine->saved_itself && mark_put_back(job->folder, gen, past);
}

/* In a generation: the job has run from it, be it for a moment. */
#define RUN_FROM "run-from"

/* Has the job stopped with this generation, the newest, and not run since? */
static bool has_stopped(const struct generation *gen, bool is_newest)
{
	const char *stopped = manifest_get(&gen->manifest, OUTPUT_STOPPED);

	return is_newest && stopped && !strcmp(stopped, "yes") &&
	       faccessat(gen->fd, RUN_FROM, F_OK, 0) < 0;
}

/* Before it runs, so that the death of the node is no gap. */
static int note_run(const struct generation *gen, struct error *e)
{
	cleanup_close int fd = openat(gen->fd, RUN_FROM,
				      O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || fsync(fd) < 0 || fsync(gen->fd) < 0)
		return error_sys(e, "generation %u: " RUN_FROM, gen->number);
	return 0;
}

static int put_back_outputs(const struct engine_job *job, const struct generation *gen,
			    bool is_newest, struct restarted *restarted, struct error *e)
{
	struct writers writers = { .job = job->job };
	struct output_past past = { .stopped = has_stopped(gen, is_newest),
				    .job = job->job,
				    .is_alone = writers_is_alone,
				    .arg = &writers,
				    .kept = &restarted->kept };
	unsigned long long saved = 0, before = 0;

	(void)manifest_get_number(&gen->manifest, "time", LLONG_MAX, &saved);
	(void)manifest_get_number(&gen->manifest, "job", UINT_MAX, &before);
	writers.since = (time_t)saved;
	writers.before = (unsigned int)before;
	if (goes_by_mark(job, gen, restarted, &past))
		return 0;
	return output_put_back(gen, &past, e);
}

/* ---- one generation ---- */

/*
 * Has this node what the job uses? Where it was saved the files may still be as they
 * were, if other nodes can have others.
 */
static enum restart_outcome check_fits(const struct engine_job *job,
				       const struct generation *gen,
				       const struct engine *engine, struct error *e)
{
	const char *node = manifest_get(&gen->manifest, "node");
	bool is_gone;
	struct error why;

	if (!engine->fits || engine->fits(job, gen, &why) == 0)
		return RESTART_NONE;
	is_gone = errno == ENOENT;
	if (is_gone || !node || job->job == 0)
		error_set(e, "%s", why.text);
	else
		error_set(e,
			  "%s; it was saved on %s, and \"scheckpoint restart "
			  "--nodelist=%s %u\" has it continue there",
			  why.text, node, node, job->job);
	return is_gone ? RESTART_ELSEWHERE : RESTART_LESSER;
}

/* What is only not to be had now is whole, for all that is known. */
static enum restart_outcome cannot_be_read(const struct error *e)
{
	return error_is_passing(e) ? RESTART_ELSEWHERE : RESTART_DAMAGED;
}

/* What comes of one generation: anything but RESTART_NONE. */
static enum restart_outcome try_one(struct engine_job *job, struct generation *gen,
				    unsigned int number, bool is_newest,
				    struct restarted *restarted, struct error *e)
{
	const char *name, *cost;
	enum restart_outcome outcome;
	bool has_stopped_before;

	errno = 0;
	if (generation_open(gen, job->folder, number, e) < 0)
		return errno == EPROTONOSUPPORT ? RESTART_ELSEWHERE : cannot_be_read(e);
	if (generation_verify(gen, e) < 0)
		return cannot_be_read(e);
	if (version_check_needs(&gen->manifest, e) < 0) {
		error_prefix(e, "generation %u", number);
		return RESTART_ELSEWHERE;
	}
	name = manifest_get(&gen->manifest, "engine");
	restarted->engine = name ? engine_find(name) : NULL;
	if (!restarted->engine) {
		error_set(e,
			  "generation %u: was made by the engine %s, which "
			  "slurm-checkpoint " VERSION " does not know",
			  number, name ? name : "");
		return RESTART_ELSEWHERE;
	}
	if (restarted->engine->restores_code &&
	    cpu_record_check(gen, &restarted->cpu, e) < 0)
		return RESTART_LESSER;
	if (engine_probe(restarted->engine, job, e) < 0 || output_is_there(gen, e) < 0)
		return RESTART_ELSEWHERE;
	outcome = check_fits(job, gen, restarted->engine, e);
	if (outcome != RESTART_NONE)
		return outcome;
	has_stopped_before = has_stopped(gen, is_newest);
	if (put_back_outputs(job, gen, is_newest, restarted, e) < 0)
		return RESTART_ELSEWHERE;
	if (directories_place(job, restarted->engine, e) < 0 ||
	    directories_put_back(job, gen, e) < 0)
		return RESTART_ELSEWHERE;
	cost = manifest_get(&gen->manifest, "seconds");
	restarted->cost = cost ? strtod(cost, NULL) : 0;
	if (note_run(gen, e) < 0)
		return RESTART_ELSEWHERE;
	e->text[0] = '\0';
	restarted->run = restarted->engine->restore(job, gen, e);
	if (restarted->run) {
		restarted->remark = *e;
		return RESTART_RUNNING;
	}
	if (has_stopped_before)
		(void)unlinkat(gen->fd, RUN_FROM, 0);
	return is_cancelled(job) ? RESTART_CANCELLED : RESTART_ELSEWHERE;
}

static void remove_newer(const struct folder *folder, const unsigned int *numbers,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)generation_remove(folder, numbers[i], NULL);
}

enum restart_outcome restart(struct engine_job *job, unsigned int newest,
			     struct restarted *restarted, struct error *e)
{
	cleanup_free unsigned int *numbers = NULL;
	double began = uptime_now();
	size_t count, first = 0;
	bool found = false;

	memset(restarted, 0, sizeof(*restarted));
	if (generation_list(job->folder, &numbers, &count, e) < 0)
		return RESTART_ELSEWHERE;
	while (newest && first < count && numbers[first] > newest)
		first++;
	if (first > 0)
		mark_remove(job->folder);
	for (size_t i = first; i < count; i++) {
		struct generation gen;
		enum restart_outcome outcome =
			try_one(job, &gen, numbers[i], i == 0, restarted, e);

		generation_close(&gen);
		restarted->generation = numbers[i];
		restarted->seconds = uptime_now() - began;
		if (outcome == RESTART_RUNNING)
			remove_newer(job->folder, numbers, first);
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
