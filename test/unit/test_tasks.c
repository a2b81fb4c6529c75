// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/criu/task_mapping.h"
#include "testing.h"

#define HEAD "slurm-checkpoint tasks 1\ncpus 0-3\nnodes 0\n"

static int parse(struct tasks *t, const char *text, char **copy, struct error *e)
{
	*copy = strdup(text);
	assert_non_null(*copy);
	return tasks_parse(t, *copy, strlen(text), e);
}

static void a_file_is_read(void **state)
{
	char *copy;
	struct tasks t;
	struct error e;

	(void)state;
	assert_int_equal(parse(&t,
			       HEAD "affinity 100 1\nioprio 2147483647 16391\n"
				    "memory 101 bind=static:0-1\n",
			       &copy, &e),
			 0);
	assert_int_equal(t.count, 3);
	assert_int_equal(numbers_count(&t.place.cpus), 4);
	assert_ptr_equal(t.values[0].state, &task_affinity);
	assert_int_equal(t.values[0].tid, 100);
	assert_string_equal(t.values[0].text, "1");
	assert_ptr_equal(t.values[1].state, &task_ioprio);
	assert_int_equal(t.values[1].tid, 2147483647);
	assert_string_equal(t.values[2].text, "bind=static:0-1");
	tasks_free(&t);
	free(copy);
}

static void kinds_of_a_later_version_are_passed_over(void **state)
{
	char *copy;
	struct tasks t;
	struct error e;

	(void)state;
	assert_int_equal(parse(&t, HEAD "mood 100 good\naffinity 100 1\n", &copy, &e), 0);
	assert_int_equal(t.count, 1);
	tasks_free(&t);
	free(copy);
}

static void what_is_forged_or_cut_short_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"slurm-checkpoint tasks 1\n",
		"slurm-checkpoint tasks 2\ncpus 0\nnodes 0\n",
		"slurm-checkpoint tasks 1\ncpus 0\n",
		"slurm-checkpoint tasks 1\ncpus\nnodes 0\n",
		"slurm-checkpoint tasks 1\ncpus 0-9999\nnodes 0\n",
		HEAD "affinity 100 1",
		HEAD "affinity\n",
		HEAD "affinity 100\n",
		HEAD "affinity 1 0\n", /* pid 1 is ours */
		HEAD "affinity 99 0\n",
		HEAD "affinity -100 0\n",
		HEAD "affinity 2147483648 0\n",
		HEAD "affinity x 0\n",
		HEAD " 100 0\n",
		HEAD "\n",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		char *copy;
		struct tasks t;
		struct error e;

		assert_int_equal(parse(&t, bad[i], &copy, &e), -1);
		tasks_free(&t);
		free(copy);
	}
}

/* ---- kinds, on a process of ours ---- */

static pid_t start_idle(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct task_move on_one_node(void)
{
	struct task_move move = { 0 };
	cpu_set_t cpus;

	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	for (size_t i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &cpus))
			numbers_add(&move.had.cpus, i);
	}
	numbers_add(&move.had.nodes, 0);
	move.has = move.had;
	return move;
}

static void set(const struct task_state *kind, pid_t pid, const char *value)
{
	struct task_move move = on_one_node();
	struct error e = { 0 };
	char *now;
	int rc = kind->set(pid, value, &move, &e);

	if (rc < 0)
		print_message("%s: %s\n", kind->name, e.text);
	if (rc < 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS))
		skip(); /* as in a container */
	assert_int_equal(rc, 0);
	now = kind->look(pid);
	assert_non_null(now);
	assert_string_equal(now, value);
	free(now);
}

static void what_is_set_is_what_is_seen(void **state)
{
	const struct task_move move = on_one_node();
	size_t last = NUMBERS_MAX;
	char *cpu;
	pid_t pid = start_idle();

	(void)state;
	while (!numbers_has(&move.had.cpus, --last))
		;
	cpu = str_printf("%zu", last);
	set(&task_affinity, pid, cpu);
	set(&task_ioprio, pid, "16391");
	set(&task_coredump, pid, "0000007f");
	set(&task_slice, pid, "20000000");
	free(cpu);
	end(pid);
}

static void timer_slack_of_another_is_set_with_privilege(void **state)
{
	pid_t pid = start_idle();

	(void)state;
	set(&task_timerslack, pid, "1234567");
	end(pid);
}

static void a_memory_policy_is_set_by_the_thread_itself(void **state)
{
	pid_t pid = start_idle();

	(void)state;
#if defined(__x86_64__)
	set(&task_memory, pid, "bind:0");
	set(&task_memory, pid, "interleave=static:0");
	set(&task_memory, pid, "local");
	set(&task_memory, pid, "default");
#endif
	end(pid);
}

static void a_policy_of_mappings_is_set_and_seen(void **state)
{
#if defined(__x86_64__)
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct task_move move = on_one_node();
	cleanup_free char *value = NULL, *seen = NULL;
	struct error e = { 0 };
	pid_t pid;

	assert_true(at != MAP_FAILED);
	pid = start_idle();
	value = str_printf("%lx-%lx bind:0 %lx-%lx prefer:0", (unsigned long)at,
			   (unsigned long)at + page, (unsigned long)at + 2 * page,
			   (unsigned long)at + 3 * page);
	/* this node may have one NUMA node, so it is asked for by its own function */
	seen = task_mapping_policies(pid);
	assert_string_equal(seen, "");
	free(take_ptr(seen));
	assert_int_equal(task_mapping.set(pid, value, &move, &e), 0);
	seen = task_mapping_policies(pid);
	assert_string_equal(seen, value);
	/* what is not mapped any more is no failure */
	assert_int_equal(task_mapping.set(pid, "1000-2000 bind:0", &move, &e), 0);
	end(pid);
	munmap(at, 3 * page);
#endif
	(void)state;
}

static void a_personality_is_set_by_the_thread_itself(void **state)
{
	pid_t pid = start_idle();

	(void)state;
#if defined(__x86_64__)
	set(&task_personality, pid, "00040000");
	set(&task_personality, pid, "00000000");
#endif
	end(pid);
}

static void nonsense_sets_nothing(void **state)
{
	static const struct {
		const struct task_state *kind;
		const char *value;
	} bad[] = {
		{ &task_affinity, "" },
		{ &task_affinity, "x" },
		{ &task_ioprio, "-1" },
		{ &task_ioprio, "65536" },
		{ &task_timerslack, "0" },
		{ &task_timerslack, "1 2" },
		{ &task_coredump, "" },
		{ &task_coredump, "7f 1" },
		{ &task_coredump, "123456789" },
		{ &task_memory, "bind:" },
		{ &task_memory, "banana" },
		{ &task_memory, "bindx:0" },
		{ &task_memory, ":0" },
		{ &task_slice, "-1" },
		{ &task_personality, "ffffffff" },
		{ &task_personality, "8" },
		{ &task_merge, "maybe" },
		{ &task_mapping, "" },
		{ &task_mapping, "1000-2000" },
		{ &task_mapping, "2000-1000 bind:0" },
		{ &task_mapping, "1000-2000 banana" },
	};
	struct task_move move = on_one_node();
	pid_t pid = start_idle();

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct error e = { 0 };

		assert_int_equal(bad[i].kind->set(pid, bad[i].value, &move, &e), -1);
		assert_true(e.text[0]);
	}
	end(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read),
		cmocka_unit_test(kinds_of_a_later_version_are_passed_over),
		cmocka_unit_test(what_is_forged_or_cut_short_is_refused),
		cmocka_unit_test(what_is_set_is_what_is_seen),
		cmocka_unit_test(timer_slack_of_another_is_set_with_privilege),
		cmocka_unit_test(a_memory_policy_is_set_by_the_thread_itself),
		cmocka_unit_test(a_personality_is_set_by_the_thread_itself),
		cmocka_unit_test(a_policy_of_mappings_is_set_and_seen),
		cmocka_unit_test(nonsense_sets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
