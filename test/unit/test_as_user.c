// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/as_user.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "testing.h"

static int run(const char *script, unsigned int deadline, struct as_user_output *output,
	       struct error *e)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	const struct as_user as = { .user = "daemon",
				    .argv = argv,
				    .given = "given",
				    .given_size = 5,
				    .deadline = deadline };

	return as_user_run(&as, output, e);
}

static void what_it_prints_is_handed_back_printable(void **state)
{
	struct as_user_output o;
	struct error e = { .text = "" };

	(void)state;
	assert_int_equal(
		run("printf 'a\\033b\\nc'; printf '\\302\\233d\\n' >&2", 10, &o, &e), 0);
	assert_string_equal(o.out, "a?b\nc");
	assert_string_equal(o.err, "??d\n");
	assert_int_equal(run("yes | head -c 1000000; echo no >&2; exit 3", 10, &o, &e),
			 -1);
	assert_int_equal(strlen(o.out), AS_USER_OUTPUT - 1);
	assert_says(&e, "sh has refused it: no");
}

static void it_has_nothing_of_the_callers(void **state)
{
	struct as_user_output o;
	struct error e = { .text = "" };

	(void)state;
	assert_int_equal(setenv("LD_NOTHING", "x", 1), 0);
	assert_int_equal(setenv("SLURM_JWT", "root's", 1), 0);
	assert_int_equal(run("env | grep -v ^PWD= | grep -v ^_= | grep -v ^SHLVL=; cat; "
			     "cat <&3; ls /proc/self/fd | wc -l; : </dev/tty",
			     10, &o, &e),
			 -1);
	/* 0, 1, 2, 3, and the one by which ls reads */
	assert_string_equal(o.out, "given5\n");
	assert_says(&e, "/dev/tty");
}

static void root_gives_up_its_ids_for_good(void **state)
{
	struct as_user_output o;
	struct error e = { .text = "" };

	needs_root();
	(void)state;
	assert_int_equal(
		run("id -un; grep ^Uid /proc/self/status | tr -s '\\t' ' '", 10, &o, &e),
		0);
	assert_string_equal(o.out, "daemon\nUid: 1 1 1 1\n");
}

static void it_ends_with_its_time_and_so_do_its_children(void **state)
{
	static const char *const scripts[] = { "sleep 100", "sleep 100 & wait",
					       "exec >/dev/null 2>&1; sleep 100",
					       "trap '' TERM; while :; do :; done" };

	(void)state;
	for (size_t i = 0; i < LENGTH(scripts); i++) {
		struct as_user_output o;
		struct error e = { .text = "" };

		assert_int_equal(run(scripts[i], 1, &o, &e), -1);
		assert_says(&e, "has not ended within 1 seconds");
	}
}

/* Whoever keeps its output open. */
static void what_it_leaves_behind_is_not_waited_for(void **state)
{
	struct as_user_output o;
	struct error e = { .text = "" };

	(void)state;
	assert_int_equal(run("setsid sleep 3 & echo done", 30, &o, &e), 0);
	assert_string_equal(o.out, "done\n");
}

static void what_cannot_be_run_is_said(void **state)
{
	char *argv[] = { (char *)"no-such-program", NULL };
	const struct as_user as = { .user = "daemon", .argv = argv, .deadline = 5 };
	struct as_user_output o;
	struct error e;

	(void)state;
	assert_int_equal(as_user_run(&as, &o, &e), -1);
	assert_string_equal(e.text, "no-such-program cannot be run");
}

/* Its process number is printed, and it lives on. */
static void trace_parent(int told)
{
	setsid();
	if (ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) == 0)
		dprintf(STDOUT_FILENO, "%d\n", (int)getpid());
	close(told);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	sleep(30);
	_exit(0);
}

/* What as_user_run() runs: traced by a child of its own. */
static void be_traced(bool stays) __attribute__((noreturn));

static void be_traced(bool stays)
{
	int ends[2];
	char c;

	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (pipe(ends) < 0)
		_exit(1);
	if (fork() == 0)
		trace_parent(ends[1]);
	close(ends[1]);
	(void)!read(ends[0], &c, 1);
	if (stays)
		pause();
	_exit(0);
}

static void one_that_is_traced_is_not_waited_for(void **state)
{
	static const char *const how[] = { "ends", "stays" };
	char self[PATH_MAX] = "";

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	for (size_t i = 0; i < LENGTH(how); i++) {
		char *argv[] = { self, (char *)how[i], NULL };
		const struct as_user as = { .user = "daemon",
					    .argv = argv,
					    .deadline = 3 };
		struct as_user_output o;
		struct error e;
		int tracer;

		alarm(20);
		assert_int_equal(as_user_run(&as, &o, &e), -1);
		alarm(0);
		assert_says(&e, i ? "has not ended within 3 seconds" : "is traced");
		tracer = atoi(o.out);
		assert_true(tracer > 1);
		assert_int_equal(kill(tracer, SIGKILL), 0);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		be_traced(!strcmp(argv[1], "stays"));

	const struct CMUnitTest tests[] = {
		in_place(what_it_prints_is_handed_back_printable),
		in_place(it_has_nothing_of_the_callers),
		in_place(root_gives_up_its_ids_for_good),
		in_place(it_ends_with_its_time_and_so_do_its_children),
		in_place(what_it_leaves_behind_is_not_waited_for),
		in_place(what_cannot_be_run_is_said),
		in_place(one_that_is_traced_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
