// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_tasks.c - no file of states of threads, however odd, reads or writes outside what
 * it may; what is read of it lies within bounds; and CPUs of it come to be CPUs that are
 * there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "engine/criu/tasks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static void check_lists(const struct numbers *n)
{
	cleanup_free char *text = numbers_format(n);
	struct numbers again;

	must(text && numbers_parse(&again, text) == 0);
	must(memcmp(&again, n, sizeof(again)) == 0);
}

/* Each of those there is one that the job has. */
static void check_move(const struct task_value *value, const struct tasks *t)
{
	struct numbers bound, there, has = { 0 };

	if (numbers_parse(&bound, value->text) < 0)
		return;
	numbers_add(&has, 3);
	numbers_add(&has, 700);
	must(numbers_move(&there, &bound, &t->place.cpus, &has) <= NUMBERS_NONE);
	must(numbers_count(&there) >= 1);
	for (size_t i = 0; i < NUMBERS_MAX; i++)
		must(!numbers_has(&there, i) || numbers_has(&has, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = malloc(size + 1);
	struct tasks t;
	struct error e;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (tasks_parse(&t, text, size, &e) == 0) {
		check_lists(&t.place.cpus);
		check_lists(&t.place.nodes);
		for (size_t i = 0; i < t.count; i++) {
			must(t.values[i].tid >= 100 && t.values[i].state);
			must(t.values[i].text > text &&
			     t.values[i].text < text + size + 1);
			check_move(&t.values[i], &t);
		}
	}
	tasks_free(&t);
	return 0;
}
