// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_event.c - no file of events, however odd, reads or writes outside what it may;
 * what is read is the same when it is written and read again; and an event that is
 * appended to it is read, whatever stands before.
 *
 * Lines that are right are put in for the fuzzer to spoil.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "store/event.h"

/* libFuzzer's, and what it calls here. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

/* ---- folders, in memory ---- */

static struct folder theirs, ours;
static char path[] = "/dev/shm/fuzz-event-XXXXXX";

static struct folder open_below(const char *name)
{
	struct folder folder = { .path = path };
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must(fd >= 0 && mkdirat(fd, name, 0700) == 0);
	folder.fd = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(folder.fd >= 0);
	close(fd);
	return folder;
}

static void remove_all(void)
{
	(void)file_remove_tree(AT_FDCWD, path, NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(mkdtemp(path) != NULL);
	theirs = open_below("theirs");
	ours = open_below("ours");
	return atexit(remove_all);
}

static void put(const struct folder *folder, const uint8_t *data, size_t size)
{
	cleanup_close int fd = openat(folder->fd, FOLDER_EVENTS,
				      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && file_write_all(fd, data, size) == 0);
}

/* ---- promises ---- */

/* It ends, and steers no terminal. */
static void check_text(const char *text, size_t size)
{
	const char *end = memchr(text, '\0', size);

	must(end != NULL);
	for (; text < end; text++)
		must((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void check_promises(const struct event *event)
{
	must(event->type < EVENT_TYPES);
	must(event->time > 0 && event->time < 1e12);
	must(event->seconds >= 0 && event->seconds < 1e12);
	must(event->bytes <= INT64_MAX && event->status >= 0);
	check_text(event->node, sizeof(event->node));
	check_text(event->engine, sizeof(event->engine));
	check_text(event->reason, sizeof(event->reason));
	check_text(event->text, sizeof(event->text));
}

/* Written again it is the same; but for a time of less than a millisecond, which is now.
 */
static void check_same(const struct event *event)
{
	cleanup_free struct event *again = NULL;
	size_t count;

	put(&ours, NULL, 0);
	must(event_append(&ours, event, NULL) == 0);
	must(event_read_all(&ours, &again, &count, NULL) == 0);
	if (event->time < 0.001)
		return;
	must(count == 1 && again->type == event->type);
	must(again->restart == event->restart && again->generation == event->generation);
	must(!strcmp(again->node, event->node) && !strcmp(again->engine, event->engine));
	must(!strcmp(again->reason, event->reason) && !strcmp(again->text, event->text));
}

static void check_appended(size_t before)
{
	static const struct event last = { .type = EVENT_END, .time = 1, .status = 9 };
	cleanup_free struct event *events = NULL;
	size_t count;

	must(event_append(&theirs, &last, NULL) == 0);
	must(event_read_all(&theirs, &events, &count, NULL) == 0);
	/* what had all but the end of its line is read now, too */
	must(count == before + 1 || count == before + 2);
	must(events[count - 1].type == EVENT_END && events[count - 1].status == 9);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free struct event *events = NULL;
	size_t count;

	put(&theirs, data, size);
	must(event_read_all(&theirs, &events, &count, NULL) == 0);
	for (size_t i = 0; i < count; i++) {
		check_promises(&events[i]);
		check_same(&events[i]);
	}
	check_appended(count);
	return 0;
}

/* ---- lines ---- */

static const char *const right_lines[] = {
	"{\"time\":1.5,\"event\":\"start\",\"node\":\"n1\",\"restart\":0}\n",
	"{\"time\":1.5,\"event\":\"checkpoint\",\"node\":\"n1\",\"restart\":4294967295,"
	"\"generation\":7,\"engine\":\"criu\",\"reason\":\"interval\",\"seconds\":0.250,"
	"\"bytes\":9223372036854775807}\n",
	"{\"time\":1e9,\"event\":\"end\",\"status\":256,\"text\":\"\\u0001\\\"\"}"
	"\n",
	"{\"time\":2,\"event\":\"able\",\"x\":[{}]}\n",
	"\n",
};

/* Now and then put in a right line before a line of the data. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	const char *line = right_lines[seed / 4 % (sizeof(right_lines) / sizeof(char *))];
	const size_t length = strlen(line);
	size_t at = size ? seed / 64 % size : 0;

	if (seed % 4 != 0 || size + length > max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	while (at > 0 && data[at - 1] != '\n')
		at--;
	memmove(data + at + length, data + at, size - at);
	memcpy(data + at, line, length);
	return size + length;
}
