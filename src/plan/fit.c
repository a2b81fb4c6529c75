// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/fit.h"

bool fit_has_room(const struct fit_node *node, const struct fit_request *r)
{
	if (node->cpus < r->cpus || node->memory < r->memory)
		return false;
	if (r->alone && node->jobs > 0)
		return false;
	return !r->no_others || node->jobs == 0 ||
	       (!node->mixed && node->user == r->user);
}

/* Is node a the better choice? */
static bool is_better(const struct fit_node *a, const struct fit_node *b, bool spread)
{
	if (a->cpus != b->cpus)
		return spread ? a->cpus > b->cpus : a->cpus < b->cpus;
	if (a->memory != b->memory)
		return spread ? a->memory > b->memory : a->memory < b->memory;
	return spread ? a->jobs < b->jobs : false;
}

static bool is_among(const size_t *chosen, size_t count, size_t node)
{
	for (size_t i = 0; i < count; i++) {
		if (chosen[i] == node)
			return true;
	}
	return false;
}

/* The best node that is not chosen yet; count if there is none. */
static size_t next(const struct fit_node *nodes, size_t count, const bool *allowed,
		   const struct fit_request *r, const size_t *chosen, size_t have)
{
	size_t best = count;

	for (size_t i = 0; i < count; i++) {
		if (!allowed[i] || !fit_has_room(&nodes[i], r) ||
		    is_among(chosen, have, i))
			continue;
		if (best == count || is_better(&nodes[i], &nodes[best], r->spread))
			best = i;
	}
	return best;
}

bool fit_find(const struct fit_node *nodes, size_t count, const bool *allowed,
	      const struct fit_request *request, size_t *chosen)
{
	for (size_t have = 0; have < request->nodes; have++) {
		chosen[have] = next(nodes, count, allowed, request, chosen, have);
		if (chosen[have] == count)
			return false;
	}
	return true;
}

void fit_take(struct fit_node *node, const struct fit_request *request)
{
	node->cpus -= request->cpus < node->cpus ? request->cpus : node->cpus;
	node->memory -= request->memory < node->memory ? request->memory : node->memory;
	if (request->alone)
		node->cpus = 0;
	node->mixed = node->mixed || (node->jobs > 0 && node->user != request->user);
	node->user = request->user;
	node->jobs++;
}
