/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pmi_store.h - what tasks have told each other by PMI: values by keys.
 */
#ifndef STEP_PMI_STORE_H
#define STEP_PMI_STORE_H

#include <stddef.h>

/* Bytes of all keys and values. A task of MPICH puts some hundred; it is the job's memory. */
#define PMI_STORE_MAX ((size_t)64 << 20)

struct pmi_pair {
	char *key, *value;
};

struct pmi_store {
	struct pmi_pair *pairs;
	size_t count, bytes;
};

/* Put a value, in the place of the one before. -1: there is no room. */
int pmi_store_put(struct pmi_store *store, const char *key, const char *value);

/* The store's; NULL: it has none. */
const char *pmi_store_get(const struct pmi_store *store, const char *key);

void pmi_store_free(struct pmi_store *store);

#endif
