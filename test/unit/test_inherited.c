// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/inherited.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.h"

/* A generation of this process and count others. */
static int save(const struct place *p, pid_t *pids, size_t count,
		struct inherited *loaded, struct error *e)
{
	struct tree tree = { .proc = -1, .pids = pids, .count = count };
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	int rc;

	make_generation(p, &folder, &gen);
	rc = inherited_save(&tree, &gen, e);
	inherited_load(loaded, &gen);
	return rc;
}

/* A process with another umask or limit, until it is killed. */
static pid_t begin_process(mode_t mask, rlim_t files)
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit limit;

		(void)getrlimit(RLIMIT_NOFILE, &limit);
		limit.rlim_cur = files;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		umask(mask);
		(void)!write(ready[1], "", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void what_is_saved_is_loaded(void **state)
{
	struct inherited loaded;
	pid_t pids[] = { begin_process(027, 77) };
	struct error e;

	assert_int_equal(save(*state, pids, 1, &loaded, &e), 0);
	end_process(pids[0]);
	assert_true(loaded.has_umask);
	assert_int_equal(loaded.umask, 027);
	assert_true(loaded.has_limits);
	assert_int_equal(loaded.limits[RLIMIT_NOFILE].rlim_cur, 77);
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit own;

		assert_int_equal(getrlimit(i, &own), 0);
		assert_true(loaded.limits[i].rlim_max == own.rlim_max);
		if (i != RLIMIT_NOFILE)
			assert_true(loaded.limits[i].rlim_cur == own.rlim_cur);
	}
}

static void processes_that_differ_are_refused(void **state)
{
	struct inherited loaded;
	pid_t masks[] = { begin_process(022, 77), begin_process(027, 77) };
	pid_t limits[] = { masks[0], begin_process(022, 78) };
	struct error e;

	assert_int_equal(save(*state, masks, 2, &loaded, &e), -1);
	assert_says(&e, "have different umasks");
	assert_int_equal(save(*state, limits, 2, &loaded, &e), -1);
	assert_says(&e, "have different limits");
	end_process(masks[0]);
	end_process(masks[1]);
	end_process(limits[1]);
}

static void what_is_not_told_or_nonsense_is_not_loaded(void **state)
{
	static const char *const texts[] = { "", "1:2", "1:2 nonsense", "-" };
	struct inherited loaded;

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct generation gen = { .fd = -1 };

		inherited_load(&loaded, &gen);
		assert_false(loaded.has_umask || loaded.has_limits);
		assert_int_equal(
			manifest_set(&gen.manifest, "dmtcp-limits", "%s", texts[i]), 0);
		assert_int_equal(manifest_set(&gen.manifest, "dmtcp-umask", "x"), 0);
		inherited_load(&loaded, &gen);
		assert_false(loaded.has_umask || loaded.has_limits);
		generation_close(&gen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_is_saved_is_loaded),
		in_place(processes_that_differ_are_refused),
		in_place(what_is_not_told_or_nonsense_is_not_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
