// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/migrate.h"

#include <stddef.h>
#include <string.h>

static const char *const words[MIGRATE_ACTS] = {
	[MIGRATE_MOVE] = "move",       [MIGRATE_WAIT] = "wait",
	[MIGRATE_REQUEUE] = "requeue", [MIGRATE_CANCEL] = "cancel",
	[MIGRATE_SKIP] = "skip",       [MIGRATE_FAIL] = "fail",
};

const char *migrate_word(enum migrate_act act)
{
	return words[act];
}

int migrate_act(const char *word, enum migrate_act *act)
{
	for (int i = 0; i < MIGRATE_ACTS; i++) {
		if (!strcmp(word, words[i])) {
			*act = (enum migrate_act)i;
			return 0;
		}
	}
	return -1;
}

static struct migrate_verdict verdict(enum migrate_act act, enum migrate_why why)
{
	return (struct migrate_verdict){ act, why };
}

/* Of a job without a runner. Those on several nodes have an option of their own. */
static struct migrate_verdict unprotected(const struct migrate_policy *p,
					  const struct migrate_facts *f)
{
	enum migrate_act act = p->uncheckpointable;

	if (f->parallel)
		act = p->parallel == MIGRATE_MOVE ? MIGRATE_WAIT : p->parallel;
	return verdict(act, MIGRATE_UNPROTECTED);
}

/* What keeps a job that could be saved from being moved now. */
static struct migrate_verdict protected(const struct migrate_policy *p,
					const struct migrate_facts *f)
{
	if (f->parallel && p->parallel != MIGRATE_MOVE)
		return verdict(p->parallel, MIGRATE_PARALLEL);
	if (f->suspended)
		return verdict(MIGRATE_WAIT, MIGRATE_SUSPENDED);
	if (f->bound)
		return verdict(MIGRATE_WAIT, MIGRATE_BOUND);
	if (p->force)
		return verdict(MIGRATE_MOVE, MIGRATE_CAN);
	if (f->refused)
		return verdict(MIGRATE_WAIT, MIGRATE_REFUSED);
	if (!f->fits)
		return verdict(MIGRATE_WAIT, MIGRATE_FULL);
	if (f->behind)
		return verdict(MIGRATE_WAIT, MIGRATE_BEHIND);
	return verdict(MIGRATE_MOVE, MIGRATE_CAN);
}

struct migrate_verdict migrate_decide(const struct migrate_policy *policy,
				      const struct migrate_facts *facts)
{
	struct migrate_verdict v;

	if (facts->failed)
		return verdict(MIGRATE_SKIP, MIGRATE_FAILED);
	v = facts->protected ? protected(policy, facts) : unprotected(policy, facts);
	if (v.act != MIGRATE_WAIT || !facts->late)
		return v;
	v.act = policy->after_wait;
	/* What can be saved is not thrown away: it is queued with its checkpoint. */
	if (v.act == MIGRATE_REQUEUE && facts->protected && !facts->suspended)
		v.act = MIGRATE_MOVE;
	return v;
}

bool migrate_may_begin(const struct migrate_pace *pace, unsigned int dumps,
		       uint64_t written, double seconds)
{
	if (pace->at_once && dumps >= pace->at_once)
		return false;
	return !pace->rate || (double)written <= (double)pace->rate * seconds;
}

int migrate_order(unsigned long long memory, unsigned int id,
		  unsigned long long other_memory, unsigned int other_id)
{
	/* The longest dump first: then the last one ends soonest. */
	if (memory != other_memory)
		return memory > other_memory ? -1 : 1;
	return (id > other_id) - (id < other_id);
}
