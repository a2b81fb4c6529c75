/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error.h - one sentence that says what failed, on which object, and why.
 *
 * A function that can fail takes a struct error as its last argument, fills it
 * and returns -1 (or NULL). Whoever decides what to do about the failure prints
 * it, once.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

#define ERROR_TEXT 1024 /* bytes of a sentence and the zero byte after it */

struct error {
	char text[ERROR_TEXT];
	int number; /* the system's reason, errno; 0: there is none */
};

/* Fill e (which may be NULL) from a printf format. Always returns -1. */
int error_set(struct error *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* As error_set, followed by ": " and the message of errno. Always returns -1. */
int error_sys(struct error *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Put "format: " before the sentence that e holds already. Always returns -1. */
int error_prefix(struct error *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Could it succeed later, or elsewhere, since the system has only lacked something:
 * memory, descriptors, room, or a disk or server that answers?
 */
bool error_is_passing(const struct error *e);

#endif
