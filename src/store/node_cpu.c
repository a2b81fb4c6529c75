// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/node_cpu.h"

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

#define DIRECTORY "../cpu" /* from a job's folder */
#define FEATURES  "features"

/*
 * What is read at most, since a user may put there what they like: a cluster has a few
 * kinds of CPU, and Slurm at most 64,000 nodes.
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

/* The node had another CPU once. */
static void forget(int cpus, const char *but, const char *node)
{
	int copy = dup(cpus);
	cleanup_closedir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		cleanup_close int class = -1;

		if (!is_name(d->d_name) || !strcmp(d->d_name, but))
			continue;
		class = openat(cpus, d->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (class >= 0)
			(void)unlinkat(class, node, 0);
	}
}

static int open_class(int cpus, const char *name, const char *text)
{
	cleanup_close int class = file_make_dir(cpus, name, NULL);

	if (class < 0 ||
	    (faccessat(class, FEATURES, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	     file_replace(class, FEATURES, text, strlen(text), 0600, NULL) < 0))
		return -1;
	return take_fd(class);
}

void node_cpu_note(const struct folder *folder, const char *node, const struct cpu *cpu)
{
	cleanup_free char *text = cpu_text(cpu);
	cleanup_close int cpus = file_make_dir(folder->fd, DIRECTORY, NULL);
	cleanup_close int class = -1;
	cleanup_close int file = -1;
	char name[DIGEST_HEX + 1];

	if (!text || cpus < 0 || !is_name(node))
		return;
	digest_of(text, strlen(text), name);
	name[CLASS_DIGITS] = '\0';
	class = open_class(cpus, name, text);
	if (class < 0 || faccessat(class, node, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	forget(cpus, name, node);
	file = openat(class, node, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
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

/* Of a class that is known not to do. */
static bool is_lesser(int class, const struct cpu *used)
{
	size_t size;
	cleanup_free char *text =
		user_file_read(class, FEATURES, USER_FILE_CPU, &size, NULL);
	struct cpu cpu;

	return text && cpu_parse(&cpu, text, NULL) == 0 &&
	       cpu_class_check(used, &cpu, "it", NULL) < 0;
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

static int add_nodes(DIR *class, const struct known *known, struct names *lesser)
{
	struct dirent *d;

	for (int i = 0; i < NODES_MAX && (d = readdir(class)); i++) {
		if (lesser->count < NODES_MAX && is_name(d->d_name) &&
		    is_new(known, d->d_name) && add(lesser, d->d_name) < 0)
			return -1;
	}
	return 0;
}

static int add_classes(DIR *cpus, const struct cpu *used, const struct known *known,
		       struct names *lesser)
{
	struct dirent *d;

	for (int i = 0; i < CLASSES_MAX && (d = readdir(cpus)); i++) {
		cleanup_closedir DIR *class =
			is_name(d->d_name) ? file_open_dir(dirfd(cpus), d->d_name) : NULL;

		if (class && is_lesser(dirfd(class), used) &&
		    add_nodes(class, known, lesser) < 0)
			return -1;
	}
	return 0;
}

char *node_cpu_lesser(const struct folder *folder, const struct node_table *cluster)
{
	const char *text = manifest_get(&folder->record, GENERATION_CPU);
	cleanup_closedir DIR *cpus = file_open_dir(folder->fd, DIRECTORY);
	cleanup_free bool *added =
		cluster ? calloc(cluster->count + 1, sizeof(*added)) : NULL;
	const struct known known = { .cluster = cluster, .added = added };
	struct names lesser = { 0 };
	struct cpu used;
	char *list;

	if (!cpus || !text || !*text || cpu_parse(&used, text, NULL) < 0)
		return strdup("");
	if ((cluster && !added) || add_classes(cpus, &used, &known, &lesser) < 0)
		list = NULL;
	else
		list = lesser.count ? hosts_compress(lesser.names, lesser.count)
				    : strdup("");
	free_names(&lesser);
	return list;
}
