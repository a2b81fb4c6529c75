// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/generation.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "testing.h"

/* A folder below the test's place, of a job's first run. */
static void open_folder(struct place *p, struct folder *folder)
{
	struct error e;

	make_folder(p, 7, folder);
	assert_int_equal(manifest_set(&folder->record, "restart", "0"), 0);
	assert_int_equal(folder_save(folder, &e), 0);
}

static void begin(struct folder *folder, struct generation *gen)
{
	begin_generation(folder, gen);
	add_file(gen, "pages-1.img", "the pages", 9);
	add_file(gen, "empty.img", "", 0);
	assert_int_equal(manifest_set(&gen->manifest, "job", "7"), 0);
}

static void commit_one(struct folder *folder)
{
	cleanup_generation struct generation gen;

	begin(folder, &gen);
	commit_generation(folder, &gen);
}

/* The committed generations are just these, newest first, as "3 2 1". */
static void assert_listed(const struct folder *folder, const char *want)
{
	cleanup_free unsigned int *numbers = NULL;
	cleanup_free char *got = strdup("");
	struct error e;
	size_t count;

	assert_int_equal(generation_list(folder, &numbers, &count, &e), 0);
	for (size_t i = 0; i < count; i++) {
		char *longer = str_printf("%s%s%u", got, i ? " " : "", numbers[i]);

		free(got);
		got = longer;
	}
	assert_string_equal(got, want);
}

static void a_committed_generation_is_whole(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	open_folder(p, &folder);
	commit_one(&folder);
	assert_listed(&folder, "1");
	assert_int_equal(generation_open(&gen, &folder, 1, &e), 0);
	assert_int_equal(gen.number, 1);
	assert_string_equal(manifest_get(&gen.manifest, "job"), "7");
	assert_int_equal(gen.manifest.nfiles, 2);
	assert_int_equal(generation_verify(&gen, &e), 0);
	assert_content(gen.fd, "pages-1.img", "the pages");
}

static void only_the_user_can_read_a_generation(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	umask(0);
	open_folder(p, &folder);
	begin(&folder, &gen);
	assert_mode(folder.fd, "1.tmp", 0700);
	assert_int_equal(generation_commit(&gen, &folder, &e), 0);
	assert_mode(folder.fd, "1", 0700);
	assert_mode(folder.fd, "1/" GENERATION_MANIFEST, 0600);
	assert_mode(folder.fd, "1/pages-1.img", 0600);
}

static void a_file_of_a_generation_is_made_once(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	open_folder(p, &folder);
	begin(&folder, &gen);
	assert_int_equal(generation_create(&gen, "pages-1.img", &e), -1);
	assert_says(&e, "pages-1.img: File exists");
	put_file(p->fd, "target", "untouched");
	assert_int_equal(symlinkat(place_path(p, "target"), gen.fd, "link.img"), 0);
	assert_int_equal(generation_create(&gen, "link.img", &e), -1);
	assert_int_equal(generation_create(&gen, "dangling/x.img", &e), -1);
	assert_int_equal(generation_create(&gen, "..", &e), -1);
	assert_content(p->fd, "target", "untouched");
}

static void what_is_not_committed_is_never_listed_and_cleaned_away(void **state)
{
	static const char *const leftovers[] = { "3.tmp", "2.old", "12.tmp",
						 "4294967295.old" };
	static const char *const others[] = { "tmp", "script",	  "job.tmp", "0",
					      "03",  "5.new",	  "5.tmp2",  "x5",
					      "-5",  "4294967296" };
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	open_folder(p, &folder);
	commit_one(&folder);
	for (size_t i = 0; i < LENGTH(leftovers); i++) {
		assert_int_equal(mkdirat(folder.fd, leftovers[i], 0700), 0);
		cleanup_free char *name = str_printf("%s/manifest", leftovers[i]);

		put_file(folder.fd, name, "x");
	}
	for (size_t i = 0; i < LENGTH(others); i++)
		assert_int_equal(mkdirat(folder.fd, others[i], 0700), 0);
	assert_listed(&folder, "1");
	assert_int_equal(generation_clean(&folder, &e), 0);
	assert_listed(&folder, "1");
	for (size_t i = 0; i < LENGTH(leftovers); i++)
		assert_false(exists(folder.fd, leftovers[i]));
	for (size_t i = 0; i < LENGTH(others); i++)
		assert_true(exists(folder.fd, others[i]));
	assert_true(exists(folder.fd, FOLDER_RECORD));
}

/* Whatever a number stood for, it never stands for something else. */
static void a_number_is_used_once(void **state)
{
	static const struct {
		const char *there;
		unsigned int next;
	} cases[] = {
		{ "tmp", 1 },	{ "1", 2 },   { "3.old", 4 },
		{ "7.tmp", 8 }, { "20", 21 }, { "9", 21 },
	};
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	open_folder(p, &folder);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_generation struct generation gen;
		cleanup_free char *tmp = str_printf("%u.tmp", cases[i].next);

		assert_int_equal(mkdirat(folder.fd, cases[i].there, 0700), 0);
		assert_int_equal(generation_begin(&gen, &folder, &e), 0);
		assert_int_equal(gen.number, cases[i].next);
		assert_int_equal(unlinkat(folder.fd, tmp, AT_REMOVEDIR), 0);
	}
}

static void just_the_newest_are_kept(void **state)
{
	static const struct {
		unsigned int keep;
		const char *left;
	} cases[] = {
		{ 99, "12 11 10 9 8 7 6 5 4 3 2 1" },
		{ 12, "12 11 10 9 8 7 6 5 4 3 2 1" },
		{ 11, "12 11 10 9 8 7 6 5 4 3 2" },
		{ 3, "12 11 10" },
		{ 3, "12 11 10" },
		{ 1, "12" },
	};
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	open_folder(p, &folder);
	for (int i = 0; i < 12; i++)
		commit_one(&folder);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		assert_int_equal(mkdirat(folder.fd, "13.tmp", 0700), 0);
		assert_int_equal(mkdirat(folder.fd, "2.old", 0700), 0);
		assert_int_equal(generation_retire(&folder, cases[i].keep, &e), 0);
		assert_listed(&folder, cases[i].left);
		assert_false(exists(folder.fd, "13.tmp"));
		assert_false(exists(folder.fd, "2.old"));
	}
}

/* ---- damage ---- */

enum { NO_OFFSET = -1 };

/* Flip a bit in a byte, or cut to a length, or else remove. */
static void damage(int dirfd, const char *name, off_t flip, off_t cut)
{
	cleanup_close int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC);

	if (flip >= 0)
		flip_bit(dirfd, name, flip);
	else if (cut >= 0)
		assert_int_equal(ftruncate(fd, cut), 0);
	else
		assert_int_equal(unlinkat(dirfd, name, 0), 0);
}

static void a_damaged_generation_is_refused(void **state)
{
	static const struct {
		const char *file;
		off_t flip; /* byte in which a bit is flipped */
		off_t cut;  /* length that is left */
		bool opens; /* and is refused when it is verified */
		const char *why;
	} cases[] = {
		{ "pages-1.img", 0, NO_OFFSET, true,
		  "pages-1.img: its content has changed" },
		{ "pages-1.img", 8, NO_OFFSET, true,
		  "pages-1.img: its content has changed" },
		{ "pages-1.img", NO_OFFSET, 8, true, "has 8 bytes instead of 9" },
		{ "pages-1.img", NO_OFFSET, 0, true, "has 0 bytes instead of 9" },
		{ "pages-1.img", NO_OFFSET, 10, true, "has 10 bytes instead of 9" },
		{ "empty.img", NO_OFFSET, 1, true, "has 1 bytes instead of 0" },
		{ "pages-1.img", NO_OFFSET, NO_OFFSET, true,
		  "pages-1.img: No such file" },
		{ "empty.img", NO_OFFSET, NO_OFFSET, true, "empty.img: No such file" },
		{ GENERATION_MANIFEST, 30, NO_OFFSET, false, "manifest is damaged" },
		{ GENERATION_MANIFEST, NO_OFFSET, 60, false, "manifest is damaged" },
		{ GENERATION_MANIFEST, NO_OFFSET, 0, false, "manifest is damaged" },
		{ GENERATION_MANIFEST, NO_OFFSET, NO_OFFSET, false,
		  "manifest: No such file" },
	};
	struct place *p = *state;
	cleanup_folder struct folder folder;

	open_folder(p, &folder);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_free char *name = str_printf("%zu/%s", i + 1, cases[i].file);
		cleanup_free char *number = str_printf("generation %zu", i + 1);
		cleanup_generation struct generation gen;
		struct error e;
		int rc;

		commit_one(&folder);
		damage(folder.fd, name, cases[i].flip, cases[i].cut);
		rc = generation_open(&gen, &folder, (unsigned int)i + 1, &e);
		assert_int_equal(rc, cases[i].opens ? 0 : -1);
		if (rc == 0)
			assert_int_equal(generation_verify(&gen, &e), -1);
		assert_says(&e, cases[i].why);
		assert_says(&e, number);
	}
}

static void a_file_replaced_by_something_else_is_refused(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	open_folder(p, &folder);
	commit_one(&folder);
	put_file(p->fd, "same", "the pages");
	assert_int_equal(generation_open(&gen, &folder, 1, &e), 0);
	assert_int_equal(unlinkat(gen.fd, "pages-1.img", 0), 0);
	assert_int_equal(symlinkat(place_path(p, "same"), gen.fd, "pages-1.img"), 0);
	assert_int_equal(generation_verify(&gen, &e), -1);
	assert_int_equal(unlinkat(gen.fd, "pages-1.img", 0), 0);
	assert_int_equal(mkdirat(gen.fd, "pages-1.img", 0700), 0);
	assert_int_equal(generation_verify(&gen, &e), -1);
	assert_int_equal(unlinkat(gen.fd, "pages-1.img", AT_REMOVEDIR), 0);
	assert_int_equal(mkfifoat(gen.fd, "pages-1.img", 0600), 0);
	assert_int_equal(generation_verify(&gen, &e), -1);
}

static void only_a_directory_of_that_number_is_a_generation(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	open_folder(p, &folder);
	commit_one(&folder);
	assert_int_equal(symlinkat("1", folder.fd, "2"), 0);
	put_file(folder.fd, "3", "");
	for (unsigned int n = 2; n <= 4; n++) {
		cleanup_generation struct generation gen;

		assert_int_equal(generation_open(&gen, &folder, n, &e), -1);
		assert_says(&e, "generation ");
	}
}

/* ---- committing ---- */

static void save_restart(struct place *p, const char *restart)
{
	cleanup_folder struct folder theirs;
	struct error e;

	assert_int_equal(folder_make(&theirs, p->path, "u", "c", 7, &e), 0);
	assert_int_equal(manifest_set(&theirs.record, "restart", "%s", restart), 0);
	assert_int_equal(folder_save(&theirs, &e), 0);
}

static void a_job_restarted_elsewhere_commits_nothing_here(void **state)
{
	static const struct {
		const char *ours, *theirs;
		int rc;
	} cases[] = {
		{ "0", "1", -1 }, { "9", "10", -1 }, { "0", "4294967295", -1 },
		{ "0", "0", 0 },  { "3", "3", 0 },   { "4", "3", 0 },
	};
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	open_folder(p, &folder);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_generation struct generation gen;
		cleanup_free char *name = NULL;

		assert_int_equal(
			manifest_set(&folder.record, "restart", "%s", cases[i].ours), 0);
		begin(&folder, &gen);
		name = str_printf("%u", gen.number);
		save_restart(p, cases[i].theirs);
		assert_int_equal(generation_commit(&gen, &folder, &e), cases[i].rc);
		assert_int_equal(exists(folder.fd, name), cases[i].rc == 0);
		if (cases[i].rc < 0)
			assert_says(&e, "the job has been restarted elsewhere");
	}
}

static void set_job(struct folder *folder, const char *job)
{
	if (job)
		assert_int_equal(manifest_set(&folder->record, RECORD_JOB, "%s", job), 0);
}

/* Which has adopted the folder: its count of restarts begins again. */
static void a_job_that_goes_on_as_another_commits_nothing_any_more(void **state)
{
	static const struct {
		const char *ours, *theirs;
		int rc;
	} cases[] = {
		{ "7", "8", -1 }, { "8", "7", -1 }, { "7", "77", -1 },
		{ "7", "7", 0 },  { NULL, "7", 0 }, { "7", NULL, 0 },
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_folder struct folder folder;
		cleanup_folder struct folder theirs = { .fd = -1 };
		cleanup_generation struct generation gen;
		struct error e;

		make_folder(p, (unsigned int)i + 1, &folder);
		make_folder(p, (unsigned int)i + 1, &theirs);
		set_job(&folder, cases[i].ours);
		set_job(&theirs, cases[i].theirs);
		assert_int_equal(folder_save(&theirs, &e), 0);
		begin(&folder, &gen);
		assert_int_equal(generation_commit(&gen, &folder, &e), cases[i].rc);
		assert_listed(&folder, cases[i].rc < 0 ? "" : "1");
		if (cases[i].rc < 0)
			assert_says(&e, "the job has been restarted elsewhere");
	}
}

static void nothing_is_committed_by_a_record_that_cannot_be_read(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	open_folder(p, &folder);
	begin(&folder, &gen);
	put_file(folder.fd, FOLDER_RECORD, "damaged");
	put_file(folder.fd, FOLDER_RECORD_COPY, "damaged");
	assert_int_equal(generation_commit(&gen, &folder, &e), -1);
	assert_listed(&folder, "");
}

static void nothing_is_committed_that_is_not_there(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	open_folder(p, &folder);
	begin(&folder, &gen);
	assert_int_equal(unlinkat(gen.fd, "pages-1.img", 0), 0);
	assert_int_equal(generation_commit(&gen, &folder, &e), -1);
	assert_says(&e, "1.tmp: pages-1.img: No such file");
	assert_listed(&folder, "");
}

static void a_generation_cleaned_away_meanwhile_is_not_committed(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	open_folder(p, &folder);
	begin(&folder, &gen);
	assert_int_equal(generation_clean(&folder, &e), 0);
	assert_int_equal(generation_commit(&gen, &folder, &e), -1);
	assert_listed(&folder, "");
}

static void a_committed_generation_is_never_replaced(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	open_folder(p, &folder);
	begin(&folder, &gen);
	assert_int_equal(mkdirat(folder.fd, "1", 0700), 0);
	put_file(folder.fd, "1/manifest", "another's");
	assert_int_equal(generation_commit(&gen, &folder, &e), -1);
	assert_content(folder.fd, "1/manifest", "another's");
}

/* ---- sizes ---- */

static uint64_t beside(const struct folder *folder)
{
	uint64_t bytes = 99;
	struct error e;

	if (generation_bytes_beside(folder, &bytes, &e) < 0)
		fail_msg("%s", e.text);
	return bytes;
}

static void all_generations_of_all_jobs_beside_are_counted(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder seven;
	cleanup_folder struct folder eight;

	make_folder(p, 7, &seven);
	assert_true(beside(&seven) == 0);
	commit_bytes(&seven, 1);
	commit_bytes(&seven, 20);
	assert_true(beside(&seven) == 21);
	make_folder(p, 8, &eight);
	assert_true(beside(&eight) == 21);
	commit_bytes(&eight, 300);
	commit_bytes(&eight, 1ull << 40);
	assert_true(beside(&seven) == (1ull << 40) + 321);
	assert_true(beside(&eight) == (1ull << 40) + 321);
}

/* What was set aside takes room; what two names lead to takes it once. */
static void what_was_set_aside_counts_and_what_is_linked_counts_once(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_folder struct folder adopted;
	struct error e;

	make_folder(p, 7, &folder);
	commit_bytes(&folder, 1);
	assert_int_equal(folder_set_aside(&folder, &e), 0);
	assert_true(beside(&folder) == 1);
	commit_bytes(&folder, 20);
	assert_int_equal(folder_adopt(p->path, "u", "c", 7, 8, &e), 0);
	make_folder(p, 8, &adopted);
	assert_true(beside(&adopted) == 21);
}

static void what_is_no_whole_generation_does_not_count(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;

	make_folder(p, 7, &folder);
	for (int i = 0; i < 3; i++)
		commit_bytes(&folder, 10);
	flip_bit(folder.fd, "1/" GENERATION_MANIFEST, 30);
	begin(&folder, &gen);
	put_file(p->fd, "c/9", "no folder");
	assert_int_equal(mkdirat(p->fd, "c/.hidden", 0700), 0);
	assert_int_equal(mkfifoat(p->fd, "c/10", 0600), 0);
	assert_true(beside(&folder) == 20);
}

static void what_is_half_written_is_counted_as_it_grows(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;

	make_folder(p, 7, &folder);
	assert_true(generation_bytes_half_written(&folder) == 0);
	commit_bytes(&folder, 1000);
	put_file(folder.fd, FOLDER_SCRIPT, "1234567890");
	assert_int_equal(mkdirat(folder.fd, "9.old", 0700), 0);
	put_file(folder.fd, "9.old/pages-1.img", "12345");
	assert_true(generation_bytes_half_written(&folder) == 0);
	begin_generation(&folder, &gen);
	put_file(gen.fd, "pages-1.img", "12345");
	assert_true(generation_bytes_half_written(&folder) == 5);
	put_file(gen.fd, "pages-1.img", "12345678");
	put_file(gen.fd, "core-1.img", "12");
	assert_int_equal(mkdirat(gen.fd, "dir", 0700), 0);
	assert_int_equal(symlinkat("pages-1.img", gen.fd, "link"), 0);
	assert_true(generation_bytes_half_written(&folder) == 10);
	commit_generation(&folder, &gen);
	assert_true(generation_bytes_half_written(&folder) == 0);
}

static void root_looks_at_so_many_generations(void **state)
{
	cleanup_folder struct folder folder;
	unsigned int *numbers;
	struct error e;
	size_t count;

	needs_root();
	make_folder(*state, 7, &folder);
	for (unsigned int i = 1; i <= 2001; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(mkdirat(folder.fd, name, 0700), 0);
		if (i != 2000)
			continue;
		assert_int_equal(generation_list(&folder, &numbers, &count, &e), 0);
		assert_int_equal(count, 2000);
		free(numbers);
	}
	assert_int_equal(generation_list(&folder, &numbers, &count, &e), -1);
	assert_says(&e, "is left alone, since it has more than 2000 generations");
}

static void what_is_no_directory_is_no_generation(void **state)
{
	cleanup_folder struct folder folder;
	struct generation gen;
	unsigned int *numbers;
	struct error e;
	size_t count;

	make_folder(*state, 7, &folder);
	assert_int_equal(mkdirat(folder.fd, "1", 0700), 0);
	put_file(folder.fd, "2", "");
	put_file(folder.fd, "4.tmp", "");
	assert_int_equal(symlinkat("1", folder.fd, "3"), 0);
	assert_int_equal(generation_list(&folder, &numbers, &count, &e), 0);
	assert_int_equal(count, 1);
	assert_int_equal(numbers[0], 1);
	free(numbers);
	assert_int_equal(generation_begin(&gen, &folder, &e), 0);
	assert_int_equal(gen.number, 5);
	generation_close(&gen);
}

static void it_is_known_on_which_node_it_was_saved(void **state)
{
	struct generation gen = { .fd = -1 };

	(void)state;
	assert_false(generation_is_elsewhere(&gen, "n1"));
	assert_int_equal(manifest_set(&gen.manifest, "node", "n1"), 0);
	assert_false(generation_is_elsewhere(&gen, "n1"));
	assert_false(generation_is_elsewhere(&gen, NULL));
	assert_true(generation_is_elsewhere(&gen, "n2"));
	generation_close(&gen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_committed_generation_is_whole),
		in_place(root_looks_at_so_many_generations),
		in_place(what_is_no_directory_is_no_generation),
		in_place(only_the_user_can_read_a_generation),
		in_place(a_file_of_a_generation_is_made_once),
		in_place(what_is_not_committed_is_never_listed_and_cleaned_away),
		in_place(a_number_is_used_once),
		in_place(just_the_newest_are_kept),
		in_place(a_damaged_generation_is_refused),
		in_place(a_file_replaced_by_something_else_is_refused),
		in_place(only_a_directory_of_that_number_is_a_generation),
		in_place(a_job_restarted_elsewhere_commits_nothing_here),
		in_place(a_job_that_goes_on_as_another_commits_nothing_any_more),
		in_place(nothing_is_committed_by_a_record_that_cannot_be_read),
		in_place(nothing_is_committed_that_is_not_there),
		in_place(a_generation_cleaned_away_meanwhile_is_not_committed),
		in_place(a_committed_generation_is_never_replaced),
		in_place(all_generations_of_all_jobs_beside_are_counted),
		in_place(what_was_set_aside_counts_and_what_is_linked_counts_once),
		in_place(what_is_no_whole_generation_does_not_count),
		in_place(what_is_half_written_is_counted_as_it_grows),
		in_place(it_is_known_on_which_node_it_was_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
