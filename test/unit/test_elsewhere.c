// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/elsewhere.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "slurm/estimate.h"
#include "slurm/job.h"
#include "testing.h"

/* A few bytes, which stand for hosts without end. */
static char *many_hosts(void)
{
	char *many = NULL;
	size_t size;
	FILE *out = open_memstream(&many, &size);

	for (int i = 0; i < 20; i++)
		fprintf(out, "%sm[1-60000]", i ? "," : "");
	fclose(out);
	return many;
}

static void clean(const struct node_table *cluster, enum placement_field field,
		  const char *value, bool kept)
{
	struct placement p = { 0 };

	assert_int_equal(placement_put(&p, field, value), 0);
	elsewhere_clean(cluster, &p);
	if (kept)
		assert_string_equal(p.value[field], value);
	else
		assert_null(p.value[field]);
	placement_free(&p);
}

static void what_a_record_asks_for_is_what_slurm_knows(void **state)
{
	struct node_entry nodes[] = {
		{ .name = (char *)"n1", .partitions = (char *)"all,big" },
		{ .name = (char *)"n2", .partitions = (char *)"all" },
	};
	const struct node_table cluster = { .nodes = nodes, .count = 2 };
	cleanup_free char *many = many_hosts();

	(void)state;
	clean(&cluster, PLACEMENT_EXCLUDE, "n[1-2]", true);
	clean(&cluster, PLACEMENT_EXCLUDE, "n[1-3]", false);
	clean(&cluster, PLACEMENT_NODELIST, "n1,n1,n1", false);
	clean(&cluster, PLACEMENT_NODELIST, many, false);
	clean(&cluster, PLACEMENT_NODELIST, "", true);
	clean(&cluster, PLACEMENT_PARTITION, "big,all", true);
	clean(&cluster, PLACEMENT_PARTITION, "huge", false);
	clean(&cluster, PLACEMENT_CONSTRAINT, "a&b|[c*2]", true);
	clean(&cluster, PLACEMENT_CONSTRAINT, "a\nb", false);
}

/* As a site has it that shows no nodes to its users. */
static void of_nodes_that_are_not_shown_sound_lists_are_kept(void **state)
{
	const struct node_table none = { 0 };
	cleanup_free char *many = many_hosts();

	(void)state;
	clean(&none, PLACEMENT_EXCLUDE, "n[1-2]", true);
	clean(&none, PLACEMENT_PARTITION, "all", true);
	clean(&none, PLACEMENT_EXCLUDE, many, false);
}

static void slurm_is_sent_no_list_that_is_too_long(void **state)
{
	cleanup_free char *many = many_hosts();
	const struct job_entry job = { .id = 7 };
	struct estimate estimate;
	struct error e;

	(void)state;
	for (int i = PLACEMENT_NODELIST; i <= PLACEMENT_EXCLUDE; i++) {
		struct placement p = { 0 };

		p.value[i] = many;
		assert_int_equal(job_place(7, &p, 0, &e), -1);
		assert_says(&e, "job 7: a list of its nodes stands for more than");
		assert_int_equal(estimate_start(&job, &p, &estimate, &e), -1);
		assert_says(&e, "a list of its nodes stands for more than");
		assert_int_equal(job_set_nodes(7, p.value[PLACEMENT_NODELIST],
					       p.value[PLACEMENT_EXCLUDE], &e),
				 -1);
		assert_says(&e, "stands for more than");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_record_asks_for_is_what_slurm_knows),
		cmocka_unit_test(of_nodes_that_are_not_shown_sound_lists_are_kept),
		cmocka_unit_test(slurm_is_sent_no_list_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
