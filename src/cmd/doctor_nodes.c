// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * doctor_nodes - have each node look at itself, as a step that srun starts there, and
 * print a table: its processor, kernel and engines, whether the plugin can be loaded, and
 * whether CheckpointDir is the same place everywhere: a file that is written here is
 * looked for there.
 *
 * Each node is asked by an srun of its own, a few at a time, so one that does not answer
 * costs a row and not the table. What a node answers is JSON of limited length, and
 * made printable before it is shown.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "cmd/doctor.h"
#include "engine/tool.h"
#include "slurm/hosts.h"
#include "slurm/nodes.h"
#include "store/store.h"

#define AT_ONCE	   16		/* nodes that are asked at a time */
#define MAX_ANSWER (256 * 1024) /* bytes: some findings of a line each */
#define MAX_REASON 4096		/* bytes of what srun complains */
#define WAIT	   "60"		/* seconds until a node has to have room for the step */
#define LIMIT	   120		/* seconds for a node in all */

extern char **environ;

struct row {
	const char *node;
	pid_t pid;
	int out, err;
	char *answer;
	size_t answer_size;
	char *reason;
	size_t reason_size;
	struct timespec began;
	struct json_object *found; /* NULL: it has not answered, because of reason */
};

struct ask {
	const struct scheckpoint *s;
	const char *srun;
	char *self; /* path of this program */
	struct hosts hosts;
	struct row *rows;
	size_t next, running;
	struct store store; /* where the token is, */
	char token[48];
	char word[33]; /* and what is in it */
	bool wrong;
};

/* ---- a file that all should see ---- */

static int make_token(struct ask *a, struct error *e)
{
	unsigned char bytes[16];
	cleanup_free char *name = NULL;
	cleanup_close int fd = -1;

	if (store_open(&a->store, a->s->dir, a->s->self, a->s->cluster, 0, STORE_MAKE,
		       e) < 0)
		return -1;
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return error_sys(e, "random number");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(a->word + 2 * i, 3, "%02x", bytes[i]);
	snprintf(a->token, sizeof(a->token), "doctor-%s", a->word);
	name = str_printf(".%s", a->token);
	fd = name ? openat(a->store.fd, name,
			   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)
		  : -1;
	if (fd < 0 || file_write_all(fd, a->word, strlen(a->word)) < 0 || fsync(fd) < 0)
		return error_sys(e, "%s/%s", a->store.path, name ? name : "");
	return 0;
}

static void remove_token(const struct ask *a)
{
	cleanup_free char *name = *a->token ? str_printf(".%s", a->token) : NULL;

	if (name && a->store.fd >= 0)
		(void)unlinkat(a->store.fd, name, 0);
}

/* ---- which nodes ---- */

/* Those of the job in which it is called, or all; or those that --nodelist names. */
static int find_nodes(struct ask *a, struct error *e)
{
	const char *list = a->s->nodelist;
	struct node_table table = { 0 };
	int rc = 0;

	if (!list)
		list = getenv("SLURM_JOB_NODELIST");
	if (list)
		return hosts_expand(list, &a->hosts) == 0
			       ? 0
			       : error_set(e, "%s: no list of nodes", list);
	if (node_table_load(&table, e) < 0)
		return -1;
	a->hosts.names = calloc(table.count + 1, sizeof(*a->hosts.names));
	if (!a->hosts.names)
		rc = error_sys(e, "nodes");
	for (size_t i = 0; rc == 0 && i < table.count; i++)
		a->hosts.names[a->hosts.count++] = strdup(table.nodes[i].name);
	node_table_free(&table);
	return rc == 0 && a->hosts.count == 0
		       ? error_set(e, "slurmctld tells of no node; PrivateData=nodes "
				      "hides them from users")
		       : rc;
}

/* ---- srun ---- */

static int start(struct ask *a, struct row *row, struct error *e)
{
	const bool inside = getenv("SLURM_JOB_ID") != NULL;
	cleanup_free char *node = str_printf("--nodelist=%s", row->node);
	cleanup_free char *token = str_printf("--node-token=%s", a->token);
	cleanup_free char *dir = str_printf("--checkpoint-dir=%s", a->s->dir);
	char *argv[] = { (char *)a->srun,
			 (char *)"--quiet",
			 (char *)"--nodes=1",
			 (char *)"--ntasks=1",
			 (char *)"--mem=0",
			 (char *)"--time=3",
			 (char *)"--chdir=/",
			 (char *)(inside ? "--overlap" : "--immediate=" WAIT),
			 node,
			 a->self,
			 (char *)"doctor",
			 token,
			 dir,
			 NULL };
	int out[2], err[2];

	if (!node || !token || !dir || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(err, O_CLOEXEC) < 0)
		return error_sys(e, "srun");
	clock_gettime(CLOCK_BOOTTIME, &row->began);
	row->pid = tool_spawn(argv, environ, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	row->out = out[0];
	row->err = err[0];
	if (row->pid < 0)
		return error_sys(e, "srun");
	a->running++;
	return 0;
}

/* Keep what fits; false at the end. */
static bool read_some(int fd, char *text, size_t *size, size_t max)
{
	char rest[4096];
	ssize_t n = read(fd, rest, sizeof(rest));
	size_t fits = n > 0 ? (size_t)n : 0;

	if (n < 0)
		return errno == EINTR;
	if (fits > max - *size)
		fits = max - *size;
	memcpy(text + *size, rest, fits);
	*size += fits;
	text[*size] = '\0';
	return n > 0;
}

static void end(struct ask *a, struct row *row)
{
	int status;

	while (waitpid(row->pid, &status, 0) < 0 && errno == EINTR)
		;
	a->running--;
	row->pid = 0;
	if (row->answer_size < MAX_ANSWER)
		row->found = json_tokener_parse(row->answer);
	if (row->found && !json_object_is_type(row->found, json_type_object)) {
		json_object_put(row->found);
		row->found = NULL;
	}
}

static void give_up_late(struct row *row)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	if (row->pid > 0 && now.tv_sec - row->began.tv_sec > LIMIT)
		kill(row->pid, SIGKILL);
}

static void close_end(int *fd)
{
	close(*fd);
	*fd = -1;
}

static void hear(struct ask *a, struct row *row, const struct pollfd *fds)
{
	if (fds[0].revents &&
	    !read_some(row->out, row->answer, &row->answer_size, MAX_ANSWER))
		close_end(&row->out);
	if (fds[1].revents &&
	    !read_some(row->err, row->reason, &row->reason_size, MAX_REASON))
		close_end(&row->err);
	if (row->out < 0 && row->err < 0)
		end(a, row);
}

static int hear_all(struct ask *a, struct error *e)
{
	struct pollfd fds[2 * AT_ONCE];
	struct row *rows[AT_ONCE];
	nfds_t n = 0;

	for (size_t i = 0; i < a->next && n < AT_ONCE; i++) {
		if (a->rows[i].pid <= 0)
			continue;
		give_up_late(&a->rows[i]);
		rows[n] = &a->rows[i];
		fds[2 * n] = (struct pollfd){ .fd = a->rows[i].out, .events = POLLIN };
		fds[2 * n + 1] =
			(struct pollfd){ .fd = a->rows[i].err, .events = POLLIN };
		n++;
	}
	if (poll(fds, 2 * n, 1000) < 0 && errno != EINTR)
		return error_sys(e, "poll");
	for (nfds_t i = 0; i < n; i++)
		hear(a, rows[i], fds + 2 * i);
	return 0;
}

static int ask_all(struct ask *a, struct error *e)
{
	while (a->next < a->hosts.count || a->running > 0) {
		while (a->next < a->hosts.count && a->running < AT_ONCE) {
			struct row *row = &a->rows[a->next];

			row->node = a->hosts.names[a->next++];
			row->answer = calloc(1, MAX_ANSWER + 1);
			row->reason = calloc(1, MAX_REASON + 1);
			if (!row->answer || !row->reason)
				return error_sys(e, "%s", row->node);
			if (start(a, row, e) < 0)
				return -1;
		}
		if (hear_all(a, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- the table ---- */

/* A member that is a text, made printable; owned, "-" if there is none. */
static char *text_of(struct json_object *o, const char *name)
{
	struct json_object *member;
	char *text = NULL;

	if (json_object_object_get_ex(o, name, &member) &&
	    json_object_is_type(member, json_type_string))
		text = strdup(json_object_get_string(member));
	if (text)
		str_make_printable(text);
	return text ? text : strdup("-");
}

/* The last line of what srun says is why it gave up. */
static const char *reason_of(struct row *row)
{
	char *line;

	while (row->reason_size > 0 && row->reason[row->reason_size - 1] == '\n')
		row->reason[--row->reason_size] = '\0';
	line = strrchr(row->reason, '\n');
	line = line ? line + 1 : row->reason;
	str_make_printable(line);
	return *line ? line : "it does not answer";
}

static size_t missing_count(struct json_object *o)
{
	struct json_object *list;
	size_t count = 0;

	if (!json_object_object_get_ex(o, "findings", &list) ||
	    !json_object_is_type(list, json_type_array))
		return 1;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		cleanup_free char *kind =
			text_of(json_object_array_get_idx(list, i), "kind");

		count += kind && !strcmp(kind, "missing");
	}
	return count;
}

static bool sees_token(const struct ask *a, struct json_object *o)
{
	cleanup_free char *word = text_of(o, "token");

	return word && strcmp(word, a->word) == 0;
}

static void print_missing(const struct row *row)
{
	struct json_object *list = json_object_object_get(row->found, "findings");

	if (!list || !json_object_is_type(list, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		cleanup_free char *kind = text_of(o, "kind");
		cleanup_free char *use = text_of(o, "use");
		cleanup_free char *text = text_of(o, "text");
		cleanup_free char *write = text_of(o, "write");

		if (kind && use && text && write && !strcmp(kind, "missing"))
			printf("%s: %s: %s%s%s\n", row->node, use, text,
			       *write == '-' ? "" : "; write in ",
			       *write == '-' ? "" : write);
	}
}

static void print_row(struct ask *a, struct row *row)
{
	cleanup_free char *cpu = text_of(row->found, "cpu");
	cleanup_free char *kernel = text_of(row->found, "kernel");
	cleanup_free char *engines = text_of(row->found, "engines");
	cleanup_free char *plugin = text_of(row->found, "plugin");

	if (row->found)
		printf("%-12s %-12s %-24s %-7s %-6s %s\n", row->node, cpu, kernel, plugin,
		       sees_token(a, row->found) ? "same" : "OTHER", engines);
	else
		printf("%-12s %s\n", row->node, reason_of(row));
}

static void add_json(const struct ask *a, struct row *row)
{
	struct json_object *o =
		row->found ? json_object_get(row->found) : json_object_new_object();

	json_text(o, "node", row->node);
	json_object_object_add(o, "answered",
			       json_object_new_boolean(row->found != NULL));
	if (row->found) {
		bool same = sees_token(a, row->found);

		json_object_object_del(o, "token");
		json_object_object_add(o, "same_dir", json_object_new_boolean(same));
	} else {
		json_text(o, "reason", reason_of(row));
	}
	json_object_array_add(a->s->json, o);
}

static void judge(struct ask *a, struct row *row)
{
	a->wrong |= !row->found || missing_count(row->found) > 0 ||
		    !sees_token(a, row->found);
}

static void print_all(struct ask *a)
{
	if (!a->s->json)
		printf("%-12s %-12s %-24s %-7s %-6s %s\n", "NODE", "CPU", "KERNEL",
		       "PLUGIN", "DIR", "ENGINES");
	for (size_t i = 0; i < a->hosts.count; i++) {
		judge(a, &a->rows[i]);
		if (a->s->json)
			add_json(a, &a->rows[i]);
		else
			print_row(a, &a->rows[i]);
	}
	for (size_t i = 0; i < a->hosts.count && !a->s->json; i++) {
		if (!a->rows[i].found)
			continue;
		print_missing(&a->rows[i]);
		if (!sees_token(a, a->rows[i].found))
			printf("%s: directory: a file written to %s here is not seen "
			       "there: it is not shared\n",
			       a->rows[i].node, a->store.path);
	}
}

static void free_all(struct ask *a)
{
	for (size_t i = 0; a->rows && i < a->hosts.count; i++) {
		free(a->rows[i].answer);
		free(a->rows[i].reason);
		json_object_put(a->rows[i].found);
	}
	free(a->rows);
	hosts_free(&a->hosts);
	store_close(&a->store);
	free(a->self);
}

static int ask_and_print(struct ask *a, struct error *e)
{
	if (!a->srun || !a->self)
		return error_set(e, "srun is not in PATH");
	if (find_nodes(a, e) < 0 || make_token(a, e) < 0)
		return -1;
	a->rows = calloc(a->hosts.count, sizeof(*a->rows));
	if (!a->rows)
		return error_sys(e, "nodes");
	if (ask_all(a, e) < 0)
		return -1;
	print_all(a);
	return 0;
}

int doctor_nodes(const struct scheckpoint *s)
{
	const char *path = getenv("PATH");
	cleanup_free char *srun = tool_find(path ? path : "/usr/bin", "srun");
	struct ask a = { .s = s,
			 .srun = srun,
			 .store.fd = -1,
			 .self = file_read_link(AT_FDCWD, "/proc/self/exe") };
	struct error e;
	int rc = ask_and_print(&a, &e);

	remove_token(&a);
	free_all(&a);
	if (rc < 0)
		return complain(&e);
	return a.wrong ? EXIT_FAILED : EXIT_DONE;
}
