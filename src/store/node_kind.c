// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/node_kind.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "plan/cpu_class.h"
#include "slurm/hosts.h"
#include "store/digest.h"
#include "store/generation.h"
#include "store/user_file.h"

#define CPUS	 "../cpu" /* from a job's folder */
#define LIBCS	 "../libc"
#define FEATURES "features"

/*
 * What is read at most, since a user may put there what they like: a cluster has a few
 * kinds of CPU and C libraries, and Slurm at most 64,000 nodes.
 */
enum { CLASSES_MAX = 64, NODES_MAX = 65536, NAME_MAX_BYTES = 64, CLASS_DIGITS = 16 };

/* Of a node or a class, and no hostlist, which a name with brackets or commas would be. */
static bool is_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= NAME_MAX_BYTES && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-_.") == length &&
	       strcmp(name, FEATURES) != 0;
}

/* ---- to note ---- */

/* The node was of another class once. */
static void forget(int classes, const char *but, const char *node)
{
	int copy = dup(classes);
	cleanup_closedir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		cleanup_close int class = -1;

		if (!is_name(d->d_name) || !strcmp(d->d_name, but))
			continue;
		class = openat(classes, d->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (class >= 0)
			(void)unlinkat(class, node, 0);
	}
}

static void note(int classes, const char *name, const char *node)
{
	cleanup_close int class = file_make_dir(classes, name, NULL);
	cleanup_close int file = -1;

	if (class < 0 || faccessat(class, node, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	forget(classes, name, node);
	file = openat(class, node, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int describe_class(int cpus, const char *name, const char *text)
{
	cleanup_close int class = file_make_dir(cpus, name, NULL);

	if (class < 0)
		return -1;
	return faccessat(class, FEATURES, F_OK, AT_SYMLINK_NOFOLLOW) == 0
		       ? 0
		       : file_replace(class, FEATURES, text, strlen(text), 0600, NULL);
}

static void note_cpu(const struct folder *folder, const char *node, const struct cpu *cpu)
{
	cleanup_free char *text = cpu_text(cpu);
	cleanup_close int cpus = file_make_dir(folder->fd, CPUS, NULL);
	char name[DIGEST_HEX + 1];

	if (!text || cpus < 0)
		return;
	digest_of(text, strlen(text), name);
	name[CLASS_DIGITS] = '\0';
	if (describe_class(cpus, name, text) == 0)
		note(cpus, name, node);
}

static void note_libc(const struct folder *folder, const char *node, const char *libc)
{
	cleanup_close int libcs = file_make_dir(folder->fd, LIBCS, NULL);

	if (libcs >= 0)
		note(libcs, libc, node);
}

void node_kind_note(const struct folder *folder, const char *node, const struct cpu *cpu,
		    const char *libc)
{
	if (!is_name(node))
		return;
	note_cpu(folder, node, cpu);
	if (libc && is_name(libc))
		note_libc(folder, node, libc);
}

/* ---- to ask ---- */

struct names {
	char **names;
	size_t count;
};

static int add(struct names *names, const char *name)
{
	char **grown = names->names;

	if ((names->count & (names->count - 1)) == 0)
		grown = reallocarray(grown, names->count ? 2 * names->count : 1,
				     sizeof(*grown));
	if (!grown)
		return -1;
	names->names = grown;
	grown[names->count] = strdup(name);
	return grown[names->count++] ? 0 : -1;
}

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
}

/* Of the cluster's nodes those that have been added; of no cluster all are taken. */
struct known {
	const struct node_table *cluster;
	bool *added;
};

/* Is it one that was not there before? */
static bool is_new(const struct known *known, const char *name)
{
	const struct node_entry *node;
	bool *added;

	if (!known->cluster)
		return true;
	node = node_table_find(known->cluster, name);
	added = node ? &known->added[node - known->cluster->nodes] : NULL;
	if (!added || *added)
		return false;
	*added = true;
	return true;
}

static int add_nodes(DIR *class, const struct known *known, struct names *unfit)
{
	struct dirent *d;

	for (int i = 0; i < NODES_MAX && (d = readdir(class)); i++) {
		if (unfit->count < NODES_MAX && is_name(d->d_name) &&
		    is_new(known, d->d_name) && add(unfit, d->d_name) < 0)
			return -1;
	}
	return 0;
}

/* Whether nodes of a class, which is open, do not do for a job that needs this. */
typedef bool (*unfit_fn)(const void *needed, const char *name, int class);

static int add_classes(const struct folder *folder, const char *directory,
		       unfit_fn is_unfit, const void *needed, const struct known *known,
		       struct names *unfit)
{
	cleanup_closedir DIR *classes = file_open_dir(folder->fd, directory);
	struct dirent *d;

	for (int i = 0; classes && i < CLASSES_MAX && (d = readdir(classes)); i++) {
		cleanup_closedir DIR *class =
			is_name(d->d_name) ? file_open_dir(dirfd(classes), d->d_name)
					   : NULL;

		if (class && is_unfit(needed, d->d_name, dirfd(class)) &&
		    add_nodes(class, known, unfit) < 0)
			return -1;
	}
	return 0;
}

static bool is_lesser(const void *needed, const char *name, int class)
{
	size_t size;
	cleanup_free char *text =
		user_file_read(class, FEATURES, USER_FILE_CPU, &size, NULL);
	struct cpu cpu;

	(void)name;
	return text && cpu_parse(&cpu, text, NULL) == 0 &&
	       cpu_class_check(needed, &cpu, "it", NULL) < 0;
}

static int add_lesser(const struct folder *folder, const struct known *known,
		      struct names *unfit)
{
	const char *text = manifest_get(&folder->record, GENERATION_CPU);
	struct cpu used;

	if (!text || !*text || cpu_parse(&used, text, NULL) < 0)
		return 0;
	return add_classes(folder, CPUS, is_lesser, &used, known, unfit);
}

static bool is_other(const void *needed, const char *name, int class)
{
	(void)class;
	return strcmp(name, needed) != 0;
}

static int add_others(const struct folder *folder, const struct known *known,
		      struct names *unfit)
{
	const char *libc = manifest_get(&folder->record, RECORD_LIBC);

	if (!libc || !is_name(libc))
		return 0;
	return add_classes(folder, LIBCS, is_other, libc, known, unfit);
}

char *node_kind_unfit(const struct folder *folder, const struct node_table *cluster)
{
	cleanup_free bool *added =
		cluster ? calloc(cluster->count + 1, sizeof(*added)) : NULL;
	const struct known known = { .cluster = cluster, .added = added };
	struct names unfit = { 0 };
	char *list;

	if ((cluster && !added) || add_lesser(folder, &known, &unfit) < 0 ||
	    add_others(folder, &known, &unfit) < 0)
		list = NULL;
	else
		list = unfit.count ? hosts_compress(unfit.names, unfit.count)
				   : strdup("");
	free_names(&unfit);
	return list;
}
