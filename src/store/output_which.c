// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/output_which.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* When it was made; 0 where that is not known. */
static struct statx_timestamp born_of(int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &st) < 0 ||
	    !(st.stx_mask & STATX_BTIME))
		return (struct statx_timestamp){ 0 };
	return st.stx_btime;
}

/* Add to an attribute that has something of each output, in their order. */
static int note(struct manifest *m, const char *attribute, const char *words)
{
	const char *before = manifest_get(m, attribute);
	cleanup_free char *all = str_printf("%s%s", before ? before : "", words);

	return all ? manifest_set(m, attribute, "%s", all) : -1;
}

/* As they are written, by enum output_kind and output_writers. */
static const char kinds[] = "aeprl", writers[] = "-ns";

int output_note(struct manifest *m, int fd, const struct output_traits *traits)
{
	struct statx_timestamp born = born_of(fd);
	cleanup_free char *which = NULL, *use = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	which = str_printf("%llu %o ", (unsigned long long)st.st_ino,
			   (unsigned int)st.st_mode & 0777);
	use = str_printf("%c %c %c %lld.%09u ", kinds[traits->kind],
			 writers[traits->writers], traits->is_jobs_own ? 'o' : '-',
			 (long long)born.tv_sec, born.tv_nsec);
	if (!which || !use || note(m, OUTPUT_FILES, which) < 0)
		return -1;
	return note(m, OUTPUT_TRAITS, use);
}

static int find_inode(const struct manifest *m, size_t output, struct output_which *which)
{
	const char *rest = manifest_get(m, OUTPUT_FILES);
	int used = 0;

	for (size_t i = 0; rest && i <= output; i++, rest += used) {
		if (sscanf(rest, "%llu %o %n", &which->inode, &which->mode, &used) != 2)
			return -1;
	}
	return rest ? 0 : -1;
}

/* The place of a character in a text, or 0. */
static unsigned int place_in(const char *text, char c)
{
	const char *found = strchr(text, c);

	return found && c ? (unsigned int)(found - text) : 0;
}

static void find_traits(const struct manifest *m, size_t output,
			struct output_which *which)
{
	const char *rest = manifest_get(m, OUTPUT_TRAITS);
	char kind = 0, who = 0, own = 0;
	long long seconds = 0;
	unsigned int nanoseconds = 0;
	int used = 0;

	for (size_t i = 0; rest && i <= output; i++, rest += used) {
		if (sscanf(rest, "%c %c %c %lld.%u %n", &kind, &who, &own, &seconds,
			   &nanoseconds, &used) != 5)
			return;
	}
	which->traits = (struct output_traits){
		.kind = (enum output_kind)place_in(kinds, kind),
		.writers = (enum output_writers)place_in(writers, who),
		.is_jobs_own = own == 'o',
	};
	which->born.tv_sec = seconds;
	which->born.tv_nsec = nanoseconds;
}

struct output_which output_which(const struct manifest *m, size_t output)
{
	struct output_which which = { 0 };

	if (find_inode(m, output, &which) < 0)
		which.inode = 0;
	find_traits(m, output, &which);
	return which;
}

bool output_which_is(const struct output_which *which, int fd)
{
	struct statx_timestamp born = born_of(fd);
	struct stat st;

	if (!which->inode || fstat(fd, &st) < 0)
		return true;
	if (which->inode != st.st_ino)
		return false;
	return !which->born.tv_sec || !born.tv_sec ||
	       (which->born.tv_sec == born.tv_sec && which->born.tv_nsec == born.tv_nsec);
}

bool output_which_is_surely(const struct output_which *which, int fd)
{
	return which->inode && which->born.tv_sec && born_of(fd).tv_sec &&
	       output_which_is(which, fd);
}
