// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/move.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define ATTR_RESTART "restart"
#define ATTR_HOLD    "hold"

/* "kept-nodelist": an attribute of the record; and of the file, without "kept-". */
struct attribute {
	char name[32];
};

static struct attribute attribute(const char *prefix, int field)
{
	struct attribute a;

	snprintf(a.name, sizeof(a.name), "%s%s", prefix,
		 placement_name((enum placement_field)field));
	return a;
}

static int put(struct manifest *m, const char *prefix, const struct placement *p)
{
	for (int i = 0; i < PLACEMENT_FIELDS; i++) {
		if (p->value[i] &&
		    manifest_set(m, attribute(prefix, i).name, "=%s", p->value[i]) < 0)
			return -1;
	}
	return 0;
}

/* A value begins with "=", so that an empty one is told from none. */
static int get(const struct manifest *m, const char *prefix, struct placement *p)
{
	for (int i = 0; i < PLACEMENT_FIELDS; i++) {
		const char *value = manifest_get(m, attribute(prefix, i).name);

		if (value && *value == '=' &&
		    placement_put(p, (enum placement_field)i, value + 1) < 0)
			return -1;
	}
	return 0;
}

/* ---- the file ---- */

int move_write(const struct folder *folder, const struct move *move, struct error *e)
{
	cleanup_free char *text = NULL;
	struct manifest m = { 0 };
	size_t size = 0;

	if (manifest_set(&m, ATTR_RESTART, "%u", move->restart) == 0 &&
	    manifest_set(&m, ATTR_HOLD, "%d", move->hold) == 0 &&
	    put(&m, "", &move->wanted) == 0)
		text = manifest_encode(&m, &size);
	manifest_free(&m);
	if (!text)
		return error_sys(e, "%s/" FOLDER_MOVE, folder->path);
	return file_replace(folder->fd, FOLDER_MOVE, text, size, 0600, e);
}

static int decode(const struct manifest *m, struct move *move, struct error *e)
{
	unsigned long long restart, hold;

	if (manifest_get_number(m, ATTR_RESTART, UINT_MAX, &restart) < 0 ||
	    manifest_get_number(m, ATTR_HOLD, 1, &hold) < 0)
		return error_set(e, "it does not say which start it is for");
	move->restart = (unsigned int)restart;
	move->hold = hold != 0;
	return get(m, "", &move->wanted) < 0 ? error_sys(e, "memory") : 0;
}

int move_read(const struct folder *folder, struct move *move, struct error *e)
{
	struct manifest m;
	int rc;

	*move = (struct move){ 0 };
	rc = manifest_read(&m, folder->fd, FOLDER_MOVE, USER_FILE_MOVE, e);
	if (rc < 0 && errno == ENOENT)
		return 0;
	if (rc == 0)
		rc = decode(&m, move, e);
	manifest_free(&m);
	return rc < 0 ? error_prefix(e, "%s/" FOLDER_MOVE, folder->path) : 1;
}

void move_remove(const struct folder *folder)
{
	(void)unlinkat(folder->fd, FOLDER_MOVE, 0);
}

void move_free(struct move *move)
{
	placement_free(&move->wanted);
}

/* ---- the job's own request ---- */

#define KEPT	     "kept-"
#define KEPT_RESTART "kept-restart"

int move_kept(const struct folder *folder, struct kept *kept, struct error *e)
{
	unsigned long long restart;

	*kept = (struct kept){ 0 };
	if (get(&folder->record, KEPT, &kept->own) < 0)
		return error_sys(e, "%s", folder->path);
	if (manifest_get_number(&folder->record, KEPT_RESTART, UINT_MAX, &restart) == 0)
		kept->restart = (unsigned int)restart;
	return 0;
}

int move_keep(struct folder *folder, const struct kept *kept, struct error *e)
{
	struct manifest *m = &folder->record;

	for (int i = 0; i < PLACEMENT_FIELDS; i++) {
		const struct attribute a = attribute(KEPT, i);

		if (!kept->own.value[i] && manifest_get(m, a.name) &&
		    manifest_set(m, a.name, "%s", "") < 0)
			return error_sys(e, "%s", folder->path);
	}
	if (put(m, KEPT, &kept->own) < 0 ||
	    manifest_set(m, KEPT_RESTART, "%u", kept->restart) < 0)
		return error_sys(e, "%s", folder->path);
	return folder_save(folder, e);
}
