// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * restart - have jobs go on that were vacated, have ended or are gone. As long as Slurm
 * knows the job it is queued again under its own number. Afterwards it is submitted
 * again, as it was, and goes on under a new one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/as_user.h"
#include "base/cleanup.h"
#include "base/identity.h"
#include "base/str.h"
#include "cmd/scheckpoint.h"
#include "plan/jobspec.h"
#include "slurm/elsewhere.h"
#include "slurm/hosts.h"
#include "slurm/job.h"
#include "slurm/jobs.h"
#include "store/move.h"
#include "store/node_kind.h"
#include "store/user_file.h"
#include "store/words.h"

/* Seconds; libslurm waits for slurmctld up to MessageTimeout, of at most 100. */
#define SBATCH_DEADLINE 120

#define STRING(x) #x
#define DIGITS(x) STRING(x)
#define GIVEN	  DIGITS(AS_USER_GIVEN)

/* For --json: the job, and its number from now on. */
static void add_json(const struct scheckpoint *s, const struct stored_job *job,
		     const char *goes_on_as)
{
	struct json_object *o;

	if (!s->json)
		return;
	o = json_add_job(s->json, job->name, job->user);
	json_text(o, "goes_on_as", goes_on_as);
}

/* The words that are kept in the folder, of which text is. */
static int read_options(const struct folder *folder, char **text, struct words *words,
			struct error *e)
{
	size_t size;

	*text = user_file_read(folder->fd, FOLDER_OPTIONS, USER_FILE_OPTIONS, &size, e);
	if (!*text)
		return error_prefix(e, "%s", folder->path);
	if (words_split(words, *text, size, user_file_limits[USER_FILE_OPTIONS].entries,
			e) < 0)
		return error_prefix(e, "%s/" FOLDER_OPTIONS, folder->path);
	return 0;
}

/* ---- a new job ---- */

/*
 * sbatch by the user. The job's environment is what it is given, and sbatch's own has
 * nothing of it: what the user wrote there steers the job alone.
 */
static int run_sbatch(const char *user, const struct words *argv, const char *environment,
		      size_t size, unsigned long long *number, struct error *e)
{
	const struct as_user run = { .user = user,
				     .argv = argv->list,
				     .given = environment,
				     .given_size = size,
				     .deadline = SBATCH_DEADLINE };
	struct as_user_output output;

	if (as_user_run(&run, &output, e) < 0)
		return -1;
	if (*output.err)
		fprintf(stderr, "%s", output.err);
	output.out[strcspn(output.out, ";\n")] = '\0';
	if (str_to_ull(output.out, UINT_MAX, number) < 0)
		return error_set(e, "sbatch did not say the number of the job");
	return 0;
}

/* The words of sbatch: its own, those that are kept, the script and its arguments. */
struct command {
	struct words argv, kept;
	char *kept_text, *environment;
	size_t environment_size;
	char *from, *script, *dir, *nodelist, *exclude;
};

static void command_free(struct command *c)
{
	words_free(&c->argv);
	words_free(&c->kept);
	free(c->kept_text);
	free(c->environment);
	free(c->from);
	free(c->script);
	free(c->dir);
	free(c->nodelist);
	free(c->exclude);
}

static int add_options(const struct scheckpoint *s, const struct stored_job *job,
		       struct command *c, struct error *e)
{
	c->from = str_printf(s->generation ? "--checkpoint-from=%u.%u"
					   : "--checkpoint-from=%u",
			     job->id, s->generation);
	c->script = str_printf("%s/" FOLDER_SCRIPT, job->folder->path);
	if (words_add(&c->argv, c->from, e) < 0)
		return -1;
	if (s->dir != s->conf.checkpoint_dir) {
		c->dir = str_printf("--checkpoint-dir=%s", s->dir);
		if (words_add(&c->argv, c->dir, e) < 0)
			return -1;
	}
	if (s->nodelist) {
		c->nodelist = str_printf("--nodelist=%s", s->nodelist);
		if (words_add(&c->argv, c->nodelist, e) < 0)
			return -1;
	}
	if (s->exclude) {
		c->exclude = str_printf("--exclude=%s", s->exclude);
		if (words_add(&c->argv, c->exclude, e) < 0)
			return -1;
	}
	return words_add(&c->argv, c->script, e);
}

static int build(const struct scheckpoint *s, const struct stored_job *job,
		 struct command *c, struct error *e)
{
	static const char *const first[] = { "sbatch", "--parsable", "--open-mode=append",
					     "--export-file=" GIVEN };
	size_t i = 0;

	if (read_options(job->folder, &c->kept_text, &c->kept, e) < 0 ||
	    !(c->environment =
		      user_file_read(job->folder->fd, FOLDER_ENVIRONMENT,
				     USER_FILE_ENVIRONMENT, &c->environment_size, e)))
		return -1;
	for (size_t n = 0; n < sizeof(first) / sizeof(first[0]); n++) {
		if (words_add(&c->argv, (char *)first[n], e) < 0)
			return -1;
	}
	for (; i < c->kept.count && strcmp(c->kept.list[i], "--") != 0; i++) {
		if (words_add(&c->argv, c->kept.list[i], e) < 0)
			return -1;
	}
	if (add_options(s, job, c, e) < 0)
		return -1;
	for (i++; i < c->kept.count; i++) {
		if (words_add(&c->argv, c->kept.list[i], e) < 0)
			return -1;
	}
	return 0;
}

static int submit_again(const struct scheckpoint *s, const struct stored_job *job,
			struct error *e)
{
	cleanup_free char *name = NULL;
	struct command c = { 0 };
	unsigned long long number;
	int rc = build(s, job, &c, e);

	if (rc == 0)
		rc = run_sbatch(job->user, &c.argv, c.environment, c.environment_size,
				&number, e);
	if (rc == 0 && !(name = str_printf("%llu", number)))
		rc = error_sys(e, "memory");
	if (rc == 0) {
		tell(s, "job %s: continues as job %s", job->name, name);
		add_json(s, job, name);
	}
	command_free(&c);
	return rc < 0 ? error_prefix(e, "job %s", job->name) : 0;
}

/* ---- the same job ---- */

static int choose_generation(const struct scheckpoint *s, const struct stored_job *job,
			     struct error *e)
{
	if (!s->generation)
		return 0;
	for (size_t i = 0; i < job->count; i++) {
		if (job->numbers[i] != s->generation)
			continue;
		if (manifest_set(&job->folder->record, RECORD_GENERATION, "%u",
				 s->generation) < 0)
			return error_sys(e, "job %s", job->name);
		return folder_save(job->folder, e);
	}
	return error_set(e, "job %s has no generation %u", job->name, s->generation);
}

static int choose_nodes(const struct scheckpoint *s, const struct stored_job *job,
			struct error *e)
{
	if (!s->nodelist && !s->exclude)
		return 0;
	return job_set_nodes(job->id, s->nodelist, s->exclude, e);
}

static int release(const struct scheckpoint *s, const struct stored_job *job,
		   struct error *e)
{
	if (choose_nodes(s, job, e) < 0)
		return -1;
	return job_release(job->id, e);
}

static int queue_again(const struct scheckpoint *s, const struct stored_job *job,
		       struct error *e)
{
	bool elsewhere = s->nodelist || s->exclude;

	if (job_requeue(job->id, elsewhere, e) < 0)
		return -1;
	return elsewhere ? release(s, job, e) : 0;
}

/* As whoever calls, and not as the owner: an administrator may release what one held. */
static int tell_slurm(const struct scheckpoint *s, const struct stored_job *job,
		      enum job_phase phase, struct error *e)
{
	int rc;

	identity_back();
	rc = phase == JOB_HELD ? release(s, job, e) : queue_again(s, job, e);
	if (identity_become(job->user, rc < 0 ? NULL : e) < 0)
		return -1;
	return rc;
}

static int check_phase(const struct stored_job *job, const struct job_entry *entry,
		       struct error *e)
{
	/* What a folder says of an array is no proof of anything. */
	if (folder_number(job->folder, RECORD_ARRAY_JOB, 0) &&
	    (folder_number(job->folder, RECORD_ARRAY_JOB, 0) != entry->array ||
	     folder_number(job->folder, RECORD_ARRAY_TASK, JOBSPEC_NO_TASK) !=
		     entry->array_task))
		return error_set(
			e,
			"%s says that job %u is %s, and Slurm does not; restart it "
			"by its number alone when its record is right",
			job->folder->path, job->id, job->name);
	switch (entry->phase) {
	case JOB_HELD:
	case JOB_OVER:
		return 0;
	case JOB_QUEUED:
		return error_set(e, "job %s is in the queue already", job->name);
	default:
		return error_set(e, "job %s is running", job->name);
	}
}

struct restarting {
	const struct scheckpoint *s;
	struct job_table table;
	struct node_table cluster;
};

/* Would its runner send it away again from all that are named? As its owner. */
static int check_kinds(const struct restarting *r, const struct stored_job *job,
		       struct error *e)
{
	const struct node_table *cluster = r->cluster.count > 0 ? &r->cluster : NULL;
	const struct scheckpoint *s = r->s;
	cleanup_free char *unfit =
		s->nodelist ? node_kind_unfit(job->folder, cluster) : NULL;

	if (!unfit || !*unfit || !hosts_within(s->nodelist, unfit))
		return 0;
	return error_set(
		e,
		"job %s: the CPU of %s lacks what the job may use, or the C library "
		"there is another one; name another node, or none",
		job->name, s->nodelist);
}

/* Would it wait for ever? As whoever calls, since it is slurmctld that is asked. */
static int check_nodes(const struct restarting *r, const struct stored_job *job,
		       const struct job_entry *entry, struct error *e)
{
	const struct placement request = {
		.value = { [PLACEMENT_NODELIST] = (char *)r->s->nodelist,
			   [PLACEMENT_EXCLUDE] = (char *)r->s->exclude }
	};
	int rc;

	if (placement_is_empty(&request))
		return 0;
	identity_back();
	rc = elsewhere_check(&r->cluster, entry, &request, e);
	if (identity_become(job->user, rc < 0 ? NULL : e) < 0)
		return -1;
	return rc < 0 ? error_prefix(e, "job %s", job->name) : 0;
}

static int restart_on(const struct restarting *r, const struct stored_job *job,
		      const struct job_entry *entry, struct error *e)
{
	const struct scheckpoint *s = r->s;

	if (check_phase(job, entry, e) < 0 || check_nodes(r, job, entry, e) < 0)
		return -1;
	/* Slurm would not queue it again (--no-requeue): it goes on as another job. */
	if (entry->phase == JOB_OVER && !entry->requeue)
		return submit_again(s, job, e);
	if (choose_generation(s, job, e) < 0 || tell_slurm(s, job, entry->phase, e) < 0)
		return -1;
	tell(s, entry->phase == JOB_HELD ? "job %s: released" : "job %s: queued again",
	     job->name);
	add_json(s, job, job->name);
	return 0;
}

static int restart_known(const struct restarting *r, const struct stored_job *job,
			 const struct job_entry *entry, struct error *e)
{
	struct restarting own = *r;
	struct scheckpoint s = *r->s;
	struct kept kept = { 0 };
	int rc;

	/* Nodes that its runner refused for it are not refused to who names them. */
	if (s.nodelist && !s.exclude && move_kept(job->folder, &kept, NULL) == 0) {
		elsewhere_clean(&r->cluster, &kept.own);
		s.exclude = kept.own.value[PLACEMENT_EXCLUDE];
	}
	own.s = &s;
	rc = restart_on(&own, job, entry, e);
	placement_free(&kept.own);
	return rc;
}

/* What a folder says is done in its user's name, so none but their own are taken. */
static int check_owner(const struct scheckpoint *s, const struct stored_job *job,
		       const struct job_entry *entry, struct error *e)
{
	const struct passwd *pw = getpwnam(job->user);
	struct stat st;

	if (getuid() != 0 && strcmp(job->user, s->self) != 0)
		return error_set(e,
				 "job %s is user %s's, and only they or root restart it",
				 job->name, job->user);
	/* A folder is what its owner made it, and its name no proof of anything. */
	if (entry && strcmp(entry->user_name, job->user) != 0)
		return error_set(e,
				 "job %s is user %s's, and not that of these checkpoints",
				 job->name, entry->user_name);
	if (fstat(job->folder->fd, &st) < 0)
		return error_sys(e, "%s", job->folder->path);
	if (!pw || st.st_uid != pw->pw_uid)
		return error_set(
			e, "%s does not belong to user %s, so job %s is not restarted",
			job->folder->path, job->user, job->name);
	return folder_check_named(job->folder, job->user, job->id, e);
}

static int restart_job(const struct scheckpoint *selecting, const struct stored_job *job,
		       void *arg)
{
	const struct restarting *r = arg;
	const struct job_entry *entry = job_table_find(&r->table, job->id);
	const struct scheckpoint *s = r->s;
	struct error e;
	int rc;

	(void)selecting;

	if (check_owner(s, job, entry, &e) < 0)
		rc = -1;
	else if (job->count == 0)
		rc = error_set(&e, "job %s has no checkpoint", job->name);
	else if (check_kinds(r, job, &e) < 0)
		rc = -1;
	else
		rc = entry ? restart_known(r, job, entry, &e) : submit_again(s, job, &e);
	return rc < 0 ? complain(&e) : EXIT_DONE;
}

/* ---- whose ---- */

static const char *owner_of(const struct job_table *table, const struct jobspec *spec)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct job_entry *job = &table->jobs[i];

		if (jobspec_matches(spec, job->id, job->array, job->array_task))
			return job->user_name;
	}
	return NULL;
}

/* By root, of a user whom slurmctld names: any user can have a folder of that number. */
static int restart_of_owner(const struct restarting *r, const struct jobspec *spec)
{
	struct scheckpoint selecting = *r->s;
	struct error e;

	selecting.nodelist = NULL;
	selecting.all = false;
	selecting.user = owner_of(&r->table, spec);
	if (selecting.user)
		return each_stored(&selecting, 1, &(char *){ spec->text }, restart_job,
				   (void *)r);
	error_set(&e,
		  "job %s is not known to Slurm any more, and whose it is nobody says; "
		  "name "
		  "the user with --user",
		  spec->text);
	return complain(&e);
}

static int restart_of_owners(const struct restarting *r, int argc, char **argv)
{
	struct jobspec_list specs = { 0 };
	int status = EXIT_DONE;
	struct error e;

	for (int i = 0; status == EXIT_DONE && i < argc; i++) {
		if (jobspec_parse(&specs, argv[i], &e) < 0)
			status = complain(&e);
	}
	for (size_t i = 0; status != EXIT_USAGE && i < specs.count; i++) {
		if (restart_of_owner(r, &specs.specs[i]) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	jobspec_free(&specs);
	return status;
}

int verb_restart(const struct scheckpoint *s, int argc, char **argv)
{
	struct scheckpoint selecting = *s;
	struct restarting r = { .s = s };
	struct error e;
	bool elsewhere = s->nodelist || s->exclude;
	int status;

	selecting.nodelist = NULL; /* it says where to, and not which jobs */
	if (jobs_of_cluster(s, &r.table, &e) < 0 ||
	    (elsewhere && elsewhere_load(&r.cluster, &e) < 0))
		status = complain(&e);
	else if (getuid() == 0 && !s->user && conf_find_percent(s->dir, 'u'))
		status = restart_of_owners(&r, argc, argv);
	else
		status = each_stored(&selecting, argc, argv, restart_job, &r);
	job_table_free(&r.table);
	return status;
}
