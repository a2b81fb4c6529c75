// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_jobspec.c - no list of jobs, however odd, reads or writes outside what it may;
 * what is refused is refused with a sentence; and what is taken names jobs that Slurm
 * can have, by what was given.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "plan/jobspec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static void check_promises(const struct jobspec *spec)
{
	must(spec->job != 0 && spec->job != UINT32_MAX);
	must(spec->tasks == (spec->nranges > 0));
	for (size_t i = 0; i < spec->nranges; i++) {
		const struct jobspec_range *range = &spec->ranges[i];

		must(range->first <= range->last && range->last != JOBSPEC_NO_TASK);
		must(jobspec_matches(spec, 1, spec->job, range->first));
		must(jobspec_matches(spec, 1, spec->job, range->last));
	}
	must(!jobspec_matches(spec, spec->job - 1, 0, JOBSPEC_NO_TASK));
	must(jobspec_matches(spec, spec->job, 0, JOBSPEC_NO_TASK) == !spec->tasks);
}

/* The items are the text, with a comma between each two. */
static void check_texts(const struct jobspec_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		const size_t length = strlen(list->specs[i].text);

		must(!strncmp(list->specs[i].text, text, length));
		text += length;
		must(*text == (i + 1 < list->count ? ',' : '\0'));
		text++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = malloc(size + 1);
	struct jobspec_list list = { 0 };
	struct error e = { .text = "" };

	must(text != NULL);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (jobspec_parse(&list, text, &e) == 0) {
		must(list.count > 0);
		check_texts(&list, text);
		for (size_t i = 0; i < list.count; i++)
			check_promises(&list.specs[i]);
	} else {
		must(e.text[0]);
	}
	jobspec_free(&list);
	must(list.count == 0 && !list.specs);
	return 0;
}
