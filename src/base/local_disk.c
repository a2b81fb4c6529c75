// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/local_disk.h"

#include <linux/magic.h>
#include <stddef.h>
#include <sys/vfs.h>

#define ZFS_MAGIC 0x2fc12fc1 /* OpenZFS's ZFS_SUPER_MAGIC; the kernel's headers lack it */

/* By f_type of statfs(2). */
static const struct {
	unsigned long magic;
	const char *name;
} local[] = {
	{ EXT4_SUPER_MAGIC, "ext4" },	{ XFS_SUPER_MAGIC, "xfs" },
	{ BTRFS_SUPER_MAGIC, "btrfs" }, { F2FS_SUPER_MAGIC, "f2fs" },
	{ ZFS_MAGIC, "zfs" },		{ OVERLAYFS_SUPER_MAGIC, "overlayfs" },
	{ TMPFS_MAGIC, "tmpfs" },	{ RAMFS_MAGIC, "ramfs" },
};

const char *local_disk(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		if ((unsigned long)fs.f_type == local[i].magic)
			return local[i].name;
	}
	return NULL;
}
