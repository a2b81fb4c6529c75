// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/tmpdir.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#define BLOCK (256u << 10) /* bytes read from an archive at once */

static int archive_failed(struct archive *a, const char *what, struct error *e)
{
	const char *why = archive_error_string(a);

	return error_set(e, "%s: %s", what, why ? why : "unknown error");
}

/* Of what is saved: the user can take the right to read a file from themselves. */
static int read_failed(struct archive *a, const char *what, struct error *e)
{
	/* Of a directory libarchive does not say it. */
	if (archive_errno(a) != EACCES && errno != EACCES)
		return archive_failed(a, what, e);
	return error_set(
		e,
		"something in the job's TMPDIR or /dev/shm cannot be read by its "
		"owner (%s); have the job give itself that right with \"chmod -R "
		"u+rwX\", or remove it",
		archive_error_string(a));
}

static bool is_empty(const char *dir)
{
	cleanup_closedir DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = file_next(d))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	}
	return !d || !errno;
}

/* ---- saving ---- */

/* Where the archive goes, digested on its way. */
struct sink {
	int fd;
	uint64_t size;
	struct digest *digest;
};

static la_ssize_t sink_write(struct archive *a, void *arg, const void *data, size_t size)
{
	struct sink *sink = arg;

	if (file_write_all(sink->fd, data, size) < 0) {
		archive_set_error(a, errno, "%s", strerror(errno));
		return -1;
	}
	digest_add(sink->digest, data, size);
	sink->size += size;
	return (la_ssize_t)size;
}

static int copy_data(struct archive *in, struct archive *out, struct error *e)
{
	const void *block;
	la_int64_t offset;
	size_t size;
	int rc;

	while ((rc = archive_read_data_block(in, &block, &size, &offset)) == ARCHIVE_OK) {
		if (archive_write_data_block(out, block, size, offset) < ARCHIVE_OK)
			return archive_failed(out, "cannot be written", e);
	}
	return rc == ARCHIVE_EOF ? 0 : archive_failed(in, "cannot be read", e);
}

/* As copy_data, for a format that has no blocks of its own: holes are written out. */
static int copy_flat(struct archive *in, struct archive *out, const char *path,
		     struct error *e)
{
	static const char zeros[4096];
	la_int64_t offset, at = 0;
	const void *block;
	size_t size;
	int rc;

	while ((rc = archive_read_data_block(in, &block, &size, &offset)) == ARCHIVE_OK) {
		while (at < offset) {
			size_t gap = (size_t)(offset - at);

			gap = gap < sizeof(zeros) ? gap : sizeof(zeros);
			if (archive_write_data(out, zeros, gap) < 0)
				return archive_failed(out, path, e);
			at += (la_int64_t)gap;
		}
		if (archive_write_data(out, block, size) < 0)
			return archive_failed(out, path, e);
		at += (la_int64_t)size;
	}
	return rc == ARCHIVE_EOF ? 0 : read_failed(in, path, e);
}

/* Write an entry, its name made relative to dir. */
static int save_entry(struct archive *disk, struct archive *out,
		      struct archive_entry *entry, const char *dir, struct error *e)
{
	const char *path = archive_entry_pathname(entry);
	size_t prefix = strlen(dir);
	cleanup_free char *name = NULL;

	if (strlen(path) <= prefix + 1 || archive_entry_filetype(entry) == AE_IFSOCK)
		return 0;
	name = strdup(path + prefix + 1);
	if (!name)
		return error_sys(e, "%s", dir);
	archive_entry_set_pathname(entry, name);
	if (archive_entry_hardlink(entry) &&
	    strlen(archive_entry_hardlink(entry)) > prefix + 1) {
		cleanup_free char *link =
			strdup(archive_entry_hardlink(entry) + prefix + 1);

		archive_entry_set_hardlink(entry, link);
	}
	if (archive_write_header(out, entry) < ARCHIVE_WARN)
		return archive_failed(out, name, e);
	if (archive_entry_size(entry) <= 0 || archive_entry_hardlink(entry))
		return 0;
	return copy_flat(disk, out, name, e);
}

static int save_all(struct archive *disk, struct archive *out, const char *dir,
		    struct error *e)
{
	struct archive_entry_linkresolver *links = archive_entry_linkresolver_new();
	int rc = links ? 0 : error_sys(e, "%s", dir);

	if (links)
		archive_entry_linkresolver_set_strategy(links, archive_format(out));
	while (rc == 0) {
		struct archive_entry *entry = archive_entry_new(), *deferred = NULL;
		int next;

		errno = 0;
		next = archive_read_next_header2(disk, entry);
		if (next == ARCHIVE_EOF) {
			archive_entry_free(entry);
			break;
		}
		if (next < ARCHIVE_WARN)
			rc = read_failed(disk, dir, e);
		(void)archive_read_disk_descend(disk);
		archive_entry_linkify(links, &entry, &deferred);
		if (rc == 0 && entry)
			rc = save_entry(disk, out, entry, dir, e);
		archive_entry_free(entry);
		archive_entry_free(deferred);
	}
	archive_entry_linkresolver_free(links);
	return rc;
}

static int write_archive(struct sink *sink, const char *dir, const char *name,
			 struct error *e)
{
	struct archive *disk = archive_read_disk_new();
	struct archive *out = archive_write_new();
	int rc = -1;

	if (!disk || !out)
		error_sys(e, "%s", dir);
	else if (archive_write_set_format_pax(out) != ARCHIVE_OK ||
		 archive_write_add_filter_zstd(out) != ARCHIVE_OK ||
		 archive_write_set_filter_option(out, "zstd", "compression-level", "1") !=
			 ARCHIVE_OK ||
		 archive_write_set_bytes_in_last_block(out, 1) != ARCHIVE_OK ||
		 archive_write_open(out, sink, NULL, sink_write, NULL) != ARCHIVE_OK)
		archive_failed(out, name, e);
	else if (archive_read_disk_set_symlink_physical(disk) != ARCHIVE_OK ||
		 archive_read_disk_open(disk, dir) != ARCHIVE_OK)
		archive_failed(disk, dir, e);
	else
		rc = save_all(disk, out, dir, e);
	if (rc == 0 && archive_write_close(out) != ARCHIVE_OK)
		rc = archive_failed(out, name, e);
	archive_write_free(out);
	archive_read_free(disk);
	return rc;
}

int tmpdir_save(struct generation *gen, const char *name, const char *dir,
		struct error *e)
{
	struct sink sink = { .fd = -1 };
	char hex[DIGEST_HEX + 1];
	int rc = -1;

	if (is_empty(dir))
		return 0;
	sink.digest = digest_new();
	sink.fd = generation_create(gen, name, e);
	if (sink.digest && sink.fd >= 0 && write_archive(&sink, dir, name, e) == 0) {
		digest_hex(sink.digest, hex);
		rc = manifest_add_file(&gen->manifest, name, sink.size, hex);
		if (rc < 0)
			error_sys(e, "%s", name);
	}
	digest_free(sink.digest);
	if (sink.fd >= 0)
		close(sink.fd);
	return rc;
}

/* ---- restoring ---- */

static int restore_entry(struct archive *in, struct archive *disk,
			 struct archive_entry *entry, const char *dir, struct error *e)
{
	const char *hardlink = archive_entry_hardlink(entry);
	cleanup_free char *path = str_printf("%s/%s", dir, archive_entry_pathname(entry));
	cleanup_free char *link = hardlink ? str_printf("%s/%s", dir, hardlink) : NULL;

	if (!path || (hardlink && !link))
		return error_sys(e, "%s", dir);
	archive_entry_set_pathname(entry, path);
	if (link)
		archive_entry_set_hardlink(entry, link);
	if (archive_write_header(disk, entry) < ARCHIVE_WARN)
		return archive_failed(disk, path, e);
	if (archive_entry_size(entry) > 0 && copy_data(in, disk, e) < 0)
		return -1;
	if (archive_write_finish_entry(disk) < ARCHIVE_WARN)
		return archive_failed(disk, path, e);
	return 0;
}

static int restore_all(struct archive *in, const char *dir, const char *name,
		       struct error *e)
{
	struct archive *disk = archive_write_disk_new();
	struct archive_entry *entry;
	int rc = disk ? 0 : error_sys(e, "%s", dir), next = ARCHIVE_EOF;

	if (disk)
		archive_write_disk_set_options(
			disk, ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM |
				      ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_ACL |
				      ARCHIVE_EXTRACT_SPARSE |
				      ARCHIVE_EXTRACT_SECURE_NODOTDOT);
	while (rc == 0 && (next = archive_read_next_header(in, &entry)) >= ARCHIVE_WARN &&
	       next != ARCHIVE_EOF)
		rc = restore_entry(in, disk, entry, dir, e);
	if (rc == 0 && next != ARCHIVE_EOF)
		rc = archive_failed(in, name, e);
	/* The times and modes of directories come last. */
	if (rc == 0 && archive_write_close(disk) != ARCHIVE_OK)
		rc = archive_failed(disk, dir, e);
	archive_write_free(disk);
	return rc;
}

int tmpdir_restore(const struct generation *gen, const char *name, const char *dir,
		   struct error *e)
{
	cleanup_close int fd = -1;
	struct archive *in;
	int rc;

	if (!manifest_find_file(&gen->manifest, name))
		return 0;
	fd = openat(gen->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_sys(e, "%s", name);
	in = archive_read_new();
	if (!in)
		return error_sys(e, "%s", name);
	if (archive_read_support_format_tar(in) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(in) != ARCHIVE_OK ||
	    archive_read_open_fd(in, fd, BLOCK) != ARCHIVE_OK)
		rc = archive_failed(in, name, e);
	else
		rc = restore_all(in, dir, name, e);
	archive_read_free(in);
	return rc;
}
