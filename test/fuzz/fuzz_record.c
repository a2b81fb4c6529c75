// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_record.c - no record of a job, and no move, however odd, reads or writes outside
 * what it may; and what is taken of them keeps its promises.
 *
 * The data is put where the file belongs, as it is, and as lines that are closed by the
 * digest that fits.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "store/digest.h"
#include "store/folder.h"
#include "store/move.h"

#define HEADER "slurm-checkpoint manifest 1\n"

/* libFuzzer's. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct folder folder;
static char path[] = "/dev/shm/fuzz-record-XXXXXX";

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
	folder = (struct folder){ .fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				  .path = path,
				  .job = 7 };
	must(folder.fd >= 0);
	return atexit(remove_all);
}

static void put(const char *name, const void *data, size_t size)
{
	cleanup_close int fd =
		openat(folder.fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && file_write_all(fd, data, size) == 0);
}

static void read_record(void)
{
	struct error e = { .text = "" };
	struct kept kept;
	cleanup_free char *name = NULL;

	if (folder_load(&folder, &e) < 0) {
		must(e.text[0] != '\0');
		return;
	}
	name = folder_job_name(&folder, 7);
	must(name && strlen(name) < 32);
	if (folder_check_named(&folder, "u", 7, &e) == 0)
		must(!strcmp(manifest_get(&folder.record, RECORD_USER), "u") &&
		     folder_number(&folder, RECORD_JOB, 0) == 7);
	if (move_kept(&folder, &kept, &e) == 0)
		placement_free(&kept.own);
}

static void read_move(void)
{
	struct error e = { .text = "" };
	struct move move;
	int rc = move_read(&folder, &move, &e);

	must(rc == 1 || (rc < 0 && e.text[0]));
	move_free(&move);
}

/* Lines, with a header and the digest that fits. */
static char *close_lines(const uint8_t *data, size_t size, size_t *whole)
{
	const size_t header = sizeof(HEADER) - 1;
	char *text = malloc(header + size + 64);
	char hex[DIGEST_HEX + 1];

	must(text != NULL);
	memcpy(text, HEADER, header);
	if (size)
		memcpy(text + header, data, size);
	*whole = header + size;
	if (text[*whole - 1] != '\n')
		text[(*whole)++] = '\n';
	digest_of(text, *whole, hex);
	*whole += (size_t)sprintf(text + *whole, "end %s\n", hex);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t whole_size;
	cleanup_free char *whole = close_lines(data, size, &whole_size);

	put(FOLDER_RECORD, data, size);
	put(FOLDER_MOVE, data, size);
	read_record();
	read_move();
	put(FOLDER_RECORD, whole, whole_size);
	put(FOLDER_MOVE, whole, whole_size);
	read_record();
	read_move();
	return 0;
}

/* ---- lines ---- */

static const char *const right_lines[] = {
	"attr job 7\n",
	"attr user u\n",
	"attr array-job 5\n",
	"attr array-task 4294967295\n",
	"attr kept-nodelist =n[1-4]\n",
	"attr kept-restart 3\n",
	"attr restart 3\n",
	"attr hold 1\n",
	"attr nodelist =\n",
	"attr partition =low,high\n",
	"output 0 - /a\n",
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
