/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testing.h - what the unit tests share: cmocka, and a directory for each test.
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

/* The permissions of dirfd/name are just mode. */
void assert_mode(int dirfd, const char *name, mode_t mode);

/* The content of dirfd/name is just text. */
void assert_content(int dirfd, const char *name, const char *text);

/* The sentence in e has this in it. */
void assert_says(const struct error *e, const char *part);

#endif
