// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/sim.h"

#include <stdlib.h>
#include <string.h>

#include "sim/state.h"

const struct sim_options sim_defaults = {
	.policy = SIM_PREEMPT,
	.cycle = 300,
	/* Those of Slurm 24.11. */
	.backfill = { .interval = 30, .window = 24 * 3600, .tested = 500 },
};

static const struct {
	const char *word;
	int (*pass)(struct sim *s);  /* after each event */
	int (*cycle)(struct sim *s); /* once a cycle in which jobs wait; NULL: never */
} policies[] = {
	[SIM_EASY] = { "easy", easy_pass, NULL },
	[SIM_BACKFILL] = { "backfill", main_pass, backfill_cycle },
	[SIM_ORDER] = { "order", easy_pass, order_cycle },
	[SIM_PREEMPT] = { "preempt", easy_pass, preempt_cycle },
	[SIM_DEFRAGMENT] = { "defragment", easy_pass, defragment_cycle },
	[SIM_COMPACT] = { "compact", easy_pass, compact_cycle },
};

const char *sim_policy_word(enum sim_policy policy)
{
	return policies[policy].word;
}

int sim_policy(const char *word, enum sim_policy *policy)
{
	for (int i = 0; i < SIM_POLICIES; i++) {
		if (strcmp(policies[i].word, word) == 0) {
			*policy = (enum sim_policy)i;
			return 0;
		}
	}
	return -1;
}

/* ---- from one phase to another ---- */

static int no_memory(const struct sim *s)
{
	return error_sys(s->e, "the simulation at second %ld", s->c.now);
}

int64_t sim_length(const struct sim_job *job)
{
	const struct cluster_job *j = &job->job;

	return (j->checkpoints ? j->restore : 0) + j->estimate - j->done;
}

static int begin_waiting(struct sim *s, struct sim_job *job)
{
	job->job.phase = CLUSTER_WAITING;
	job->wait.cpus = job->job.cpus;
	job->wait.length = sim_length(job);
	if (cluster_list_add(&s->c.waiting, &job->job) < 0 ||
	    queue_append(&s->queue, &job->wait) < 0)
		return no_memory(s);
	return 0;
}

static int begin_using(struct sim *s, struct sim_job *job)
{
	if (heap_add(&s->events, &job->event) < 0)
		return no_memory(s);
	if (!s->placed.on && ends_add(&s->ends, job->expected, job->job.cpus) < 0)
		return no_memory(s);
	return 0;
}

static void end_using(struct sim *s, struct sim_job *job)
{
	heap_remove(&s->events, &job->event);
	if (!s->placed.on)
		ends_remove(&s->ends, job->expected, job->job.cpus);
}

/* Seconds until its nodes are there. */
static long take_cpus(struct sim *s, const struct sim_job *job)
{
	if (s->placed.on)
		return placed_take(s, &job->job);
	s->c.free -= job->job.cpus;
	return 0;
}

static void give_cpus(struct sim *s, const struct sim_job *job)
{
	if (s->placed.on)
		placed_give(s, &job->job);
	else
		s->c.free += job->job.cpus;
}

static long restoring(struct sim *s, const struct sim_job *job)
{
	long seconds;

	if (job->job.checkpoints == 0)
		return 0;
	seconds = cost_seconds(&s->options->cost, job->image, job->job.cpus, s->c.now,
			       &s->disk);
	s->result->lost += (double)seconds * job->job.cpus;
	return seconds;
}

int sim_start(struct sim *s, struct sim_job *job)
{
	struct cluster_job *j = &job->job;

	if (j->cpus > s->c.free)
		return error_set(s->e, "job %u is started without free CPUs", j->id);
	queue_remove(&s->queue, &job->wait);
	cluster_list_remove(&s->c.waiting, j);
	j->phase = CLUSTER_RUNNING;
	j->boosted = false;
	placed_keep_no_more(s, job);
	j->start = s->c.now + take_cpus(s, job) + restoring(s, job);
	job->event.at = j->start + job->run - j->done;
	job->expected = j->start + j->estimate - j->done;
	if (s->result->starts[j->id] < 0)
		s->result->starts[j->id] = s->c.now;
	if (cluster_list_add(&s->c.running, j) < 0)
		return no_memory(s);
	return begin_using(s, job);
}

static void count_checkpoint(struct sim *s, struct cluster_job *j)
{
	s->c.checkpointed += j->checkpoints == 0;
	j->checkpoints++;
	s->result->checkpoints++;
	if (j->checkpoints > s->result->most)
		s->result->most = j->checkpoints;
	s->result->lost += (double)j->dump * j->cpus;
}

/* A running job stops here, and its checkpoint is written. */
static void begin_saving(struct sim *s, struct sim_job *job)
{
	struct cluster_job *j = &job->job;

	end_using(s, job);
	cluster_list_remove(&s->c.running, j);
	j->done = cluster_done(j, s->c.now);
	j->phase = CLUSTER_LEAVING;
	j->dump =
		cost_seconds(&s->options->cost, job->image, j->cpus, s->c.now, &s->disk);
}

int sim_checkpoint(struct sim *s, struct sim_job *job)
{
	struct cluster_job *j = &job->job;

	begin_saving(s, job);
	job->event.at = job->expected = s->c.now + j->dump;
	s->c.leaving += j->cpus;
	count_checkpoint(s, j);
	return begin_using(s, job);
}

/* From now on it holds both nodes, until it is saved. */
int sim_move(struct sim *s, struct sim_job *job, size_t to)
{
	struct cluster_job *j = &job->job;
	long boot;

	begin_saving(s, job);
	job->from = job->at[0];
	job->at[0] = (uint32_t)to;
	boot = placed_take_node(s, j, to);
	job->event.at = job->expected = s->c.now + (j->dump > boot ? j->dump : boot);
	job->expected_end = job->expected + j->restore + j->estimate - j->done;
	s->c.moving++;
	s->result->moves++;
	count_checkpoint(s, j);
	return begin_using(s, job);
}

/* It is saved, and continues on the other node. */
static int arrive_moved(struct sim *s, struct sim_job *job)
{
	struct cluster_job *j = &job->job;

	placed_give_node(s, j, job->from);
	job->from = PLACED_NOWHERE;
	s->c.moving--;
	j->phase = CLUSTER_RUNNING;
	j->start = s->c.now + restoring(s, job);
	job->event.at = j->start + job->run - j->done;
	job->expected = j->start + j->estimate - j->done;
	if (cluster_list_add(&s->c.running, j) < 0)
		return no_memory(s);
	return begin_using(s, job);
}

/* ---- events ---- */

/* Where it may be placed. -1 without memory. */
static int make_place(const struct sim *s, const struct trace_job *t, struct sim_job *job)
{
	struct cluster_place *place = &job->job.place;

	job->from = job->promised = PLACED_NOWHERE;
	job->at = &job->one;
	if (!s->placed.on)
		return 0;
	if (!placed_shape(s->options->machine, t, s->options->exclusive, place))
		return error_set(s->e, "job %u fits on no nodes", job->job.id);
	if (place->count > 1)
		job->at = malloc(place->count * sizeof(job->at[0]));
	place->nodes = job->at;
	return job->at ? 0 : no_memory(s);
}

static void free_job(struct sim_job *job)
{
	if (job->at != &job->one)
		free(job->at);
	free(job);
}

static struct sim_job *make_job(const struct sim *s, size_t i)
{
	const struct trace_job *t = &s->trace->jobs[i];
	const struct cost_model *cost = &s->options->cost;
	struct sim_job *job = calloc(1, sizeof(*job));

	if (!job) {
		no_memory(s);
		return NULL;
	}
	job->run = t->run;
	job->event.id = (uint32_t)i;
	job->image = cost_image(cost, t->cpus, t->memory);
	job->job = (struct cluster_job){
		.id = (uint32_t)i,
		.cpus = t->cpus,
		.submit = t->submit,
		.estimate = t->estimate,
		.dump = cost_seconds(cost, job->image, t->cpus, 0, NULL),
		.fair_wait = s->options->fair_waits ? s->options->fair_waits[i] : -1,
	};
	job->job.restore = job->job.dump;
	job->job.image = job->image;
	if (make_place(s, t, job) < 0) {
		free_job(job);
		return NULL;
	}
	return job;
}

static int arrive(struct sim *s)
{
	struct sim_job *job = make_job(s, s->arrived++);

	s->c.submitted++;
	return job ? begin_waiting(s, job) : -1;
}

static int finish(struct sim *s, struct sim_job *job)
{
	struct cluster_job *j = &job->job;

	if (cluster_done(j, s->c.now) != job->run)
		return error_set(s->e, "job %u ends after %ld of %ld seconds of work",
				 j->id, cluster_done(j, s->c.now), (long)job->run);
	s->result->finishes[j->id] = s->c.now;
	s->finished++;
	give_cpus(s, job);
	cluster_list_remove(&s->c.running, j);
	free_job(job);
	return 0;
}

static int happen(struct sim *s, struct sim_job *job)
{
	end_using(s, job);
	if (job->job.phase == CLUSTER_RUNNING)
		return finish(s, job);
	if (job->from != PLACED_NOWHERE)
		return arrive_moved(s, job);
	s->c.leaving -= job->job.cpus;
	give_cpus(s, job);
	return begin_waiting(s, job);
}

static bool adds_up(const struct sim *s)
{
	uint64_t used = s->c.leaving;

	for (size_t i = 0; i < s->c.running.count; i++)
		used += s->c.running.jobs[i]->cpus;
	return (s->placed.on ? placed_adds_up(s) : used + s->c.free == s->c.cpus) &&
	       s->queue.count == s->c.waiting.count &&
	       s->events.count + s->c.waiting.count + s->finished == s->arrived;
}

/* ---- the loop ---- */

static int64_t next_arrival(const struct sim *s)
{
	return s->arrived < s->trace->count ? s->trace->jobs[s->arrived].submit
					    : INT64_MAX;
}

static int64_t next_event(const struct sim *s)
{
	const struct heap_item *first = heap_first(&s->events);

	return first ? first->at : INT64_MAX;
}

/* Seconds from one cycle to the next; 0: there are none. */
static long cycle_length(const struct sim *s)
{
	if (!policies[s->options->policy].cycle)
		return 0;
	return s->options->policy == SIM_BACKFILL ? s->options->backfill.interval
						  : s->options->cycle;
}

/* Is there anything to decide? */
static bool cycle_is_wanted(const struct sim *s)
{
	return s->c.waiting.count > 0 ||
	       (s->options->policy == SIM_COMPACT && s->c.running.count > 0);
}

/* Cycles are at whole multiples of their length. */
static int64_t next_cycle(const struct sim *s)
{
	long length = cycle_length(s);

	return length && cycle_is_wanted(s) ? (s->c.now / length + 1) * length
					    : INT64_MAX;
}

static bool cycle_is_due(const struct sim *s)
{
	long length = cycle_length(s);

	return length && cycle_is_wanted(s) && s->c.now % length == 0;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void count_use(struct sim *s, int64_t now)
{
	int64_t until = sooner(now, s->trace->jobs[s->trace->count - 1].submit);

	if (until > s->counted) {
		s->used += (double)(s->c.cpus - s->c.free) * (double)(until - s->counted);
		s->counted = until;
	}
}

static int step(struct sim *s, int64_t now)
{
	count_use(s, now);
	s->c.now = now;
	while (next_event(s) == now) {
		if (happen(s, SIM_JOB(heap_first(&s->events), event)) < 0)
			return -1;
	}
	while (next_arrival(s) == now) {
		if (arrive(s) < 0)
			return -1;
	}
	if (cycle_is_due(s) && policies[s->options->policy].cycle(s) < 0)
		return -1;
	if (policies[s->options->policy].pass(s) < 0)
		return -1;
	if (s->options->check && !adds_up(s))
		return error_set(s->e, "at second %ld jobs and CPUs do not add up", now);
	return 0;
}

static int run(struct sim *s)
{
	while (s->finished < s->trace->count) {
		int64_t now = sooner(next_arrival(s), next_event(s));

		now = sooner(now, next_cycle(s));
		if (now == INT64_MAX)
			return error_set(s->e, "%zu of %zu jobs never end",
					 s->trace->count - s->finished, s->trace->count);
		if (step(s, now) < 0)
			return -1;
	}
	return 0;
}

static void free_jobs(struct cluster_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free_job(SIM_JOB(list->jobs[i], job));
	cluster_list_free(list);
}

static void free_all(struct sim *s)
{
	struct heap_item *item;

	/* After a failure some are still there: those that leave in the heap alone. */
	while ((item = heap_first(&s->events))) {
		struct sim_job *job = SIM_JOB(item, event);

		heap_remove(&s->events, item);
		if (job->job.phase == CLUSTER_LEAVING)
			free_job(job);
	}
	free_jobs(&s->c.waiting);
	free_jobs(&s->c.running);
	heap_free(&s->events);
	ends_free(&s->ends);
	queue_free(&s->queue);
	preempt_plan_free(&s->plan);
	moves_free(&s->moves);
	placed_free(s);
}

static int result_init(struct sim_result *result, size_t count, struct error *e)
{
	*result = (struct sim_result){ .count = count };
	result->starts = malloc((count + 1) * sizeof(int64_t));
	result->finishes = malloc((count + 1) * sizeof(int64_t));
	if (!result->starts || !result->finishes) {
		sim_result_free(result);
		return error_sys(e, "%zu jobs", count);
	}
	for (size_t i = 0; i < count; i++)
		result->starts[i] = result->finishes[i] = -1;
	return 0;
}

/* A part of a node counts as that part of it. */
static void count_power(struct sim *s, int64_t span)
{
	double cpus = (double)s->c.cpus / (double)s->c.node_count;

	s->result->power =
		power_finish(&s->placed.power, &s->options->power, s->used / cpus, span);
	s->result->nodes = s->c.node_count;
	s->result->boots = s->placed.power.boots;
}

int sim_run(const struct trace *t, const struct sim_options *options,
	    struct sim_result *result, struct error *e)
{
	struct sim s = { .trace = t, .options = options, .result = result, .e = e };
	int64_t span;
	int rc;

	if (result_init(result, t->count, e) < 0)
		return -1;
	s.c.cpus = s.c.free = options->cpus;
	rc = placed_init(&s) < 0 ? -1 : run(&s);
	result->checkpointed = s.c.checkpointed;
	span = t->count ? t->jobs[t->count - 1].submit : 0;
	result->used = span > 0 ? s.used / ((double)span * (double)options->cpus) : 0;
	if (rc == 0 && s.placed.on)
		count_power(&s, span);
	free_all(&s);
	if (rc < 0)
		sim_result_free(result);
	return rc;
}

void sim_result_free(struct sim_result *result)
{
	free(result->starts);
	free(result->finishes);
	*result = (struct sim_result){ 0 };
}
