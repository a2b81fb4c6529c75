/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testing.h - what the unit tests share: cmocka, a directory for each test, and a store
 * in it.
 */
#ifndef TEST_UNIT_TESTING_H
#define TEST_UNIT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cmocka.h>

#include "base/error.h"
#include "store/generation.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Users that no test runs as: whoever they are, it is somebody else. */
#define SOMEBODY      54321
#define SOMEBODY_ELSE 54322

/*
 * A test that has a directory of its own, empty to begin with. It fails, too, if
 * it leaves a descriptor open, or does not end within a minute.
 */
#define in_place(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

struct place {
	char *path; /* absolute */
	int fd;
	unsigned int descriptors;
	mode_t umask;
};

int place_make(void **state);
int place_remove(void **state);

/* An absolute path in the test's place, valid until the next call but three. */
const char *place_path(const struct place *place, const char *name);

/* Skip the test unless it is root's, who alone can make what belongs to others. */
void needs_root(void);

/* Act as another user, and as root again. */
void become(uid_t user);

void put_bytes(int dirfd, const char *name, const void *data, size_t size);
void put_file(int dirfd, const char *name, const char *text);
void flip_bit(int dirfd, const char *name, off_t at);
bool exists(int dirfd, const char *name);
struct stat stat_of(int dirfd, const char *name);

/* ---- a store: folders c/N in the test's place ---- */

#define cleanup_folder	   __attribute__((cleanup(folder_close)))
#define cleanup_generation __attribute__((cleanup(generation_close)))

/* The folder of a job, made where it is not there yet. */
void make_folder(const struct place *place, unsigned int job, struct folder *folder);

/* That of job 7, and a generation in it that has begun. */
void make_generation(const struct place *place, struct folder *folder,
		     struct generation *gen);

void begin_generation(struct folder *folder, struct generation *gen);
void commit_generation(struct folder *folder, struct generation *gen);

/* Add a file to a generation that has begun. */
void add_file(struct generation *gen, const char *name, const void *data, size_t size);

/* Commit a generation of one file of so many bytes, which takes none on the disk. */
void commit_bytes(struct folder *folder, uint64_t bytes);

/* The permissions of dirfd/name are just mode. */
void assert_mode(int dirfd, const char *name, mode_t mode);

/* The content of dirfd/name is just text. */
void assert_content(int dirfd, const char *name, const char *text);

/* The sentence in e has this in it. */
void assert_says(const struct error *e, const char *part);

#endif
