// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/pmi_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static struct pmi_pair *find(const struct pmi_store *store, const char *key)
{
	for (size_t i = 0; i < store->count; i++) {
		if (strcmp(store->pairs[i].key, key) == 0)
			return &store->pairs[i];
	}
	return NULL;
}

static struct pmi_pair *add(struct pmi_store *store, const char *key)
{
	struct pmi_pair *more =
		realloc(store->pairs, (store->count + 1) * sizeof(*store->pairs));

	if (!more)
		return NULL;
	store->pairs = more;
	more[store->count] = (struct pmi_pair){ .key = strdup(key) };
	if (!more[store->count].key)
		return NULL;
	store->bytes += strlen(key) + sizeof(*more);
	return &more[store->count++];
}

int pmi_store_put(struct pmi_store *store, const char *key, const char *value)
{
	struct pmi_pair *pair = find(store, key);
	size_t size = strlen(key) + sizeof(*pair) + strlen(value);
	cleanup_free char *copy = NULL;

	if (size > PMI_STORE_MAX - store->bytes || !(copy = strdup(value)))
		return -1;
	if (!pair)
		pair = add(store, key);
	if (!pair)
		return -1;
	store->bytes += strlen(copy);
	store->bytes -= pair->value ? strlen(pair->value) : 0;
	free(pair->value);
	pair->value = take_ptr(copy);
	return 0;
}

const char *pmi_store_get(const struct pmi_store *store, const char *key)
{
	const struct pmi_pair *pair = find(store, key);

	return pair ? pair->value : NULL;
}

void pmi_store_free(struct pmi_store *store)
{
	for (size_t i = 0; i < store->count; i++) {
		free(store->pairs[i].key);
		free(store->pairs[i].value);
	}
	free(store->pairs);
	*store = (struct pmi_store){ 0 };
}
