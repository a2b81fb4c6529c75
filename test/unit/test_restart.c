// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/restart.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "testing.h"

/* ---- an engine that does nothing, and remembers ---- */

static unsigned int restored; /* number of the generation, or 0 */
static unsigned int tries;
static bool fits;     /* the node is one that the engine works on */
static bool restores; /* and it can restore there */

static int fake_probe(const struct engine_job *job, struct error *e)
{
	(void)job;
	return fits ? 0 : error_set(e, "the engine is not there");
}

static struct engine_run *fake_restore(const struct engine_job *job,
				       const struct generation *gen, struct error *e)
{
	(void)job;
	tries++;
	if (!restores) {
		error_set(e, "it does not go");
		return NULL;
	}
	restored = gen->number;
	return (struct engine_run *)&restored;
}

static const struct engine fake = {
	.name = "fake", .mounts = true, .probe = fake_probe, .restore = fake_restore
};

const struct engine *__wrap_engine_find(const char *name);
const struct engine *__wrap_engine_find(const char *name)
{
	return strcmp(name, "fake") ? NULL : &fake;
}

/* ---- a folder with generations ---- */

static void add_generation(struct folder *folder, const char *engine)
{
	cleanup_generation struct generation gen;

	begin_generation(folder, &gen);
	add_file(&gen, "image", "content", 7);
	assert_int_equal(manifest_set(&gen.manifest, "engine", "%s", engine), 0);
	commit_generation(folder, &gen);
}

static enum restart_outcome restart_in(struct place *p, struct folder *folder,
				       struct restarted *restarted, struct error *e)
{
	cleanup_close int never = eventfd(0, EFD_CLOEXEC);
	struct engine_job job = { .folder = folder,
				  .local[MOUNT_TMPDIR] = { place_path(p, "source"),
							   place_path(p, "tmp") },
				  .cancel_fd = never };

	memset(e, 0, sizeof(*e));
	return restart(&job, 0, restarted, e);
}

static void begin(struct place *p, struct folder *folder, int generations)
{
	restored = tries = 0;
	fits = restores = true;
	make_folder(p, 7, folder);
	for (int i = 0; i < generations; i++)
		add_generation(folder, "fake");
}

/* ---- tests ---- */

static void without_generations_there_is_nothing_to_restore(void **state)
{
	cleanup_folder struct folder folder;
	struct restarted restarted;
	struct error e;

	begin(*state, &folder, 0);
	assert_int_equal(restart_in(*state, &folder, &restarted, &e), RESTART_NONE);
	assert_int_equal(mkdirat(folder.fd, "1.tmp", 0700), 0);
	assert_int_equal(restart_in(*state, &folder, &restarted, &e), RESTART_NONE);
	assert_int_equal(tries, 0);
}

static void the_newest_generation_is_restored(void **state)
{
	cleanup_folder struct folder folder;
	struct restarted restarted;
	struct error e;

	begin(*state, &folder, 12);
	assert_int_equal(restart_in(*state, &folder, &restarted, &e), RESTART_RUNNING);
	assert_int_equal(restored, 12);
	assert_int_equal(restarted.generation, 12);
	assert_string_equal(restarted.refused.text, "");
}

static void a_damaged_generation_gives_way_to_the_one_before(void **state)
{
	cleanup_folder struct folder folder;
	struct restarted restarted;
	struct error e;

	begin(*state, &folder, 3);
	flip_bit(folder.fd, "3/image", 2);
	put_file(folder.fd, "2/manifest", "nonsense");
	assert_int_equal(restart_in(*state, &folder, &restarted, &e), RESTART_RUNNING);
	assert_int_equal(restored, 1);
	assert_non_null(strstr(restarted.refused.text, "generation 3"));
}

static void assert_kept_for_elsewhere(struct place *p, struct folder *folder,
				      const char *why)
{
	struct restarted restarted;
	struct error e;

	assert_int_equal(restart_in(p, folder, &restarted, &e), RESTART_ELSEWHERE);
	assert_says(&e, why);
	assert_int_equal(tries, 0);
	assert_int_equal(restored, 0);
}

static void what_a_later_version_made_is_kept_for_where_that_is(void **state)
{
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;

	begin(*state, &folder, 1);
	add_generation(&folder, "other");
	assert_kept_for_elsewhere(*state, &folder,
				  "generation 2: was made by the engine other");
	begin_generation(&folder, &gen);
	add_file(&gen, "image", "content", 7);
	assert_int_equal(manifest_set(&gen.manifest, "engine", "fake"), 0);
	assert_int_equal(manifest_set(&gen.manifest, "needs", "wings=2.5"), 0);
	commit_generation(&folder, &gen);
	assert_kept_for_elsewhere(*state, &folder,
				  "generation 3: needs slurm-checkpoint 2.5 or later");
}

static void so_is_a_manifest_of_another_format(void **state)
{
	static const char body[] = "slurm-checkpoint manifest 2\nsomething new\n";
	cleanup_free char *text = NULL;
	cleanup_folder struct folder folder;
	char hex[DIGEST_HEX + 1];

	begin(*state, &folder, 2);
	digest_of(body, sizeof(body) - 1, hex);
	text = str_printf("%send %s\n", body, hex);
	assert_int_equal(unlinkat(folder.fd, "2/manifest", 0), 0);
	put_file(folder.fd, "2/manifest", text);
	assert_kept_for_elsewhere(*state, &folder,
				  "generation 2: manifest is of a later version");
}

static void if_none_is_whole_the_first_reason_is_told(void **state)
{
	cleanup_folder struct folder folder;
	struct restarted restarted;
	struct error e;

	begin(*state, &folder, 2);
	flip_bit(folder.fd, "1/image", 0);
	flip_bit(folder.fd, "2/image", 0);
	assert_int_equal(restart_in(*state, &folder, &restarted, &e), RESTART_DAMAGED);
	assert_non_null(strstr(e.text, "generation 2"));
	assert_int_equal(tries, 0);
}

static void a_whole_one_that_cannot_go_on_here_is_kept_for_elsewhere(void **state)
{
	cleanup_folder struct folder folder;
	struct restarted restarted;
	struct error e;

	begin(*state, &folder, 3);
	restores = false;
	assert_int_equal(restart_in(*state, &folder, &restarted, &e), RESTART_ELSEWHERE);
	assert_int_equal(tries, 1);
	assert_string_equal(e.text, "it does not go");
	fits = false;
	assert_int_equal(restart_in(*state, &folder, &restarted, &e), RESTART_ELSEWHERE);
	assert_int_equal(tries, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(without_generations_there_is_nothing_to_restore),
		in_place(the_newest_generation_is_restored),
		in_place(a_damaged_generation_gives_way_to_the_one_before),
		in_place(what_a_later_version_made_is_kept_for_where_that_is),
		in_place(so_is_a_manifest_of_another_format),
		in_place(if_none_is_whole_the_first_reason_is_told),
		in_place(a_whole_one_that_cannot_go_on_here_is_kept_for_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
