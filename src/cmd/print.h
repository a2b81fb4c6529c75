/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * print.h - what the commands print in the same way.
 */
#ifndef CMD_PRINT_H
#define CMD_PRINT_H

#include <json-c/json.h>

#include "base/error.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Print the command's name, ": error: " and the sentence. Always EXIT_FAILED. */
int complain(const struct error *e);

/* The same for a wrong call. Always returns EXIT_USAGE. */
int misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Seconds since the epoch as Slurm prints times, in a static buffer. */
const char *time_text(unsigned long long when);

/* Append to a list for --json an object of a job, which the list owns. */
struct json_object *json_add_job(struct json_object *list, const char *name,
				 const char *user);

/* Add members to an object for --json; text that is NULL becomes null. */
void json_text(struct json_object *o, const char *name, const char *value);
void json_number(struct json_object *o, const char *name, unsigned long long value);
void json_seconds(struct json_object *o, const char *name, double value);

#endif
