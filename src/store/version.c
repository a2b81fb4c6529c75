// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/version.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"

/*
 * Features that version_need() was ever called with, by this version or an earlier one.
 * Add yours here, and to the table in doc/store-format.md.
 */
static const char *const known[] = {
	VERSION_SHORT_TMPDIR,
	NULL,
};

int version_stamp_record(struct manifest *record)
{
	if (manifest_set(record, RECORD_VERSION, "%s", VERSION) < 0)
		return -1;
	return manifest_set(record, RECORD_PROTOCOL, "%d", CHECKPOINT_PROTOCOL);
}

/* The protocol with which a request came; see base/protocol.h. */
static unsigned int protocol_of(int signum)
{
	return signum <= CHECKPOINT_SIGNAL_LAST_1 ? 1 : UINT_MAX;
}

int version_check_request(const struct folder *folder, int signum, struct error *e)
{
	/* Runners that did not write it yet know the requests of the first. */
	unsigned int theirs = folder_number(folder, RECORD_PROTOCOL, 1);
	const char *version = manifest_get(&folder->record, RECORD_VERSION);
	const char *node = manifest_get(&folder->record, RECORD_NODE);

	if (protocol_of(signum) <= theirs)
		return 0;
	return error_set(e,
			 "its runner, of slurm-checkpoint %s on %s, does not know this "
			 "request; it will when it is started again on a node that has "
			 "this version",
			 version ? version : "0.1.0", node ? node : "its node");
}

/* ---- what a reader must know: words FEATURE=VERSION, with spaces between ---- */

/* The length of the feature's name, or 0: it is no such word. */
static size_t name_length(const char *word, size_t size)
{
	const char *equals = memchr(word, '=', size);

	return equals ? (size_t)(equals - word) : 0;
}

/* The word about a feature, or NULL. */
static const char *find_need(const char *needs, const char *feature)
{
	size_t length = strlen(feature);

	for (const char *word = needs; *word;) {
		size_t size = strcspn(word, " ");

		if (name_length(word, size) == length &&
		    strncmp(word, feature, length) == 0)
			return word;
		word += size;
		word += strspn(word, " ");
	}
	return NULL;
}

int version_need(struct manifest *m, const char *feature, struct error *e)
{
	const char *needs = manifest_get(m, ATTR_NEEDS);
	cleanup_free char *before = strdup(needs ? needs : "");

	if (!before)
		return error_sys(e, "%s", feature);
	if (find_need(before, feature))
		return 0;
	if (manifest_set(m, ATTR_NEEDS, "%s%s%s=%s", before, *before ? " " : "", feature,
			 VERSION) < 0)
		return error_sys(e, "%s", feature);
	return 0;
}

static bool is_known(const char *word, size_t length)
{
	for (size_t i = 0; known[i]; i++)
		if (strlen(known[i]) == length && memcmp(known[i], word, length) == 0)
			return true;
	return false;
}

int version_check_needs(const struct manifest *m, struct error *e)
{
	const char *word = manifest_get(m, ATTR_NEEDS);

	while (word && *word) {
		size_t size = strcspn(word, " ");
		size_t length = name_length(word, size);

		if (size > 0 && length == 0)
			return error_set(e,
					 "needs \"%.*s\", which slurm-checkpoint " VERSION
					 " does not know",
					 (int)size, word);
		if (size > 0 && !is_known(word, length))
			return error_set(e,
					 "needs slurm-checkpoint %.*s or later, with "
					 "\"%.*s\"; this node has " VERSION,
					 (int)(size - length - 1), word + length + 1,
					 (int)length, word);
		word += size;
		word += strspn(word, " ");
	}
	return 0;
}
