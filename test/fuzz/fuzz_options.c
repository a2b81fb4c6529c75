// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_options.c - whatever stands in the files "options" and "environment" of a folder,
 * it is read as it is, and its words are all there, one after the other, up to their
 * limit.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "store/user_file.h"
#include "store/words.h"

#define WORDS_MAX 100

/* libFuzzer's. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int dir = -1;
static char path[] = "/dev/shm/fuzz-options-XXXXXX";

static void must(int holds)
{
	if (!holds)
		abort();
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
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir >= 0);
	return atexit(remove_all);
}

static void check_words(char *text, size_t size)
{
	struct words words = { .count = 0 };
	struct error e = { .text = "" };
	const char *next = text;
	int rc = words_split(&words, text, size, WORDS_MAX, &e);

	must(rc == 0 || (words.count == WORDS_MAX && e.text[0]));
	for (size_t i = 0; i < words.count; i++) {
		must(words.list[i] == next);
		next += strlen(next) + 1;
	}
	must(rc < 0 || next >= text + size);
	must(words.count == 0 || !words.list[words.count]);
	words_free(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum user_file kinds[] = { USER_FILE_OPTIONS,
						USER_FILE_ENVIRONMENT };
	cleanup_close int fd =
		openat(dir, "f", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && file_write_all(fd, data, size) == 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t got = 0;
		cleanup_free char *text = user_file_read(dir, "f", kinds[i], &got, NULL);

		must(text && got == size && !text[got] &&
		     (!size || !memcmp(text, data, size)));
		check_words(text, got);
	}
	return 0;
}
