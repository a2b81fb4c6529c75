// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/tasks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/sandbox.h"

#define HEADER "slurm-checkpoint tasks 1"

#define INIT 1 /* pid inside of who has what Slurm gave the job */

static const struct task_state *const states[] = {
	&task_affinity, &task_ioprio,  &task_timerslack,  &task_slice, &task_coredump,
	&task_memory,	&task_mapping, &task_personality, &task_merge,
};

#define STATES (sizeof(states) / sizeof(states[0]))

/* ---- where the job is ---- */

static int parse_field(struct numbers *n, const char *status, const char *name)
{
	const char *found = strstr(status, name);
	cleanup_free char *list = NULL;

	if (!found)
		return -1;
	found += strlen(name);
	list = strndup(found, strcspn(found, "\n"));
	return list ? numbers_parse(n, list) : -1;
}

/* A kernel without NUMA has no list of nodes: it is as with one. */
static int place_read(struct task_place *place, struct error *e)
{
	size_t size;
	cleanup_free char *status =
		file_read(AT_FDCWD, "/proc/1/status", SIZE_MAX, &size, e);

	*place = (struct task_place){ 0 };
	if (!status)
		return -1;
	if (parse_field(&place->cpus, status, "\nCpus_allowed_list:\t") < 0)
		return error_set(e, "/proc/1/status does not tell the job's CPUs");
	if (parse_field(&place->nodes, status, "\nMems_allowed_list:\t") < 0)
		numbers_add(&place->nodes, 0);
	return 0;
}

/* ---- to save ---- */

/* Of pid 1, by the table's order. */
struct usual {
	char *values[STATES]; /* NULL: it is not looked at now, or cannot be told */
};

static void usual_look(struct usual *usual, bool early)
{
	for (size_t i = 0; i < STATES; i++) {
		if (states[i]->early == early)
			usual->values[i] = states[i]->look(INIT);
	}
}

static void usual_free(struct usual *usual)
{
	for (size_t i = 0; i < STATES; i++)
		free(usual->values[i]);
}

#define cleanup_usual __attribute__((cleanup(usual_free)))

static void save_thread(FILE *f, const struct usual *usual, pid_t tid, bool first)
{
	for (size_t i = 0; i < STATES; i++) {
		cleanup_free char *value = NULL;

		if (!usual->values[i] || (states[i]->of_process && !first))
			continue;
		value = states[i]->look(tid);
		if (value && strcmp(value, usual->values[i]) != 0)
			fprintf(f, "%s %d %s\n", states[i]->name, tid, value);
	}
}

static void save_process(FILE *f, const struct usual *usual, pid_t pid)
{
	cleanup_free char *path = str_printf("/proc/%d/task", pid);
	cleanup_closedir DIR *dir = path ? file_open_dir(AT_FDCWD, path) : NULL;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		pid_t tid = atoi(d->d_name);

		if (tid > 0)
			save_thread(f, usual, tid, tid == pid);
	}
}

static int save_all(FILE *f, bool early, struct error *e)
{
	cleanup_usual struct usual usual = { 0 };
	cleanup_closedir DIR *proc = file_open_dir(AT_FDCWD, "/proc");
	struct dirent *d;

	if (!proc)
		return error_sys(e, "/proc");
	usual_look(&usual, early);
	while ((d = file_next(proc))) {
		if (atoi(d->d_name) >= SANDBOX_FIRST_PID)
			save_process(f, &usual, atoi(d->d_name));
	}
	return errno ? error_sys(e, "/proc") : 0;
}

static int save_place(FILE *f, struct error *e)
{
	cleanup_free char *cpus = NULL, *nodes = NULL;
	struct task_place place;

	if (place_read(&place, e) < 0)
		return -1;
	cpus = numbers_format(&place.cpus);
	nodes = numbers_format(&place.nodes);
	if (!cpus || !nodes)
		return error_sys(e, "state of the job's threads");
	fprintf(f, HEADER "\ncpus %s\nnodes %s\n", cpus, nodes);
	return 0;
}

static int write_file(const char *path, const char *text, size_t size, struct error *e)
{
	cleanup_close int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || file_write_all(fd, text, size) < 0)
		return error_sys(e, "%s", path);
	return 0;
}

/* What was looked at before the job was frozen. */
static void add_early(FILE *f, const char *path)
{
	size_t size;
	cleanup_free char *text =
		access(path, F_OK) == 0
			? file_read(AT_FDCWD, path, TASKS_MAX, &size, NULL)
			: NULL;

	if (text)
		fputs(text, f);
}

/* What there is to be kept. */
static int collect(FILE *f, const char *path, bool early, struct error *e)
{
	if (!early)
		add_early(f, path);
	return save_all(f, early, e);
}

/* The head of the file, and behind it what there is to be kept. */
static int save(const char *path, bool early, struct error *e)
{
	cleanup_free char *text = NULL;
	size_t size = 0, head = 0;
	FILE *f = open_memstream(&text, &size);
	int rc;

	if (!f)
		return error_sys(e, "%s", path);
	rc = early ? 0 : save_place(f, e);
	if (rc == 0 && fflush(f) == 0) {
		head = size;
		rc = collect(f, path, early, e);
	}
	if (fclose(f) != 0)
		rc = error_sys(e, "%s", path);
	if (rc == 0 && size > TASKS_MAX)
		rc = error_set(e, "%s: there is too much of it", path);
	if (rc < 0 || size == head)
		return rc;
	return write_file(path, text, size, e);
}

int tasks_save_early(const char *path, struct error *e)
{
	return save(path, true, e);
}

int tasks_save(const char *path, struct error *e)
{
	return save(path, false, e);
}

/* ---- to read ---- */

static const struct task_state *find_state(const char *name)
{
	for (size_t i = 0; i < STATES; i++) {
		if (strcmp(states[i]->name, name) == 0)
			return states[i];
	}
	return NULL;
}

/* "WORD REST": what stands behind the word; NULL if nothing does. */
static char *cut_word(char *line)
{
	char *space = strchr(line, ' ');

	if (!space || space == line)
		return NULL;
	*space = '\0';
	return space + 1;
}

static int add_value(struct tasks *t, const struct task_state *state, char *rest)
{
	char *text = cut_word(rest);
	struct task_value *grown;
	unsigned long long tid;

	if (!text || str_to_ull(rest, INT_MAX, &tid) < 0 || tid < SANDBOX_FIRST_PID)
		return -1;
	/* By powers of two, so that many lines take no time. */
	if ((t->count & (t->count - 1)) == 0) {
		grown = reallocarray(t->values, t->count ? 2 * t->count : 1,
				     sizeof(*grown));
		if (!grown)
			return -1;
		t->values = grown;
	}
	t->values[t->count++] =
		(struct task_value){ .state = state, .tid = (pid_t)tid, .text = text };
	return 0;
}

static int parse_line(struct tasks *t, char *line)
{
	char *rest = cut_word(line);
	const struct task_state *state = find_state(line);

	if (!rest)
		return -1;
	if (strcmp(line, "cpus") == 0)
		return numbers_parse(&t->place.cpus, rest);
	if (strcmp(line, "nodes") == 0)
		return numbers_parse(&t->place.nodes, rest);
	return state ? add_value(t, state, rest) : 0;
}

int tasks_parse(struct tasks *t, char *text, size_t size, struct error *e)
{
	char *rest = text, *line;

	*t = (struct tasks){ 0 };
	if (size == 0 || strlen(text) != size || text[size - 1] != '\n')
		return error_set(e, TASKS_FILE " is cut short");
	text[size - 1] = '\0';
	line = strsep(&rest, "\n");
	if (strcmp(line, HEADER) != 0)
		return error_set(e, TASKS_FILE " is of another version");
	while ((line = strsep(&rest, "\n"))) {
		if (parse_line(t, line) < 0)
			return error_set(e, TASKS_FILE " has a line that is wrong");
	}
	if (numbers_count(&t->place.cpus) == 0 || numbers_count(&t->place.nodes) == 0)
		return error_set(e, TASKS_FILE " does not tell the job's CPUs");
	return 0;
}

void tasks_free(struct tasks *t)
{
	free(t->values);
	*t = (struct tasks){ 0 };
}

/* ---- to restore ---- */

/* What became of all values of one kind. */
struct outcome {
	size_t failed;
	struct error first;
};

static void set_value(const struct task_value *value, struct task_move *move,
		      struct outcome *outcome)
{
	struct error e;

	errno = 0;
	if (value->state->set(value->tid, value->text, move, &e) == 0 || errno == ESRCH)
		return; /* or it has ended */
	if (outcome->failed++ == 0)
		outcome->first = e;
}

static void add_remark(struct error *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_remark(struct error *e, const char *format, ...)
{
	const size_t size = strlen(e->text);
	const char *comma = size ? "; " : "";
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		snprintf(e->text + size, sizeof(e->text) - size, "%s%s", comma, text);
}

static void remark_failed(struct error *e, const struct task_state *state,
			  const struct outcome *outcome)
{
	if (outcome->failed)
		add_remark(e, "%s of %zu thread%s could not be restored: %s", state->what,
			   outcome->failed, outcome->failed > 1 ? "s" : "",
			   outcome->first.text);
}

static void remark_moved(struct error *e, enum numbers_move worst, const char *what,
			 const struct numbers *had, const struct numbers *has)
{
	if (worst == NUMBERS_SHARED)
		add_remark(e,
			   "the job had %zu %s and has %zu here, so threads that were "
			   "bound to different ones may share one",
			   numbers_count(had), what, numbers_count(has));
	else if (worst == NUMBERS_NONE)
		add_remark(
			e,
			"threads were bound to %s that were not the job's, and may use "
			"all of the job's here",
			what);
}

static enum numbers_move worse(enum numbers_move a, enum numbers_move b)
{
	return a > b ? a : b;
}

static int set_all(const struct tasks *t, enum task_moment moment, struct error *e)
{
	struct outcome outcomes[STATES] = { 0 };
	enum numbers_move cpus = NUMBERS_MOVED, nodes = NUMBERS_MOVED;
	struct task_move move = { .had = t->place };

	if (place_read(&move.has, e) < 0)
		return -1;
	e->text[0] = '\0';
	for (size_t i = 0; i < t->count; i++) {
		size_t kind = 0;

		while (states[kind] != t->values[i].state)
			kind++;
		if (states[kind]->moment != moment)
			continue;
		move.cpus = move.nodes = NUMBERS_MOVED;
		set_value(&t->values[i], &move, &outcomes[kind]);
		cpus = worse(cpus, move.cpus);
		nodes = worse(nodes, move.nodes);
	}
	remark_moved(e, cpus, "CPUs", &move.had.cpus, &move.has.cpus);
	remark_moved(e, nodes, "NUMA nodes", &move.had.nodes, &move.has.nodes);
	for (size_t i = 0; i < STATES; i++)
		remark_failed(e, states[i], &outcomes[i]);
	return e->text[0] ? -1 : 0;
}

int tasks_restore(const char *path, enum task_moment moment, struct error *e)
{
	cleanup_free char *text = NULL;
	struct tasks t = { 0 };
	size_t size;
	int rc;

	if (access(path, F_OK) < 0)
		return 0;
	text = file_read(AT_FDCWD, path, TASKS_MAX, &size, e);
	if (!text)
		return -1;
	rc = tasks_parse(&t, text, size, e);
	if (rc == 0)
		rc = set_all(&t, moment, e);
	tasks_free(&t);
	return rc;
}
