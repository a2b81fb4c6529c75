// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/writers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "runner/apart.h"
#include "slurm/user_jobs.h"

static const struct sharing_job *find(const struct user_jobs *jobs, unsigned int id)
{
	for (size_t i = 0; i < jobs->count; i++) {
		if (jobs->jobs[i].id == id)
			return &jobs->jobs[i];
	}
	return NULL;
}

/* Other users can write to it, and it is not known whether they did. */
static bool is_open_to_others(const struct stat *st)
{
	return st->st_uid != geteuid() || (st->st_mode & S_IWOTH);
}

/* Are the two names in one directory, for all that is known? */
static bool is_beside(const struct sharing_job *other, const char *output,
		      const char *path)
{
	cleanup_free char *there =
		*output == '/' || !other->directory
			? strdup(output)
			: str_printf("%s/%s", other->directory, output);
	cleanup_free char *here = strdup(path);
	char *slash = there ? strrchr(there, '/') : NULL;
	struct stat a, b;

	if (!slash || !here || !strrchr(here, '/'))
		return true;
	slash[1] = strrchr(here, '/')[1] = '\0';
	if (strchr(there, '%') || stat(here, &a) < 0)
		return true;
	if (stat(there, &b) < 0)
		return errno != ENOENT && errno != ENOTDIR;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Slurm would open its outputs, as they are called, in another directory. */
static bool is_apart(const struct sharing_job *other, const char *path)
{
	return (!other->output || !is_beside(other, other->output, path)) &&
	       (!other->error || !is_beside(other, other->error, path));
}

/* Also as the job whose checkpoint this one continues from. */
static bool is_self(const struct writers *writers, unsigned int id)
{
	return id == writers->job || id == writers->before;
}

struct question {
	const struct writers *writers;
	const char *path;
	bool is_own;
	bool alone; /* the answer */
};

/* In a child of the runner's. -1: some jobs may be unknown. */
static int ask(void *arg, struct error *e)
{
	struct question *q = arg;
	struct user_jobs jobs = { 0 };
	cleanup_free char *directory = getcwd(NULL, 0);
	/* If Slurm should not know it any more. */
	const struct sharing_job lone = { .id = q->writers->job, .directory = directory };
	const struct sharing_job *self;
	int rc = user_jobs_since(&jobs, q->writers->since, e);

	self = find(&jobs, q->writers->job);
	if (!self)
		self = &lone;
	q->alone = true;
	for (size_t i = 0; i < jobs.count; i++) {
		const struct sharing_job *other = &jobs.jobs[i];

		if (is_self(q->writers, other->id) ||
		    !sharing_may(self, other, q->path, q->is_own))
			continue;
		if (q->is_own && (other->output || other->error) &&
		    is_apart(other, q->path))
			continue;
		q->alone = false;
	}
	user_jobs_free(&jobs);
	return rc;
}

bool writers_is_alone(void *arg, const char *path, const struct stat *st,
		      const struct output_traits *traits)
{
	struct question q = { .writers = arg,
			      .path = path,
			      .is_own = traits->is_jobs_own };

	if (q.writers->job == 0)
		return true;
	if (is_open_to_others(st))
		return false;
	/* The output of a job that is no element is seldom that of another, too. */
	if (apart(ask, &q, &q.alone, sizeof(q.alone), NULL) < 0)
		return q.alone && q.is_own && !getenv("SLURM_ARRAY_JOB_ID");
	return q.alone;
}
