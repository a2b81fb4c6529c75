// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "plan/jobspec.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define NUMBER_MAX (UINT32_MAX - 1)

static int parse_number(const char *text, uint32_t *number)
{
	unsigned long long value;

	if (str_to_ull(text, NUMBER_MAX, &value) < 0)
		return -1;
	*number = (uint32_t)value;
	return 0;
}

static int add_range(struct jobspec *spec, uint32_t first, uint32_t last)
{
	void *grown;

	if (first > last)
		return -1;
	grown = reallocarray(spec->ranges, spec->nranges + 1, sizeof(*spec->ranges));
	if (!grown)
		return -1;
	spec->ranges = grown;
	spec->ranges[spec->nranges++] = (struct jobspec_range){ first, last };
	return 0;
}

/* "4", "1-5", and lists of these; text is taken apart. */
static int parse_ranges(struct jobspec *spec, char *text)
{
	char *item;

	while ((item = strsep(&text, ","))) {
		char *first_text = strsep(&item, "-");
		uint32_t first, last;

		if (parse_number(first_text, &first) < 0)
			return -1;
		last = first;
		if ((item && parse_number(item, &last) < 0) ||
		    add_range(spec, first, last) < 0)
			return -1;
	}
	return 0;
}

/* What stands after "_": "4", "[1-5,7]" or "*". */
static int parse_tasks(struct jobspec *spec, char *text)
{
	size_t length = strlen(text);
	uint32_t task;

	spec->tasks = true;
	if (!strcmp(text, "*"))
		return add_range(spec, 0, NUMBER_MAX);
	if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
		text[length - 1] = '\0';
		return parse_ranges(spec, text + 1);
	}
	return parse_number(text, &task) < 0 ? -1 : add_range(spec, task, task);
}

static int parse_one(struct jobspec *spec, const char *text)
{
	cleanup_free char *copy = strdup(text);
	char *tasks = copy;
	char *job = copy ? strsep(&tasks, "_") : NULL;

	spec->text = strdup(text);
	if (!spec->text || !job || parse_number(job, &spec->job) < 0 || spec->job == 0)
		return -1;
	return tasks ? parse_tasks(spec, tasks) : 0;
}

/* Length of the first item, up to a comma that stands in no brackets. */
static size_t item_length(const char *text)
{
	size_t length = 0;
	bool inside = false;

	for (; text[length] && (inside || text[length] != ','); length++) {
		if (text[length] == '[')
			inside = true;
		else if (text[length] == ']')
			inside = false;
	}
	return length;
}

int jobspec_parse(struct jobspec_list *list, const char *text, struct error *e)
{
	for (;;) {
		size_t length = item_length(text);
		cleanup_free char *item = strndup(text, length);
		void *grown = item ? reallocarray(list->specs, list->count + 1,
						  sizeof(*list->specs))
				   : NULL;

		if (!grown)
			return error_sys(e, "%s", text);
		list->specs = grown;
		list->specs[list->count] = (struct jobspec){ 0 };
		if (parse_one(&list->specs[list->count++], item) < 0)
			return error_set(e, "Invalid job id %s", item);
		if (!text[length])
			return 0;
		text += length + 1;
	}
}

bool jobspec_matches(const struct jobspec *spec, uint32_t job, uint32_t array,
		     uint32_t task)
{
	if (!spec->tasks)
		return spec->job == job || (array != 0 && spec->job == array);
	if (spec->job != array || task == JOBSPEC_NO_TASK)
		return false;
	for (size_t i = 0; i < spec->nranges; i++) {
		if (task >= spec->ranges[i].first && task <= spec->ranges[i].last)
			return true;
	}
	return false;
}

char *jobspec_name(uint32_t job, uint32_t array, uint32_t task)
{
	return array ? str_printf("%u_%u", array, task) : str_printf("%u", job);
}

void jobspec_free(struct jobspec_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->specs[i].text);
		free(list->specs[i].ranges);
	}
	free(list->specs);
	*list = (struct jobspec_list){ 0 };
}
