// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/srebalance/plan.h"

#include <stdlib.h>
#include <time.h>

#include "slurm/job.h"

/* What the options left open. */
static int complete(struct plan *p, struct error *e)
{
	char *path = conf_path();
	int rc;

	if (!path)
		return error_sys(e, "checkpoint.conf");
	rc = conf_init(&p->conf, e);
	if (rc == 0)
		rc = conf_read(&p->conf, path, e);
	free(path);
	if (rc < 0)
		return -1;
	if (!p->dir)
		p->dir = p->conf.checkpoint_dir;
	if (!p->cluster)
		p->cluster = getenv("SLURM_CLUSTER_NAME");
	if (!p->cluster)
		p->cluster = cluster_name();
	return p->cluster ? 0
			  : error_set(e, "the name of the cluster is not known, since "
					 "slurmctld does not answer");
}

static bool is_partition(const struct node_table *nodes, const char *name)
{
	for (size_t i = 0; i < nodes->count; i++) {
		if (list_has(nodes->nodes[i].partitions, name))
			return true;
	}
	return false;
}

static int check_partitions(const struct plan *p, struct error *e)
{
	if (p->partition && !is_partition(&p->nodes, p->partition))
		return error_set(e, "%s: no node is in such a partition", p->partition);
	for (size_t i = 0; i < p->tier_count; i++) {
		if (!is_partition(&p->nodes, p->tiers[i].partition))
			return error_set(e, "%s: no node is in such a partition",
					 p->tiers[i].partition);
	}
	return 0;
}

/* One request each for jobs, nodes and partitions. */
static int look(struct plan *p, struct error *e)
{
	const struct live_options options = {
		.now = time(NULL),
		.partition = p->partition,
		.tiers = p->tiers,
		.tier_count = p->tier_count,
		.movable = plan_able_at_all,
		.arg = p,
	};

	if (job_table_load(&p->table, e) < 0 || node_table_load(&p->nodes, e) < 0 ||
	    check_partitions(p, e) < 0 || plan_able_init(p, e) < 0)
		return -1;
	return live_fill(&p->live, &p->table, &p->nodes, &options, e);
}

static int print(const struct plan *p, struct error *e)
{
	(p->json ? plan_print_json : plan_print_text)(p, stdout);
	return fflush(stdout) != 0 || ferror(stdout) ? error_sys(e, "standard output")
						     : 0;
}

static void plan_free(struct plan *p)
{
	live_free(&p->live);
	moves_free(&p->moves);
	preempt_plan_free(&p->preempt);
	plan_able_free(p);
	names_free(&p->unable);
	job_table_free(&p->table);
	node_table_free(&p->nodes);
	free(p->tier_text);
	conf_free(&p->conf);
}

int plan_verb(int argc, char **argv)
{
	struct plan p = { .policy = PLAN_DEFRAGMENT, .at_once = 8 };
	struct error e;
	bool end;
	int status = plan_options(&p, argc, argv, &end);

	if (status == EXIT_DONE && !end &&
	    (complete(&p, &e) < 0 || look(&p, &e) < 0 || plan_decide(&p, &e) < 0 ||
	     print(&p, &e) < 0))
		status = complain(&e);
	plan_free(&p);
	return status;
}
