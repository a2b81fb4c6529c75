// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/pmi.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "step/pmi_line.h"
#include "step/pmi_message.h"
#include "step/pmi_store.h"

#define THREAD_MAX 24 /* bytes of the number by which a client tells its threads apart */

struct client {
	struct pmi_line line;
	bool is_known; /* it has said which protocol it speaks */
	bool in_barrier, aborts;
	int spawns;  /* PMI-1: of how many programs that are to be spawned one is told, */
	int spawn;   /* and which it is */
	char *wants; /* PMI-2: what it waits for that a task of the node is to put */
	/* the thread that asks, and those that wait: as they stand in the answer */
	char thread[THREAD_MAX + 10], barrier_thread[THREAD_MAX + 10],
		wants_thread[THREAD_MAX + 10];
};

struct pmi {
	long ntasks;
	char *name;
	struct pmi_store job, node;
	struct client *clients;
};

typedef void (*answer_fn)(struct pmi *pmi, struct client *client,
			  const struct pmi_message *m);

static void reply(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void reply(struct client *client, const char *format, ...)
{
	cleanup_free char *pairs = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&pairs, format, args) < 0)
		pairs = NULL;
	va_end(args);
	pmi_line_put(&client->line, pairs);
}

/* ---- of both ---- */

static void leave_barrier(struct client *client)
{
	client->in_barrier = false;
	if (client->line.wire == PMI_WIRE_2)
		reply(client, "cmd=kvs-fence-response;%src=0;", client->barrier_thread);
	else
		reply(client, "cmd=barrier_out rc=0");
}

static void enter_barrier(struct pmi *pmi, struct client *client,
			  const struct pmi_message *m)
{
	(void)m;
	client->in_barrier = true;
	memcpy(client->barrier_thread, client->thread, sizeof(client->thread));
	for (long i = 0; i < pmi->ntasks; i++) {
		if (!pmi->clients[i].in_barrier)
			return;
	}
	for (long i = 0; i < pmi->ntasks; i++)
		leave_barrier(&pmi->clients[i]);
}

static void abort_step(struct pmi *pmi, struct client *client,
		       const struct pmi_message *m)
{
	const char *world = pmi_message_get(m, "isworld");

	(void)pmi;
	client->aborts = !world || strcmp(world, "FALSE") != 0;
}

/* ---- PMI-1 ---- */

static void begin(struct pmi *pmi, struct client *client, const struct pmi_message *m)
{
	int version = pmi_message_number(m, "pmi_version", 0);
	bool is_known = version == PMI_WIRE_1 || version == PMI_WIRE_2;

	(void)pmi;
	reply(client, "cmd=response_to_init pmi_version=%d pmi_subversion=%d rc=%d",
	      version == PMI_WIRE_1 ? 1 : 2, version == PMI_WIRE_1 ? 1 : 0,
	      is_known ? 0 : -1);
	client->is_known = client->is_known || is_known;
	if (version == PMI_WIRE_2)
		client->line.wire = PMI_WIRE_2;
}

static void tell_maxima(struct pmi *pmi, struct client *client,
			const struct pmi_message *m)
{
	(void)pmi;
	(void)m;
	reply(client, "cmd=maxes rc=0 kvsname_max=256 keylen_max=256 vallen_max=4096");
}

static void tell_appnum(struct pmi *pmi, struct client *client,
			const struct pmi_message *m)
{
	(void)pmi;
	(void)m;
	reply(client, "cmd=appnum rc=0 appnum=0");
}

static void tell_name(struct pmi *pmi, struct client *client, const struct pmi_message *m)
{
	(void)m;
	reply(client, "cmd=my_kvsname rc=0 kvsname=%s", pmi->name);
}

static void tell_universe(struct pmi *pmi, struct client *client,
			  const struct pmi_message *m)
{
	(void)m;
	reply(client, "cmd=universe_size rc=0 size=%ld", pmi->ntasks);
}

static int put(struct pmi_store *store, const struct pmi_message *m)
{
	const char *key = pmi_message_get(m, "key"), *value = pmi_message_get(m, "value");

	return key && value ? pmi_store_put(store, key, value) : -1;
}

static void put_line(struct pmi *pmi, struct client *client, const struct pmi_message *m)
{
	reply(client, "cmd=put_result rc=%d", put(&pmi->job, m));
}

static void get_line(struct pmi *pmi, struct client *client, const struct pmi_message *m)
{
	const char *key = pmi_message_get(m, "key");
	const char *value = key ? pmi_store_get(&pmi->job, key) : NULL;

	if (value)
		reply(client, "cmd=get_result rc=0 value=%s", value);
	else
		reply(client, "cmd=get_result rc=-1 msg=key_not_found");
}

static void end_line(struct pmi *pmi, struct client *client, const struct pmi_message *m)
{
	(void)pmi;
	(void)m;
	reply(client, "cmd=finalize_ack rc=0");
}

static void refuse_publish(struct pmi *pmi, struct client *client,
			   const struct pmi_message *m)
{
	(void)pmi;
	(void)m;
	reply(client, "cmd=publish_result rc=-1 info=fail msg=unsupported");
}

static void refuse_unpublish(struct pmi *pmi, struct client *client,
			     const struct pmi_message *m)
{
	(void)pmi;
	(void)m;
	reply(client, "cmd=unpublish_result rc=-1 info=fail msg=unsupported");
}

static void refuse_lookup(struct pmi *pmi, struct client *client,
			  const struct pmi_message *m)
{
	(void)pmi;
	(void)m;
	reply(client, "cmd=lookup_result rc=-1 info=fail msg=unsupported");
}

/*
 * A spawn is a line "mcmd=spawn", others with one pair each, and "endcmd", for each
 * program. Only the last of them is answered.
 */
static void hear_spawn(struct client *client, const struct pmi_message *m)
{
	client->spawns = pmi_message_number(m, "totspawns", client->spawns);
	client->spawn = pmi_message_number(m, "spawnssofar", client->spawn);
	if (pmi_message_get(m, "endcmd") && client->spawn >= client->spawns)
		reply(client, "cmd=spawn_result rc=-1 msg=unsupported");
}

/* ---- PMI-2 ---- */

static void give(struct client *client, const char *command, const char *value)
{
	cleanup_free char *text = value ? pmi_message_quote(value) : NULL;

	if (text)
		reply(client, "cmd=%s-response;%src=0;found=TRUE;value=%s;", command,
		      client->thread, text);
	else
		reply(client, "cmd=%s-response;%src=0;found=FALSE;", command,
		      client->thread);
}

static void begin_fully(struct pmi *pmi, struct client *client,
			const struct pmi_message *m)
{
	(void)m;
	reply(client,
	      "cmd=fullinit-response;%src=0;pmi-version=2;pmi-subversion=0;rank=%ld;"
	      "size=%ld;appnum=0;debugged=FALSE;pmiverbose=FALSE;pmijobid=%s;",
	      client->thread, (long)(client - pmi->clients), pmi->ntasks, pmi->name);
}

static void tell_job(struct pmi *pmi, struct client *client, const struct pmi_message *m)
{
	(void)m;
	reply(client, "cmd=job-getid-response;%src=0;jobid=%s;", client->thread,
	      pmi->name);
}

static void get_of_job(struct pmi *pmi, struct client *client,
		       const struct pmi_message *m)
{
	const char *key = pmi_message_get(m, "key");
	cleanup_free char *universe = str_printf("%ld", pmi->ntasks);

	give(client, "info-getjobattr",
	     !key			    ? NULL
	     : !strcmp(key, "universeSize") ? universe
					    : pmi_store_get(&pmi->job, key));
}

/* Whoever waits for what has come gets it. */
static void wake(struct pmi *pmi)
{
	for (long i = 0; i < pmi->ntasks; i++) {
		struct client *client = &pmi->clients[i];
		const char *value =
			client->wants ? pmi_store_get(&pmi->node, client->wants) : NULL;

		if (!value)
			continue;
		free(client->wants);
		client->wants = NULL;
		memcpy(client->thread, client->wants_thread, sizeof(client->thread));
		give(client, "info-getnodeattr", value);
	}
}

static void put_of_node(struct pmi *pmi, struct client *client,
			const struct pmi_message *m)
{
	reply(client, "cmd=info-putnodeattr-response;%src=%d;", client->thread,
	      put(&pmi->node, m));
	wake(pmi);
}

static bool waits(const struct pmi_message *m)
{
	const char *wait = pmi_message_get(m, "wait");

	return wait && strcmp(wait, "TRUE") == 0;
}

static void get_of_node(struct pmi *pmi, struct client *client,
			const struct pmi_message *m)
{
	const char *key = pmi_message_get(m, "key");
	const char *value = key ? pmi_store_get(&pmi->node, key) : NULL;

	if (value || !key || !waits(m)) {
		give(client, "info-getnodeattr", value);
		return;
	}
	free(client->wants);
	client->wants = strdup(key);
	memcpy(client->wants_thread, client->thread, sizeof(client->thread));
	if (!client->wants)
		pmi_line_hang_up(&client->line);
}

static void put_pair(struct pmi *pmi, struct client *client, const struct pmi_message *m)
{
	reply(client, "cmd=kvs-put-response;%src=%d;", client->thread, put(&pmi->job, m));
}

static void get_pair(struct pmi *pmi, struct client *client, const struct pmi_message *m)
{
	const char *key = pmi_message_get(m, "key");

	give(client, "kvs-get", key ? pmi_store_get(&pmi->job, key) : NULL);
}

static void end_pairs(struct pmi *pmi, struct client *client, const struct pmi_message *m)
{
	(void)pmi;
	(void)m;
	reply(client, "cmd=finalize-response;%src=0;", client->thread);
}

/* ---- which is which ---- */

static const struct command {
	enum pmi_wire wire;
	const char *name;
	answer_fn answer;
} commands[] = {
	{ PMI_WIRE_1, "init", begin },
	{ PMI_WIRE_1, "get_maxes", tell_maxima },
	{ PMI_WIRE_1, "get_appnum", tell_appnum },
	{ PMI_WIRE_1, "get_my_kvsname", tell_name },
	{ PMI_WIRE_1, "get_universe_size", tell_universe },
	{ PMI_WIRE_1, "put", put_line },
	{ PMI_WIRE_1, "get", get_line },
	{ PMI_WIRE_1, "barrier_in", enter_barrier },
	{ PMI_WIRE_1, "finalize", end_line },
	{ PMI_WIRE_1, "abort", abort_step },
	{ PMI_WIRE_1, "publish_name", refuse_publish },
	{ PMI_WIRE_1, "unpublish_name", refuse_unpublish },
	{ PMI_WIRE_1, "lookup_name", refuse_lookup },
	{ PMI_WIRE_2, "fullinit", begin_fully },
	{ PMI_WIRE_2, "job-getid", tell_job },
	{ PMI_WIRE_2, "info-getjobattr", get_of_job },
	{ PMI_WIRE_2, "info-putnodeattr", put_of_node },
	{ PMI_WIRE_2, "info-getnodeattr", get_of_node },
	{ PMI_WIRE_2, "kvs-put", put_pair },
	{ PMI_WIRE_2, "kvs-get", get_pair },
	{ PMI_WIRE_2, "kvs-fence", enter_barrier },
	{ PMI_WIRE_2, "finalize", end_pairs },
	{ PMI_WIRE_2, "abort", abort_step },
};

static answer_fn find_answer(enum pmi_wire wire, const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].wire == wire && !strcmp(commands[i].name, name))
			return commands[i].answer;
	}
	return NULL;
}

/* Spawns, names, connections with other jobs, and what nobody knows. */
static void refuse(struct client *client, const char *name)
{
	if (client->line.wire == PMI_WIRE_2)
		reply(client, "cmd=%.64s-response;%src=1;errmsg=unsupported;", name,
		      client->thread);
	else
		reply(client, "cmd=%.64s_result rc=-1 msg=unsupported", name);
}

/* It goes back with the answer as it came. */
static void note_thread(struct client *client, const struct pmi_message *m)
{
	const char *thread = pmi_message_get(m, "thrid");

	client->thread[0] = '\0';
	if (thread && strlen(thread) <= THREAD_MAX && !strchr(thread, ';'))
		snprintf(client->thread, sizeof(client->thread), "thrid=%s;", thread);
}

static void answer(struct pmi *pmi, struct client *client, const struct pmi_message *m)
{
	const char *name = pmi_message_get(m, "cmd");
	answer_fn known = name ? find_answer(client->line.wire, name) : NULL;

	if (client->line.wire == PMI_WIRE_2)
		note_thread(client, m);
	if (known)
		known(pmi, client, m);
	else if (name)
		refuse(client, name);
	else if (client->line.wire == PMI_WIRE_1)
		hear_spawn(client, m);
}

/* ---- the lines of all ---- */

static void serve(struct pmi *pmi, struct client *client)
{
	struct pmi_message m;
	char *text;

	pmi_line_serve(&client->line);
	while ((text = pmi_line_take(&client->line, &m))) {
		answer(pmi, client, &m);
		free(text);
	}
}

nfds_t pmi_wait_for(const struct pmi *pmi, struct pollfd *fds)
{
	nfds_t n = 0;

	for (long i = 0; i < pmi->ntasks; i++) {
		if (pmi_line_wait_for(&pmi->clients[i].line, &fds[n]))
			n++;
	}
	return n;
}

bool pmi_serve(struct pmi *pmi, const struct pollfd *fds, nfds_t count)
{
	nfds_t n = 0;
	bool aborts = false;

	for (long i = 0; i < pmi->ntasks && n < count; i++) {
		struct client *client = &pmi->clients[i];

		/* One that was hung up on meanwhile keeps the rest until the next turn. */
		if (client->line.fd != fds[n].fd)
			continue;
		if (fds[n++].revents)
			serve(pmi, client);
		aborts = aborts || client->aborts;
		client->aborts = false;
	}
	return !aborts;
}

/* ---- its begin and end ---- */

/* Which tasks are on which node: from node 0 on, one, with all of them. */
static int put_mapping(struct pmi *pmi)
{
	cleanup_free char *mapping = str_printf("(vector,(0,1,%ld))", pmi->ntasks);

	return mapping ? pmi_store_put(&pmi->job, "PMI_process_mapping", mapping) : -1;
}

struct pmi *pmi_open(long ntasks, const char *name)
{
	struct pmi *pmi = calloc(1, sizeof(*pmi));
	int rc = 0;

	if (!pmi)
		return NULL;
	pmi->name = strdup(name);
	pmi->clients = calloc((size_t)ntasks, sizeof(*pmi->clients));
	pmi->ntasks = pmi->clients ? ntasks : 0;
	for (long i = 0; i < pmi->ntasks; i++) {
		if (pmi_line_open(&pmi->clients[i].line) < 0)
			rc = -1;
	}
	if (rc == 0 && pmi->name && pmi->clients && put_mapping(pmi) == 0)
		return pmi;
	pmi_close(pmi);
	return NULL;
}

static int set_number(const char *name, long number)
{
	cleanup_free char *value = str_printf("%ld", number);

	return value ? setenv(name, value, 1) : -1;
}

int pmi_be_task(const struct pmi *pmi, long task)
{
	int fd = pmi->clients[task].line.task_fd;

	if (fcntl(fd, F_SETFD, 0) < 0 || set_number("PMI_FD", fd) < 0 ||
	    set_number("PMI_RANK", task) < 0 || set_number("PMI_SIZE", pmi->ntasks) < 0)
		return -1;
	return setenv("PMI_JOBID", pmi->name, 1);
}

void pmi_started(struct pmi *pmi)
{
	for (long i = 0; i < pmi->ntasks; i++) {
		close(pmi->clients[i].line.task_fd);
		pmi->clients[i].line.task_fd = -1;
	}
}

long pmi_connected(const struct pmi *pmi)
{
	long count = 0;

	for (long i = 0; i < pmi->ntasks; i++)
		count += pmi->clients[i].is_known;
	return count;
}

void pmi_close(struct pmi *pmi)
{
	if (!pmi)
		return;
	for (long i = 0; i < pmi->ntasks; i++) {
		pmi_line_close(&pmi->clients[i].line);
		free(pmi->clients[i].wants);
	}
	pmi_store_free(&pmi->job);
	pmi_store_free(&pmi->node);
	free(pmi->clients);
	free(pmi->name);
	free(pmi);
}
