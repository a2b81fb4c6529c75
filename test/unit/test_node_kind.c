// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/node_kind.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/generation.h"
#include "testing.h"

#define OLD "x86_64 fpu sse sse2"
#define NEW "x86_64 fpu sse sse2 avx2"

static void note(const struct folder *folder, const char *node, const char *text)
{
	struct cpu cpu;

	assert_int_equal(cpu_parse(&cpu, text, NULL), 0);
	node_kind_note(folder, node, &cpu, NULL);
}

/* What is said to be unfit if attribute is that of the job's record. */
static void expect_unfit(struct folder *folder, const char *attribute, const char *value,
			 const char *nodes)
{
	cleanup_free char *unfit = NULL;

	assert_int_equal(manifest_set(&folder->record, attribute, "%s", value), 0);
	unfit = node_kind_unfit(folder, NULL);
	assert_string_equal(unfit, nodes);
}

static void expect_lesser(struct folder *folder, const char *used, const char *nodes)
{
	expect_unfit(folder, GENERATION_CPU, used, nodes);
}

static void expect_others(struct folder *folder, const char *libc, const char *nodes)
{
	expect_unfit(folder, RECORD_LIBC, libc, nodes);
}

static void nodes_that_lack_what_a_job_uses_are_known(void **state)
{
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	expect_lesser(&folder, NEW, "");
	note(&folder, "n1", OLD);
	note(&folder, "n2", OLD);
	note(&folder, "n3", NEW);
	expect_lesser(&folder, NEW, "n[1-2]");
	expect_lesser(&folder, OLD, "");
	expect_lesser(&folder, "", "");
	expect_lesser(&folder, "x86_64 nonsense=7", "");
	expect_lesser(&folder, "aarch64 hwcap0", "n[1-3]");
}

static void a_node_that_has_another_cpu_now_is_known_by_that(void **state)
{
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	note(&folder, "n1", OLD);
	note(&folder, "n2", OLD);
	expect_lesser(&folder, NEW, "n[1-2]");
	note(&folder, "n1", NEW);
	note(&folder, "n1", NEW);
	expect_lesser(&folder, NEW, "n2");
}

static void what_is_private_stays_so_and_names_are_names(void **state)
{
	cleanup_folder struct folder folder;
	struct stat st;

	make_folder(*state, 7, &folder);
	note(&folder, "../n1", OLD);
	note(&folder, "features", OLD);
	note(&folder, "", OLD);
	expect_lesser(&folder, NEW, "");
	note(&folder, "n1", OLD);
	assert_int_equal(fstatat(folder.fd, "../cpu", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void what_a_user_puts_there_harms_nobody(void **state)
{
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	note(&folder, "n1", OLD);
	assert_int_equal(mkdirat(folder.fd, "../cpu/empty", 0700), 0);
	assert_int_equal(mkdirat(folder.fd, "../cpu/other", 0700), 0);
	put_file(folder.fd, "../cpu/other/features", "x86_64 =7");
	put_file(folder.fd, "../cpu/other/n9", "");
	assert_int_equal(symlinkat("/etc", folder.fd, "../cpu/link"), 0);
	put_file(folder.fd, "../cpu/file", "");
	expect_lesser(&folder, NEW, "n1");
}

static void a_name_that_is_a_hostlist_is_none(void **state)
{
	static const char *const names[] = { "n[1-60000]", "a,b",  "n]",
					     "n 2",	   "n\n2", "n1;ls" };
	char name[NAME_MAX + 1] = "../cpu/long/";
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	note(&folder, "n1", OLD);
	assert_int_equal(mkdirat(folder.fd, "../cpu/long", 0700), 0);
	put_file(folder.fd, "../cpu/long/features", OLD);
	for (size_t i = 0; i < LENGTH(names); i++) {
		snprintf(name, sizeof(name), "../cpu/long/%s", names[i]);
		put_file(folder.fd, name, "");
		note(&folder, names[i], OLD);
	}
	memset(name + strlen("../cpu/long/"), 'n', 65);
	name[strlen("../cpu/long/") + 65] = '\0';
	put_file(folder.fd, name, "");
	expect_lesser(&folder, NEW, "n1");
}

static void who_knows_the_nodes_is_told_of_no_others(void **state)
{
	struct node_entry nodes[] = { { .name = (char *)"n1" },
				      { .name = (char *)"n3" } };
	const struct node_table cluster = { .nodes = nodes, .count = 2 };
	cleanup_folder struct folder folder;
	cleanup_free char *lesser = NULL;

	make_folder(*state, 7, &folder);
	note(&folder, "n1", OLD);
	note(&folder, "n2", OLD);
	assert_int_equal(mkdirat(folder.fd, "../cpu/again", 0700), 0);
	put_file(folder.fd, "../cpu/again/features", OLD);
	put_file(folder.fd, "../cpu/again/n1", "");
	assert_int_equal(manifest_set(&folder.record, GENERATION_CPU, "%s", NEW), 0);
	lesser = node_kind_unfit(&folder, &cluster);
	assert_string_equal(lesser, "n1");
}

static void nodes_with_another_c_library_are_known(void **state)
{
	cleanup_folder struct folder folder;
	struct cpu cpu;

	make_folder(*state, 7, &folder);
	assert_int_equal(cpu_parse(&cpu, OLD, NULL), 0);
	expect_others(&folder, "aa01", "");
	node_kind_note(&folder, "n1", &cpu, "aa01");
	node_kind_note(&folder, "n2", &cpu, "bb02");
	node_kind_note(&folder, "n3", &cpu, NULL);
	node_kind_note(&folder, "n4", &cpu, "../cc");
	expect_others(&folder, "aa01", "n2");
	expect_others(&folder, "cc03", "n[1-2]");
	expect_others(&folder, "", "");
	expect_others(&folder, "../aa01", "");
	node_kind_note(&folder, "n2", &cpu, "aa01");
	expect_others(&folder, "aa01", "");
}

static void a_node_that_does_for_two_reasons_not_is_told_once(void **state)
{
	cleanup_folder struct folder folder;
	struct cpu cpu;

	make_folder(*state, 7, &folder);
	assert_int_equal(cpu_parse(&cpu, OLD, NULL), 0);
	node_kind_note(&folder, "n2", &cpu, "bb02");
	assert_int_equal(manifest_set(&folder.record, GENERATION_CPU, "%s", NEW), 0);
	expect_others(&folder, "aa01", "n2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(nodes_that_lack_what_a_job_uses_are_known),
		in_place(a_node_that_has_another_cpu_now_is_known_by_that),
		in_place(what_is_private_stays_so_and_names_are_names),
		in_place(what_a_user_puts_there_harms_nobody),
		in_place(a_name_that_is_a_hostlist_is_none),
		in_place(who_knows_the_nodes_is_told_of_no_others),
		in_place(nodes_with_another_c_library_are_known),
		in_place(a_node_that_does_for_two_reasons_not_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
