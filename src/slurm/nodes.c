// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/nodes.h"

#include <errno.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slurm/quiet.h"
#include "slurm/release.h"

#define NOT_UP                                                                           \
	(NODE_STATE_DRAIN | NODE_STATE_FAIL | NODE_STATE_NO_RESPOND | NODE_STATE_MAINT | \
	 NODE_STATE_POWERED_DOWN | NODE_STATE_POWERING_DOWN |                            \
	 NODE_STATE_REBOOT_REQUESTED | NODE_STATE_REBOOT_ISSUED)

static bool runs_jobs(uint32_t base)
{
	return base == NODE_STATE_IDLE || base == NODE_STATE_ALLOCATED ||
	       base == NODE_STATE_MIXED;
}

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

static int fill_entry(struct node_entry *node, const node_info_t *info)
{
	uint32_t state = info->node_state, base = state & NODE_STATE_BASE;

	*node = (struct node_entry){
		.name = copy(info->name),
		.takes_jobs = runs_jobs(base) && !(state & NOT_UP),
		.drain = state & NODE_STATE_DRAIN,
		.down = base == NODE_STATE_DOWN || state & NODE_STATE_NO_RESPOND,
		.busy = base == NODE_STATE_ALLOCATED || base == NODE_STATE_MIXED ||
			state & NODE_STATE_COMPLETING,
		.rebooting =
			state & (NODE_STATE_REBOOT_REQUESTED | NODE_STATE_REBOOT_ISSUED),
		.booted = info->boot_time,
		.cpus = info->cpus_efctv ? info->cpus_efctv : info->cpus,
		.memory = info->real_memory - info->mem_spec_limit,
		.features =
			copy(info->features_act ? info->features_act : info->features),
		.partitions = copy(info->partitions),
		.reason = copy(info->reason),
	};
	return node->name && node->features && node->partitions && node->reason ? 0 : -1;
}

static int by_name(const void *a, const void *b)
{
	const struct node_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void drop_nodes(struct node_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->nodes[i].name);
		free(table->nodes[i].features);
		free(table->nodes[i].partitions);
		free(table->nodes[i].reason);
	}
	free(table->nodes);
	table->nodes = NULL;
	table->count = 0;
}

static int fill(struct node_table *table, const node_info_msg_t *msg, struct error *e)
{
	drop_nodes(table);
	table->nodes = calloc(msg->record_count + 1, sizeof(*table->nodes));
	if (!table->nodes)
		return error_sys(e, "nodes");
	for (uint32_t i = 0; i < msg->record_count; i++) {
		/* A place that was left by a node that is gone has no name. */
		if (!msg->node_array[i].name || !*msg->node_array[i].name)
			continue;
		if (fill_entry(&table->nodes[table->count++], &msg->node_array[i]) < 0)
			return error_sys(e, "nodes");
	}
	qsort(table->nodes, table->count, sizeof(*table->nodes), by_name);
	table->updated = msg->last_update;
	return 0;
}

static int load(struct node_table *table, node_info_msg_t **msg)
{
	partition_info_msg_t *partitions = table->partitions;

	if (!partitions && slurm_load_partitions(0, &partitions, SHOW_ALL) != 0)
		return -1;
	table->partitions = partitions;
	if (slurm_load_node(table->updated, msg, SHOW_ALL) != SLURM_SUCCESS)
		return -1;
	slurm_populate_node_partitions(*msg, partitions);
	return 0;
}

static int cannot_read(int error, struct error *e)
{
	bool hidden = error == ESLURM_ACCESS_DENIED;

	error_set(e, "cannot read the nodes: %s%s", slurm_strerror(error),
		  hidden ? " (PrivateData=nodes)" : "");
	errno = hidden ? EACCES : EIO;
	return -1;
}

int node_table_load(struct node_table *table, struct error *e)
{
	node_info_msg_t *msg = NULL;
	int saved, rc;

	slurm_init(NULL);
	saved = quiet_begin();
	rc = load(table, &msg);
	quiet_end(saved);
	if (rc < 0)
		return errno == SLURM_NO_CHANGE_IN_DATA ? 0 : cannot_read(errno, e);
	rc = fill(table, msg, e);
	slurm_free_node_info_msg(msg);
	return rc;
}

const struct node_entry *node_table_find(const struct node_table *table, const char *name)
{
	const struct node_entry key = { .name = (char *)name };

	return table->count ? bsearch(&key, table->nodes, table->count,
				      sizeof(*table->nodes), by_name)
			    : NULL;
}

void node_table_free(struct node_table *table)
{
	drop_nodes(table);
	if (table->partitions)
		slurm_free_partition_info_msg(table->partitions);
	*table = (struct node_table){ 0 };
}

static int update(const char *nodes, uint32_t state, const char *reason)
{
	update_node_msg_t msg;
	int saved, rc;

	slurm_init(NULL);
	slurm_init_update_node_msg(&msg);
	msg.node_names = (char *)nodes;
	msg.node_state = state;
	msg.reason = (char *)reason;
	node_set_asker(&msg, getuid());
	saved = quiet_begin();
	rc = slurm_update_node(&msg);
	quiet_end(saved);
	return rc;
}

int nodes_drain(const char *nodes, const char *reason, struct error *e)
{
	if (update(nodes, NODE_STATE_DRAIN, reason) == SLURM_SUCCESS)
		return 0;
	return error_set(e, "cannot drain %s: %s", nodes, slurm_strerror(errno));
}

int nodes_resume(const char *nodes, struct error *e)
{
	if (update(nodes, NODE_RESUME, NULL) == SLURM_SUCCESS)
		return 0;
	return error_set(e, "cannot resume %s: %s", nodes, slurm_strerror(errno));
}

bool list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list) {
		size_t n = strcspn(list, ",");

		if (n == length && !memcmp(list, word, n))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}
