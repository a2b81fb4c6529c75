// SPDX-License-Identifier: GPL-2.0-or-later
#include "slurm/mtbf.h"

#include <slurm/slurm.h>
#include <slurm/slurmdb.h>
#include <time.h>

#include "slurm/release.h"

#define PERIOD (365.0 * 24 * 60 * 60) /* seconds that are looked back */

static bool is_failure(const slurmdb_event_rec_t *event)
{
	return (event->state & NODE_STATE_BASE) == NODE_STATE_DOWN &&
	       !(event->state & (NODE_STATE_DRAIN | NODE_STATE_MAINT |
				 NODE_STATE_REBOOT_ISSUED | NODE_STATE_POWERED_DOWN));
}

int mtbf_of_nodes(const char *nodes, double *seconds, struct error *e)
{
	slurmdb_event_cond_t cond = { .cpus_max = NO_VAL,
				      .cpus_min = NO_VAL,
				      .event_type = SLURMDB_EVENT_NODE,
				      .node_list = (char *)nodes,
				      .period_start = time(NULL) - (time_t)PERIOD,
				      .period_end = time(NULL) };
	slurmdb_event_rec_t *event;
	unsigned int failures = 0;
	uint16_t flags = 0;
	void *connection;

	slurm_init(NULL);
	connection = slurmdb_connection_get(&flags);
	if (!connection)
		return error_set(e, "slurmdbd does not answer");
	__auto_type events = slurmdb_events_get(connection, &cond);
	slurmdb_connection_close(&connection);
	if (!events)
		return error_set(e, "slurmdbd does not tell when nodes failed");
	__auto_type each = slurm_list_iterator_create(events);
	while ((event = slurm_list_next(each)))
		failures += is_failure(event);
	slurm_list_iterator_destroy(each);
	slurm_list_destroy(events);
	/* One more than were seen, or none would be taken for never. */
	*seconds = PERIOD / (failures + 1);
	return 0;
}
