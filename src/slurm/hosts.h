/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hosts.h - hostlists, as Slurm writes them: n[1-4,7].
 */
#ifndef SLURM_HOSTS_H
#define SLURM_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

/* The hosts of a list, one by one; owned. */
struct hosts {
	char **names;
	size_t count;
};

/* No cluster has as many; a list that stands for more is taken for none. */
#define HOSTS_MAX 200000

/*
 * -1 if text is no hostlist, or one of more than HOSTS_MAX hosts, or without memory.
 * hosts_free() in any case.
 */
int hosts_expand(const char *text, struct hosts *hosts);
void hosts_free(struct hosts *hosts);

/* Does a list stand for more than HOSTS_MAX hosts? It is told without making them. */
bool hosts_are_too_many(const char *text);

/* The list of some hosts, as short as Slurm writes it; owned by the caller, or NULL. */
char *hosts_compress(char *const *names, size_t count);

/* The list of those of two lists, each once; owned by the caller, or NULL. */
char *hosts_join(const char *one, const char *other);

/* Is one of the hosts of one list in the other? */
bool hosts_meet(const char *one, const char *other);

/* Are all hosts of one list in the other? Not if either is no hostlist, or is empty. */
bool hosts_within(const char *one, const char *other);

#endif
