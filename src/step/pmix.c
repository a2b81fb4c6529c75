// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/pmix.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pmix.h>
#include <pmix_server.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define LIBRARY "libpmix.so.2"

/* The job's own /dev/shm goes with it, unlike /tmp, and always: TMPDIR may not. */
#define SESSION_DIR "/dev/shm/.srun-pmix-XXXXXX"

/* ---- the library ---- */

#define FUNCTIONS(F)                   \
	F(PMIx_Error_string)           \
	F(PMIx_server_init)            \
	F(PMIx_server_finalize)        \
	F(PMIx_server_register_nspace) \
	F(PMIx_server_register_client) \
	F(PMIx_server_setup_fork)      \
	F(PMIx_generate_regex)         \
	F(PMIx_generate_ppn)           \
	F(PMIx_Info_list_start)        \
	F(PMIx_Info_list_add)          \
	F(PMIx_Info_list_convert)      \
	F(PMIx_Info_list_release)      \
	F(PMIx_Data_array_destruct)

#define DECLARE(name) __typeof__(&name) name;

static struct {
	void *handle;
	FUNCTIONS(DECLARE)
} lib;

static int find(void *function, const char *name, struct error *e)
{
	void *found = dlsym(lib.handle, name);

	if (!found)
		return error_set(e, LIBRARY " has no %s", name);
	memcpy(function, &found, sizeof(found));
	return 0;
}

#define FIND(name)                         \
	if (find(&lib.name, #name, e) < 0) \
		return -1;

int pmix_load(struct error *e)
{
	lib.handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!lib.handle)
		return error_set(e, "%s", dlerror());
	FUNCTIONS(FIND)
	return 0;
}

static int check(pmix_status_t rc, const char *what, struct error *e)
{
	if (rc == PMIX_SUCCESS || rc == PMIX_OPERATION_SUCCEEDED)
		return 0;
	return error_set(e, "PMIx: %s: %s", what, lib.PMIx_Error_string(rc));
}

/* ---- what the library asks of us, in its thread ---- */

static struct {
	pmix_nspace_t name;
	char dir[sizeof(SESSION_DIR)];
	int aborts[2]; /* a pipe */
	atomic_long connected;
	bool runs;
} server = { .aborts = { -1, -1 } };

/* (It does not call back where we say that it is done.) */
static pmix_status_t connected(const pmix_proc_t *proc, void *object, pmix_info_t info[],
			       size_t ninfo, pmix_op_cbfunc_t done, void *arg)
{
	atomic_fetch_add(&server.connected, 1);
	return PMIX_OPERATION_SUCCEEDED;
}

static pmix_status_t finalized(const pmix_proc_t *proc, void *object,
			       pmix_op_cbfunc_t done, void *arg)
{
	return PMIX_OPERATION_SUCCEEDED;
}

static pmix_status_t aborted(const pmix_proc_t *proc, void *object, int status,
			     const char message[], pmix_proc_t procs[], size_t nprocs,
			     pmix_op_cbfunc_t done, void *arg)
{
	(void)!write(server.aborts[1], "", 1);
	return PMIX_OPERATION_SUCCEEDED;
}

/* All that take part are of this node: they get what they have put. */
static pmix_status_t fence(const pmix_proc_t procs[], size_t nprocs,
			   const pmix_info_t info[], size_t ninfo, char *data,
			   size_t ndata, pmix_modex_cbfunc_t done, void *arg)
{
	done(PMIX_SUCCESS, data, ndata, arg, NULL, NULL);
	return PMIX_SUCCESS;
}

/* What a task of another node has put: there is none. */
static pmix_status_t direct_modex(const pmix_proc_t *proc, const pmix_info_t info[],
				  size_t ninfo, pmix_modex_cbfunc_t done, void *arg)
{
	return PMIX_ERR_NOT_FOUND;
}

static pmix_status_t spawn(const pmix_proc_t *proc, const pmix_info_t info[],
			   size_t ninfo, const pmix_app_t apps[], size_t napps,
			   pmix_spawn_cbfunc_t done, void *arg)
{
	return PMIX_ERR_NOT_SUPPORTED;
}

static pmix_status_t meet(const pmix_proc_t procs[], size_t nprocs,
			  const pmix_info_t info[], size_t ninfo, pmix_op_cbfunc_t done,
			  void *arg)
{
	return PMIX_OPERATION_SUCCEEDED;
}

static pmix_status_t register_events(pmix_status_t *codes, size_t ncodes,
				     const pmix_info_t info[], size_t ninfo,
				     pmix_op_cbfunc_t done, void *arg)
{
	return PMIX_OPERATION_SUCCEEDED;
}

static pmix_status_t deregister_events(pmix_status_t *codes, size_t ncodes,
				       pmix_op_cbfunc_t done, void *arg)
{
	return PMIX_OPERATION_SUCCEEDED;
}

static void free_answer(void *arg)
{
	pmix_data_array_t *answer = arg;

	lib.PMIx_Data_array_destruct(answer);
	free(answer);
}

static bool is_true(const pmix_info_t *info)
{
	return info->value.type == PMIX_UNDEF ||
	       (info->value.type == PMIX_BOOL && info->value.data.flag);
}

/* What tasks of MPI 4 ask for that make a communicator of a group: a number of its own. */
static bool wants_number(const pmix_info_t info[], size_t ninfo)
{
	for (size_t i = 0; i < ninfo; i++) {
		if (!strncmp(info[i].key, PMIX_GROUP_ASSIGN_CONTEXT_ID,
			     sizeof(info[i].key)) &&
		    is_true(&info[i]))
			return true;
	}
	return false;
}

static pmix_status_t answer_group(void *list, const pmix_proc_t procs[], size_t nprocs,
				  bool numbered)
{
	static size_t next = 1;
	pmix_data_array_t members = { .type = PMIX_PROC,
				      .size = nprocs,
				      .array = (void *)(uintptr_t)procs };
	pmix_status_t rc = lib.PMIx_Info_list_add(list, PMIX_GROUP_MEMBERSHIP, &members,
						  PMIX_DATA_ARRAY);

	if (rc == PMIX_SUCCESS && numbered)
		rc = lib.PMIx_Info_list_add(list, PMIX_GROUP_CONTEXT_ID, &next,
					    PMIX_SIZE);
	next += numbered;
	return rc;
}

static pmix_status_t group(pmix_group_operation_t operation, char *name,
			   const pmix_proc_t procs[], size_t nprocs,
			   const pmix_info_t info[], size_t ninfo,
			   pmix_info_cbfunc_t done, void *arg)
{
	pmix_data_array_t *answer = calloc(1, sizeof(*answer));
	void *list = lib.PMIx_Info_list_start();
	pmix_status_t rc = PMIX_ERR_NOMEM;

	if (answer && list)
		rc = answer_group(list, procs, nprocs, wants_number(info, ninfo));
	if (rc == PMIX_SUCCESS)
		rc = lib.PMIx_Info_list_convert(list, answer);
	if (list)
		lib.PMIx_Info_list_release(list);
	if (rc != PMIX_SUCCESS) {
		free(answer);
		return rc;
	}
	done(PMIX_SUCCESS, answer->array, answer->size, arg, free_answer, answer);
	return PMIX_SUCCESS;
}

/* With room behind it: a later library copies more members, which are to be zero. */
static union {
	pmix_server_module_t functions;
	void *room[256];
} module = {
	.functions = {
		.client_finalized = finalized,
		.abort = aborted,
		.fence_nb = fence,
		.direct_modex = direct_modex,
		.spawn = spawn,
		.connect = meet,
		.disconnect = meet,
		.register_events = register_events,
		.deregister_events = deregister_events,
		.group = group,
		.client_connected2 = connected,
	},
};

/* ---- what the library does when it can: we wait for it ---- */

struct operation {
	pthread_mutex_t lock;
	pthread_cond_t is_done;
	bool done;
	pmix_status_t status;
};

#define OPERATION                                                                      \
	{                                                                              \
		.lock = PTHREAD_MUTEX_INITIALIZER, .is_done = PTHREAD_COND_INITIALIZER \
	}

static void operation_done(pmix_status_t status, void *arg)
{
	struct operation *operation = arg;

	pthread_mutex_lock(&operation->lock);
	operation->status = status;
	operation->done = true;
	pthread_cond_signal(&operation->is_done);
	pthread_mutex_unlock(&operation->lock);
}

/* rc is what the call has returned: if all is well it will call back. */
static pmix_status_t operation_wait(struct operation *operation, pmix_status_t rc)
{
	if (rc != PMIX_SUCCESS)
		return rc;
	pthread_mutex_lock(&operation->lock);
	while (!operation->done)
		pthread_cond_wait(&operation->is_done, &operation->lock);
	pthread_mutex_unlock(&operation->lock);
	return operation->status;
}

/* ---- what it is told ---- */

/* A list to be made; the first failure stays, and is of the item that is named. */
struct list {
	void *items;
	pmix_status_t rc;
	const char *failed;
};

static struct list list_start(void)
{
	void *items = lib.PMIx_Info_list_start();

	return (struct list){ .items = items,
			      .rc = items ? PMIX_SUCCESS : PMIX_ERR_NOMEM,
			      .failed = "list" };
}

static void add(struct list *list, const char *key, const void *value,
		pmix_data_type_t type)
{
	if (list->rc != PMIX_SUCCESS)
		return;
	list->rc = lib.PMIx_Info_list_add(list->items, key, value, type);
	list->failed = key;
}

static void add_u32(struct list *list, const char *key, long value)
{
	uint32_t number = (uint32_t)value;

	add(list, key, &number, PMIX_UINT32);
}

static void add_u16(struct list *list, const char *key, long value)
{
	uint16_t number = (uint16_t)value;

	add(list, key, &number, PMIX_UINT16);
}

static void add_rank(struct list *list, const char *key, long value)
{
	pmix_rank_t rank = (pmix_rank_t)value;

	add(list, key, &rank, PMIX_PROC_RANK);
}

static void add_flag(struct list *list, const char *key, bool value)
{
	add(list, key, &value, PMIX_BOOL);
}

static void add_text(struct list *list, const char *key, const char *value)
{
	add(list, key, value, PMIX_STRING);
}

/* The list as an array, and its end. */
static int list_convert(struct list *list, pmix_data_array_t *array, struct error *e)
{
	*array = (pmix_data_array_t){ 0 };
	if (list->rc == PMIX_SUCCESS) {
		list->failed = "list";
		list->rc = lib.PMIx_Info_list_convert(list->items, array);
	}
	if (list->items)
		lib.PMIx_Info_list_release(list->items);
	return check(list->rc, list->failed, e);
}

/* What is known of one task, as an item of the list. */
static void add_task(struct list *list, const struct pmix_step *step, long task)
{
	struct list items = list_start();
	pmix_data_array_t array;

	add_rank(&items, PMIX_RANK, task);
	add_u32(&items, PMIX_APPNUM, 0);
	add_rank(&items, PMIX_GLOBAL_RANK, task);
	add_rank(&items, PMIX_APP_RANK, task);
	add_u16(&items, PMIX_LOCAL_RANK, task);
	add_u16(&items, PMIX_NODE_RANK, task);
	add_u32(&items, PMIX_NODEID, 0);
	add_text(&items, PMIX_HOSTNAME, step->node);
	add_u32(&items, PMIX_REINCARNATION, 0);
	if (list_convert(&items, &array, NULL) < 0)
		list->rc = items.rc;
	add(list, PMIX_PROC_INFO_ARRAY, &array, PMIX_DATA_ARRAY);
	lib.PMIx_Data_array_destruct(&array);
}

static void add_sizes(struct list *list, const struct pmix_step *step)
{
	static const char *const all_tasks[] = { PMIX_UNIV_SIZE, PMIX_JOB_SIZE,
						 PMIX_MAX_PROCS, PMIX_LOCAL_SIZE,
						 PMIX_NODE_SIZE, PMIX_APP_SIZE };

	for (size_t i = 0; i < sizeof(all_tasks) / sizeof(all_tasks[0]); i++)
		add_u32(list, all_tasks[i], step->ntasks);
	add_u32(list, PMIX_JOB_NUM_APPS, 1);
	add_u32(list, PMIX_NUM_NODES, 1);
	add_rank(list, PMIX_NPROC_OFFSET, 0);
	add_rank(list, PMIX_LOCALLDR, 0);
	add_rank(list, PMIX_APPLDR, 0);
}

/* Which tasks are on which node, for all that are on this one. */
static void add_maps(struct list *list, const struct pmix_step *step, const char *tasks)
{
	cleanup_free char *nodes = NULL, *per_node = NULL;

	if (list->rc == PMIX_SUCCESS)
		list->rc = lib.PMIx_generate_regex(step->node, &nodes);
	if (list->rc == PMIX_SUCCESS)
		list->rc = lib.PMIx_generate_ppn(tasks, &per_node);
	add(list, PMIX_NODE_MAP, nodes, PMIX_REGEX);
	add(list, PMIX_PROC_MAP, per_node, PMIX_REGEX);
	add_text(list, PMIX_LOCAL_PEERS, tasks);
	add_text(list, PMIX_MAPBY, "slot");
	add_text(list, PMIX_RANKBY, "slot");
	add_text(list, PMIX_BINDTO, "none");
}

/* "0,1,2": all tasks. Owned by the caller. */
static char *list_tasks(long ntasks)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (long i = 0; out && i < ntasks; i++)
		fprintf(out, "%s%ld", i ? "," : "", i);
	if (out && fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int register_step(const struct pmix_step *step, struct error *e)
{
	cleanup_free char *tasks = list_tasks(step->ntasks);
	struct operation operation = OPERATION;
	struct list list = list_start();
	pmix_data_array_t array;
	pmix_status_t rc;

	if (!tasks)
		list.rc = PMIX_ERR_NOMEM;
	add_text(&list, PMIX_JOBID, step->name);
	add_text(&list, PMIX_TMPDIR, server.dir);
	add_text(&list, PMIX_NSDIR, server.dir);
	add_flag(&list, PMIX_TDIR_RMCLEAN, true);
	add_sizes(&list, step);
	add_maps(&list, step, tasks);
	for (long i = 0; i < step->ntasks; i++)
		add_task(&list, step, i);
	if (list_convert(&list, &array, e) < 0)
		return -1;
	rc = operation_wait(&operation,
			    lib.PMIx_server_register_nspace(
				    server.name, (int)step->ntasks, array.array,
				    array.size, operation_done, &operation));
	lib.PMIx_Data_array_destruct(&array);
	return check(rc, "PMIx_server_register_nspace", e);
}

static int init(const struct pmix_step *step, struct error *e)
{
	struct list list = list_start();
	pmix_data_array_t array;
	pmix_status_t rc;

	add_text(&list, PMIX_SERVER_NSPACE, "srun");
	add_rank(&list, PMIX_SERVER_RANK, 0);
	add_text(&list, PMIX_SERVER_TMPDIR, server.dir);
	add_text(&list, PMIX_SYSTEM_TMPDIR, server.dir);
	add_text(&list, PMIX_HOSTNAME, step->node);
	add_flag(&list, PMIX_SERVER_TOOL_SUPPORT, false);
	add_flag(&list, PMIX_SERVER_SYSTEM_SUPPORT, false);
	if (list_convert(&list, &array, e) < 0)
		return -1;
	rc = lib.PMIx_server_init(&module.functions, array.array, array.size);
	lib.PMIx_Data_array_destruct(&array);
	server.runs = rc == PMIX_SUCCESS;
	return check(rc, "PMIx_server_init", e);
}

/* ---- its begin and end ---- */

int pmix_start(const struct pmix_step *step, struct error *e)
{
	snprintf(server.name, sizeof(server.name), "slurm.pmix.%s", step->name);
	strcpy(server.dir, SESSION_DIR);
	if (pipe2(server.aborts, O_CLOEXEC) < 0)
		return error_sys(e, "PMIx: a pipe");
	if (!mkdtemp(server.dir)) {
		*server.dir = '\0';
		return error_sys(e, "PMIx: " SESSION_DIR);
	}
	if (init(step, e) < 0)
		return -1;
	return register_step(step, e);
}

char **pmix_add_task(long task, struct error *e)
{
	struct operation operation = OPERATION;
	char **environment = calloc(1, sizeof(*environment));
	pmix_proc_t proc = { .rank = (pmix_rank_t)task };
	pmix_status_t rc;

	memcpy(proc.nspace, server.name, sizeof(proc.nspace));
	rc = operation_wait(&operation, lib.PMIx_server_register_client(
						&proc, geteuid(), getegid(), NULL,
						operation_done, &operation));
	if (check(rc, "PMIx_server_register_client", e) < 0) {
		free(environment);
		return NULL;
	}
	rc = environment ? lib.PMIx_server_setup_fork(&proc, &environment)
			 : PMIX_ERR_NOMEM;
	return check(rc, "PMIx_server_setup_fork", e) < 0 ? NULL : environment;
}

int pmix_descriptor(void)
{
	return server.aborts[0];
}

long pmix_connected(void)
{
	return atomic_load(&server.connected);
}

void pmix_stop(void)
{
	if (server.runs)
		(void)lib.PMIx_server_finalize();
	server.runs = false;
	if (*server.dir)
		(void)file_remove_tree(AT_FDCWD, server.dir, NULL);
}
