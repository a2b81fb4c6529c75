// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/output.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "testing.h"

static const struct output_traits appended = { .kind = OUTPUT_APPENDED };
/* Nobody else has been there, and the job has not stopped. */
static const struct output_past alone = { .job = 7 };

static void record_as(struct place *p, struct generation *gen, const char *name,
		      bool content, const struct output_traits *traits)
{
	const char *path = place_path(p, name);
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct error e;

	assert_true(fd >= 0);
	if (output_record(gen, path, fd, content, traits, &e) < 0)
		fail_msg("%s", e.text);
}

static void record(struct place *p, struct generation *gen, const char *name,
		   bool content)
{
	record_as(p, gen, name, content, &appended);
}

static void the_length_of_an_output_is_recorded(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;

	make_generation(p, &folder, &gen);
	put_file(p->fd, "log", "12345");
	put_file(p->fd, "empty", "");
	record(p, &gen, "log", false);
	record(p, &gen, "empty", false);
	assert_int_equal(gen.manifest.noutputs, 2);
	assert_string_equal(gen.manifest.outputs[0].path, place_path(p, "log"));
	assert_int_equal(gen.manifest.outputs[0].length, 5);
	assert_null(gen.manifest.outputs[0].copy);
	assert_int_equal(gen.manifest.outputs[1].length, 0);
	assert_int_equal(gen.manifest.nfiles, 0);
}

static void the_content_of_an_output_is_of_the_generation(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	make_generation(p, &folder, &gen);
	put_file(p->fd, "out", "12345");
	put_file(p->fd, "err", "");
	record(p, &gen, "out", true);
	record(p, &gen, "err", true);
	assert_int_equal(gen.manifest.noutputs, 2);
	for (size_t i = 0; i < 2; i++) {
		const char *copy = gen.manifest.outputs[i].copy;

		assert_non_null(copy);
		assert_content(gen.fd, copy, i ? "" : "12345");
		assert_mode(gen.fd, copy, 0600);
		assert_int_equal(manifest_find_file(&gen.manifest, copy)->size,
				 gen.manifest.outputs[i].length);
	}
	assert_int_equal(generation_verify(&gen, &e), 0);
}

static void one_file_is_known_again_by_whatever_name(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct stat st;

	make_generation(p, &folder, &gen);
	put_file(p->fd, "log", "x");
	put_file(p->fd, "other", "x");
	st = stat_of(p->fd, "log");
	assert_false(output_is_recorded(&gen, &st));
	record(p, &gen, "log", false);
	assert_true(output_is_recorded(&gen, &st));
	assert_int_equal(linkat(p->fd, "log", p->fd, "hard", 0), 0);
	st = stat_of(p->fd, "hard");
	assert_true(output_is_recorded(&gen, &st));
	st = stat_of(p->fd, "other");
	assert_false(output_is_recorded(&gen, &st));
	assert_int_equal(unlinkat(p->fd, "log", 0), 0);
	st = stat_of(p->fd, "hard");
	assert_false(output_is_recorded(&gen, &st));
}

/* What became of a file since it was recorded with "12345". */
struct fate {
	const char *now; /* its content, or NULL: removed */
	bool copied;	 /* recorded with its content */
	bool refused;
};

static const struct fate fates[] = {
	/* those that are refused come first */
	{ "1234", false, true },				    /* shorter */
	{ "", false, true },					    /* truncated */
	{ NULL, false, true },					    /* missing */
	{ "12345", false, false },  { "1234567890", false, false }, /* grown */
	{ "12345", true, false },   { "1234567890", true, false },
	{ "1234", true, false },    { "", true, false },
	{ "XXXXXXX", true, false }, /* another */
	{ NULL, true, false },
};

static void meet(struct place *p, const char *name, const char *now)
{
	if (now)
		put_file(p->fd, name, now);
	else
		assert_int_equal(unlinkat(p->fd, name, 0), 0);
}

static void an_output_is_what_it_was_or_the_generation_is_refused(void **state)
{
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(fates); i++) {
		cleanup_folder struct folder folder;
		cleanup_generation struct generation gen;
		struct error e;

		make_generation(p, &folder, &gen);
		put_file(p->fd, "f", "12345");
		record(p, &gen, "f", fates[i].copied);
		meet(p, "f", fates[i].now);
		assert_int_equal(output_put_back(&gen, &alone, &e),
				 fates[i].refused ? -1 : 0);
		if (!fates[i].refused) {
			assert_content(p->fd, "f", "12345");
			continue;
		}
		assert_says(&e, place_path(p, "f"));
		if (fates[i].now)
			assert_content(p->fd, "f", fates[i].now);
		else
			assert_false(exists(p->fd, "f"));
	}
}

static void what_is_missing_is_made_again_with_its_permissions(void **state)
{
	static const mode_t modes[] = { 0600, 0640, 0755, 0444 | 0200 };
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(modes); i++) {
		cleanup_folder struct folder folder;
		cleanup_generation struct generation gen;
		struct error e;

		make_generation(p, &folder, &gen);
		put_file(p->fd, "f", "12345");
		assert_int_equal(fchmodat(p->fd, "f", modes[i], 0), 0);
		record(p, &gen, "f", true);
		meet(p, "f", NULL);
		assert_int_equal(output_put_back(&gen, &alone, &e), 0);
		assert_content(p->fd, "f", "12345");
		assert_mode(p->fd, "f", modes[i]);
	}
}

static void a_link_of_anothers_in_the_place_of_an_output_is_refused(void **state)
{
	struct place *p = *state;

	needs_root();
	for (int copied = 0; copied < 2; copied++) {
		cleanup_folder struct folder folder;
		cleanup_generation struct generation gen;
		struct error e;

		make_generation(p, &folder, &gen);
		put_file(p->fd, "f", "12345");
		put_file(p->fd, "other", "untouched");
		record(p, &gen, "f", copied);
		meet(p, "f", NULL);
		assert_int_equal(symlinkat("other", p->fd, "f"), 0);
		assert_int_equal(
			fchownat(p->fd, "f", SOMEBODY, SOMEBODY, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(output_put_back(&gen, &alone, &e), -1);
		assert_content(p->fd, "other", "untouched");
		assert_int_equal(lchown(place_path(p, "f"), 0, 0), 0);
		assert_int_equal(output_put_back(&gen, &alone, &e), 0);
		/* It is another file than it was: nothing of it is thrown away. */
		assert_content(p->fd, "other", copied ? "12345" : "untouched");
		assert_int_equal(unlinkat(p->fd, "f", 0), 0);
	}
}

/* What lies in a sticky directory by a name that was free, when the job goes on. */
struct planted {
	uid_t owner;
	mode_t mode;
	const char *text;
	bool linked;
	const char *says; /* NULL: it is taken */
};

static void plant(const struct place *p, const struct planted *c)
{
	assert_int_equal(unlinkat(p->fd, "common/f", 0), 0);
	put_file(p->fd, "common/f", c->text);
	assert_int_equal(fchownat(p->fd, "common/f", c->owner, c->owner, 0), 0);
	assert_int_equal(fchmodat(p->fd, "common/f", c->mode, 0), 0);
	if (c->linked)
		assert_int_equal(linkat(p->fd, "common/f", p->fd, "common/g", 0), 0);
}

static void meet_planted(struct place *p, enum output_kind kind, bool copied,
			 const struct planted *c)
{
	const struct output_traits traits = { .kind = kind };
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	make_generation(p, &folder, &gen);
	put_file(p->fd, "common/f", "12345");
	/* Where its name was free on another node, so was its number. */
	assert_int_equal(linkat(p->fd, "common/f", p->fd, "kept", 0), 0);
	record_as(p, &gen, "common/f", copied, &traits);
	plant(p, c);
	assert_int_equal(output_put_back(&gen, &alone, &e), c->says ? -1 : 0);
	if (c->says) {
		assert_says(&e, c->says);
		assert_content(p->fd, "common/f", c->text);
	} else {
		assert_content(p->fd, "common/f", "12345");
	}
	if (c->says && c->owner)
		assert_int_equal(output_is_there(&gen, &e), -1);
	assert_int_equal(unlinkat(p->fd, "common/f", 0), 0);
	assert_int_equal(unlinkat(p->fd, "kept", 0), 0);
	(void)unlinkat(p->fd, "common/g", 0);
}

static void a_strangers_file_in_a_sticky_directory_is_never_the_jobs(void **state)
{
	static const struct planted outputs[] = {
		{ SOMEBODY, 0666, "12345", false, "may be a stranger's" },
		{ SOMEBODY, 0666, "XXXXXXX", false, "and not to the job's user" },
		{ SOMEBODY, 0644, "XXXXXXX", false, "and not to the job's user" },
		{ 0, 0600, "12345", true, "and has another name as well" },
		{ 0, 0600, "12345", false, NULL },
	}, inputs[] = {
		{ SOMEBODY, 0666, "12345", false, "and not to the job's user" },
		{ SOMEBODY, 0000, "12345", false, "and not to the job's user" },
		{ 0, 0600, "12345", true, "and has another name as well" },
		{ 0, 0600, "XXXXX", false, "its content differs" },
		{ 0, 0600, "1234", false, "its size differs" },
		{ 0, 0600, "12345", false, NULL },
	};
	struct place *p = *state;

	needs_root();
	assert_int_equal(mkdirat(p->fd, "common", 0700), 0);
	assert_int_equal(fchmodat(p->fd, "common", 01777, 0), 0);
	for (size_t i = 0; i < LENGTH(outputs); i++) {
		meet_planted(p, OUTPUT_IN_PLACE, true, &outputs[i]);
		meet_planted(p, OUTPUT_APPENDED, true, &outputs[i]);
		meet_planted(p, OUTPUT_APPENDED, false, &outputs[i]);
	}
	for (size_t i = 0; i < LENGTH(inputs); i++)
		meet_planted(p, OUTPUT_INPUT, true, &inputs[i]);
}

static void where_one_output_is_refused_no_other_is_changed(void **state)
{
	static const char *const names[] = { "log", "out", "gone" };
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(fates) && fates[i].refused; i++) {
		cleanup_folder struct folder folder;
		cleanup_generation struct generation gen;
		struct error e;

		make_generation(p, &folder, &gen);
		for (size_t n = 0; n < LENGTH(names); n++) {
			put_file(p->fd, names[n], "abc");
			record(p, &gen, names[n], n > 0);
		}
		put_file(p->fd, "f", "12345");
		record(p, &gen, "f", false);
		put_file(p->fd, "log", "abc and more");
		put_file(p->fd, "out", "ab");
		assert_int_equal(unlinkat(p->fd, "gone", 0), 0);
		meet(p, "f", fates[i].now);
		assert_int_equal(output_put_back(&gen, &alone, &e), -1);
		assert_content(p->fd, "log", "abc and more");
		assert_content(p->fd, "out", "ab");
		assert_false(exists(p->fd, "gone"));
	}
}

static void what_is_no_regular_file_any_more_is_refused(void **state)
{
	static const bool copied[] = { false, true };
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(copied); i++) {
		cleanup_folder struct folder folder;
		cleanup_generation struct generation gen;
		struct error e;

		make_generation(p, &folder, &gen);
		put_file(p->fd, "f", "");
		record(p, &gen, "f", copied[i]);
		assert_int_equal(unlinkat(p->fd, "f", 0), 0);
		assert_int_equal(mkfifoat(p->fd, "f", 0600), 0);
		assert_int_equal(output_put_back(&gen, &alone, &e), -1);
		assert_says(&e, "is not a regular file any more");
		assert_int_equal(unlinkat(p->fd, "f", 0), 0);
	}
}

/* As a user's job is: what Slurm's own output was, too, is the user's. */
static void what_the_user_may_not_write_is_refused(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	needs_root();
	make_generation(p, &folder, &gen);
	put_file(p->fd, "log", "abc");
	put_file(p->fd, "f", "12345");
	record(p, &gen, "log", false);
	record(p, &gen, "f", false);
	assert_int_equal(fchmod(p->fd, 0755), 0);
	put_file(p->fd, "log", "abc and more");
	assert_int_equal(fchownat(p->fd, "log", SOMEBODY, (gid_t)-1, 0), 0);
	become(SOMEBODY);
	assert_int_equal(output_put_back(&gen, &alone, &e), -1);
	become(0);
	assert_says(&e, "Permission denied");
	assert_content(p->fd, "log", "abc and more");
	assert_content(p->fd, "f", "12345");
}

/* ---- what others may have written ---- */

static bool others_there(void *arg, const char *path, const struct stat *st,
			 const struct output_traits *traits)
{
	(void)arg, (void)path, (void)st, (void)traits;
	return false;
}

static void only_what_the_job_alone_can_have_written_is_cut(void **state)
{
	static const struct {
		struct output_traits traits;
		bool stopped, others, cut;
	} cases[] = {
		{ { OUTPUT_APPENDED, OUTPUT_UNKNOWN, false }, false, false, true },
		{ { OUTPUT_APPENDED, OUTPUT_UNKNOWN, false }, false, true, false },
		{ { OUTPUT_APPENDED, OUTPUT_UNKNOWN, false }, true, false, false },
		{ { OUTPUT_APPENDED, OUTPUT_NAMED, false }, false, true, true },
		{ { OUTPUT_APPENDED, OUTPUT_NAMED, false }, true, true, false },
		{ { OUTPUT_APPENDED, OUTPUT_SHARED, false }, false, false, false },
		{ { OUTPUT_SEQUEL, OUTPUT_UNKNOWN, false }, false, true, true },
		{ { OUTPUT_SEQUEL, OUTPUT_UNKNOWN, false }, true, true, false },
		{ { OUTPUT_LEFT, OUTPUT_UNKNOWN, false }, false, false, false },
		{ { OUTPUT_IN_PLACE, OUTPUT_UNKNOWN, false }, true, false, false },
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_folder struct folder folder;
		cleanup_generation struct generation gen;
		const struct output_past past = { .stopped = cases[i].stopped,
						  .is_alone = cases[i].others
								      ? others_there
								      : NULL };
		struct error e;

		make_generation(p, &folder, &gen);
		put_file(p->fd, "f", "12345");
		record_as(p, &gen, "f", false, &cases[i].traits);
		put_file(p->fd, "f", "1234567890");
		assert_int_equal(output_put_back(&gen, &past, &e), 0);
		assert_content(p->fd, "f", cases[i].cut ? "12345" : "1234567890");
	}
}

static void our_lines_and_Slurms_are_cut_in_any_case(void **state)
{
	static const struct {
		const char *behind;
		bool cut;
	} cases[] = {
		{ "slurm-checkpoint: job 7: it is held\n", true },
		{ "slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT x ***\n", true },
		{ "[2026-11-29T17:48:14.502] error: *** JOB 7 ON n1 CANCELLED AT x ***\n",
		  true },
		{ "slurmstepd-n1: error: *** JOB 7 ON n1 CANCELLED AT x ***\n", true },
		{ "slurm-checkpoint: job 7: a\nslurmstepd: error: Detected 1 oom_kill "
		  "event in StepId=7.batch\n",
		  true },
		{ "slurm-checkpoint: job 8: it is held\n", false },
		{ "slurmstepd: error: *** JOB 77 ON n1 CANCELLED AT x ***\n", false },
		{ "slurm-checkpoint: job 7: it is held\n6\n", false },
		{ "slurm-checkpoint: job 7: cut", false },
		{ "6\n", false },
	};
	static const struct output_past past = { .stopped = true, .job = 7 };
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_folder struct folder folder;
		cleanup_generation struct generation gen;
		cleanup_free char *all = str_printf("12345%s", cases[i].behind);
		struct error e;

		make_generation(p, &folder, &gen);
		put_file(p->fd, "f", "12345");
		record(p, &gen, "f", false);
		put_file(p->fd, "f", all);
		assert_int_equal(output_put_back(&gen, &past, &e), 0);
		assert_content(p->fd, "f", cases[i].cut ? "12345" : all);
	}
}

static void what_others_changed_since_the_job_stopped_is_not_put_back(void **state)
{
	static const struct output_traits in_place = { .kind = OUTPUT_IN_PLACE };
	static const struct output_past stopped = { .stopped = true };
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	make_generation(p, &folder, &gen);
	put_file(p->fd, "f", "12345");
	record_as(p, &gen, "f", true, &in_place);
	put_file(p->fd, "f", "12x456");
	assert_int_equal(output_put_back(&gen, &stopped, &e), 0);
	assert_content(p->fd, "f", "12x456");
	put_file(p->fd, "f", "12");
	assert_int_equal(output_put_back(&gen, &stopped, &e), 0);
	assert_content(p->fd, "f", "12345");
	put_file(p->fd, "f", "12x456");
	put_file(p->fd, "f-journal", "stale");
	assert_int_equal(output_put_back(&gen, &alone, &e), 0);
	assert_content(p->fd, "f", "12345");
	assert_false(exists(p->fd, "f-journal"));
}

/* "f" is renamed, and another is made in its place, in a later second. */
static void rotate(struct place *p, struct generation *gen, const char *name)
{
	assert_int_equal(
		manifest_set(&gen->manifest, "time", "%lld", (long long)time(NULL) - 2),
		0);
	assert_int_equal(renameat(p->fd, "f", p->fd, name), 0);
	put_file(p->fd, "f", "new lines");
}

static bool has_birth_times(struct place *p)
{
	struct statx st;

	put_file(p->fd, "born", "");
	return statx(p->fd, "born", 0, STATX_BTIME, &st) == 0 &&
	       (st.stx_mask & STATX_BTIME);
}

static void a_rotation_is_undone_where_the_job_alone_can_have_done_it(void **state)
{
	struct place *p = *state;

	if (!has_birth_times(p))
		skip();
	for (int stopped = 0; stopped < 2; stopped++) {
		cleanup_folder struct folder folder;
		cleanup_generation struct generation gen;
		const struct output_past past = { .stopped = stopped };
		struct error e;

		make_generation(p, &folder, &gen);
		put_file(p->fd, "f", "12345");
		record(p, &gen, "f", false);
		rotate(p, &gen, "f.2");
		put_file(p->fd, "f.1", "between");
		put_file(p->fd, "f.kept", "a user's");
		if (stopped) {
			assert_int_equal(output_put_back(&gen, &past, &e), -1);
			assert_says(&e, "/f.2 now; give that its name back");
			assert_content(p->fd, "f", "new lines");
			assert_content(p->fd, "f.2", "12345");
			assert_content(p->fd, "f.1", "between");
			continue;
		}
		assert_int_equal(output_put_back(&gen, &past, &e), 0);
		assert_content(p->fd, "f", "12345");
		assert_false(exists(p->fd, "f.1"));
		assert_false(exists(p->fd, "f.2"));
		assert_content(p->fd, "f.kept", "a user's");
	}
}

static void another_file_in_its_place_is_told(void **state)
{
	static const struct output_past others = { .is_alone = others_there };
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct error e;

	make_generation(p, &folder, &gen);
	put_file(p->fd, "f", "12345");
	record(p, &gen, "f", false);
	rotate(p, &gen, "f.1");
	assert_int_equal(output_put_back(&gen, &others, &e), -1);
	assert_says(&e, "is another file than the job was writing, which is");
	assert_says(&e, "/f.1 now");
	assert_content(p->fd, "f", "new lines");
	assert_int_equal(unlinkat(p->fd, "f", 0), 0);
	assert_int_equal(
		output_put_back(&gen, &(struct output_past){ .stopped = true }, &e), -1);
	assert_says(&e, "/f was renamed, and is");
	assert_int_equal(unlinkat(p->fd, "f.1", 0), 0);
	put_file(p->fd, "f", "another");
	assert_int_equal(output_put_back(&gen, &alone, &e), 0);
	assert_content(p->fd, "f", "another");
	put_file(p->fd, "f", "a");
	assert_int_equal(output_put_back(&gen, &alone, &e), -1);
	assert_says(&e, "which is gone, and is shorter");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(the_length_of_an_output_is_recorded),
		in_place(the_content_of_an_output_is_of_the_generation),
		in_place(one_file_is_known_again_by_whatever_name),
		in_place(an_output_is_what_it_was_or_the_generation_is_refused),
		in_place(what_is_missing_is_made_again_with_its_permissions),
		in_place(a_link_of_anothers_in_the_place_of_an_output_is_refused),
		in_place(a_strangers_file_in_a_sticky_directory_is_never_the_jobs),
		in_place(where_one_output_is_refused_no_other_is_changed),
		in_place(what_is_no_regular_file_any_more_is_refused),
		in_place(what_the_user_may_not_write_is_refused),
		in_place(only_what_the_job_alone_can_have_written_is_cut),
		in_place(our_lines_and_Slurms_are_cut_in_any_case),
		in_place(what_others_changed_since_the_job_stopped_is_not_put_back),
		in_place(a_rotation_is_undone_where_the_job_alone_can_have_done_it),
		in_place(another_file_in_its_place_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
