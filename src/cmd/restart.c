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
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/str.h"
#include "cmd/elsewhere.h"
#include "cmd/scheckpoint.h"
#include "slurm/job.h"
#include "slurm/jobs.h"

#define SAVED_MAX ((size_t)16 << 20) /* bytes of options, and of an environment */

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

/* ---- words for execve ---- */

struct words {
	char **list; /* ended by NULL */
	size_t count;
};

static int add_word(struct words *words, char *word, struct error *e)
{
	void *grown = reallocarray(words->list, words->count + 2, sizeof(char *));

	if (!grown || !word)
		return error_sys(e, "sbatch");
	words->list = grown;
	words->list[words->count++] = word;
	words->list[words->count] = NULL;
	return 0;
}

/* What is kept in a file of the folder, with a zero byte after each; owned by words. */
static int read_words(const struct folder *folder, const char *name, char **text,
		      struct words *words, struct error *e)
{
	size_t size;

	*text = file_read(folder->fd, name, SAVED_MAX, &size, e);
	if (!*text)
		return error_prefix(e, "%s", folder->path);
	for (char *word = *text; word < *text + size; word += strlen(word) + 1) {
		if (add_word(words, word, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- a new job ---- */

/* In the child: nothing of an administrator's goes to what the user's files say. */
static void exec_sbatch(const char *user, char **argv, char **envp)
{
	const struct passwd *pw = getpwnam(user);

	if (getuid() == 0 &&
	    (!pw || seteuid(0) < 0 || setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0))
		_exit(126);
	execvpe("sbatch", argv, envp);
	fprintf(stderr, "scheckpoint: error: sbatch: %s\n", strerror(errno));
	_exit(127);
}

/* The first line that sbatch prints; what it has to complain of goes where ours goes. */
static int run_sbatch(const char *user, const struct words *argv,
		      const struct words *environment, char line[64], struct error *e)
{
	cleanup_close int in = -1;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(e, "sbatch");
	in = fds[0];
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		exec_sbatch(user, argv->list, environment->list);
	}
	close(fds[1]);
	n = pid < 0 ? -1 : file_read_all(in, line, 63);
	line[n < 0 ? 0 : n] = '\0';
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return error_sys(e, "sbatch");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(e, "sbatch has refused it");
	line[strcspn(line, ";\n")] = '\0';
	return 0;
}

/* The words of sbatch: its own, those that are kept, the script and its arguments. */
struct command {
	struct words argv, kept, environment;
	char *kept_text, *environment_text;
	char *from, *script, *dir, *nodelist, *exclude;
};

static void command_free(struct command *c)
{
	free(c->argv.list);
	free(c->kept.list);
	free(c->environment.list);
	free(c->kept_text);
	free(c->environment_text);
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
	if (add_word(&c->argv, c->from, e) < 0)
		return -1;
	if (s->dir != s->conf.checkpoint_dir) {
		c->dir = str_printf("--checkpoint-dir=%s", s->dir);
		if (add_word(&c->argv, c->dir, e) < 0)
			return -1;
	}
	if (s->nodelist) {
		c->nodelist = str_printf("--nodelist=%s", s->nodelist);
		if (add_word(&c->argv, c->nodelist, e) < 0)
			return -1;
	}
	if (s->exclude) {
		c->exclude = str_printf("--exclude=%s", s->exclude);
		if (add_word(&c->argv, c->exclude, e) < 0)
			return -1;
	}
	return add_word(&c->argv, c->script, e);
}

static int build(const struct scheckpoint *s, const struct stored_job *job,
		 struct command *c, struct error *e)
{
	static const char *const first[] = { "sbatch", "--parsable",
					     "--open-mode=append" };
	size_t i = 0;

	if (read_words(job->folder, FOLDER_OPTIONS, &c->kept_text, &c->kept, e) < 0 ||
	    read_words(job->folder, FOLDER_ENVIRONMENT, &c->environment_text,
		       &c->environment, e) < 0)
		return -1;
	for (size_t n = 0; n < sizeof(first) / sizeof(first[0]); n++) {
		if (add_word(&c->argv, (char *)first[n], e) < 0)
			return -1;
	}
	for (; i < c->kept.count && strcmp(c->kept.list[i], "--") != 0; i++) {
		if (add_word(&c->argv, c->kept.list[i], e) < 0)
			return -1;
	}
	if (add_options(s, job, c, e) < 0)
		return -1;
	for (i++; i < c->kept.count; i++) {
		if (add_word(&c->argv, c->kept.list[i], e) < 0)
			return -1;
	}
	return 0;
}

static int submit_again(const struct scheckpoint *s, const struct stored_job *job,
			struct error *e)
{
	struct command c = { 0 };
	char line[64];
	int rc = build(s, job, &c, e);

	if (rc == 0)
		rc = run_sbatch(job->user, &c.argv, &c.environment, line, e);
	if (rc == 0) {
		tell(s, "job %s: goes on as job %s", job->name, line);
		add_json(s, job, line);
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
	/* A folder is what its owner made it, and its name no proof of anything. */
	if (strcmp(entry->user_name, job->user) != 0)
		return error_set(e,
				 "job %s is user %s's, and not that of these checkpoints",
				 job->name, entry->user_name);
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

static int restart_known(const struct restarting *r, const struct stored_job *job,
			 const struct job_entry *entry, struct error *e)
{
	const struct scheckpoint *s = r->s;

	if (check_phase(job, entry, e) < 0 || check_nodes(r, job, entry, e) < 0 ||
	    choose_generation(s, job, e) < 0 || tell_slurm(s, job, entry->phase, e) < 0)
		return -1;
	tell(s, entry->phase == JOB_HELD ? "job %s: released" : "job %s: queued again",
	     job->name);
	add_json(s, job, job->name);
	return 0;
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

	if (job->count == 0)
		rc = error_set(&e, "job %s has no checkpoint", job->name);
	else
		rc = entry ? restart_known(r, job, entry, &e) : submit_again(s, job, &e);
	return rc < 0 ? complain(&e) : EXIT_DONE;
}

int verb_restart(const struct scheckpoint *s, int argc, char **argv)
{
	struct scheckpoint selecting = *s;
	struct restarting r = { .s = s };
	struct error e;
	bool elsewhere = s->nodelist || s->exclude;
	int status;

	selecting.nodelist = NULL; /* it says where to, and not which jobs */
	if (job_table_load(&r.table, &e) < 0 ||
	    (elsewhere && elsewhere_load(&r.cluster, &e) < 0))
		status = complain(&e);
	else
		status = each_stored(&selecting, argc, argv, restart_job, &r);
	node_table_free(&r.cluster);
	job_table_free(&r.table);
	return status;
}
