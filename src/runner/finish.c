// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "runner/apart.h"
#include "runner/begun.h"
#include "runner/journal.h"
#include "runner/order.h"
#include "runner/own_output.h"
#include "runner/record.h"
#include "runner/relocate.h"
#include "runner/runner.h"
#include "runner/say.h"
#include "slurm/job.h"
#include "store/generation.h"
#include "store/node_kind.h"

/*
 * A job that was warned of its preemption and ends by itself may be requeued all the
 * same (slurm/job.h). Then its next start must not do its work again, but end as it
 * ended. The same holds for another start of the job that waits for the end of this one.
 */
static bool will_start_again(struct runner *r)
{
	const struct manifest *m = &r->folder.record;
	struct job_view view;

	errno = 0;
	if (folder_check_ours(&r->folder, NULL) < 0 && errno == ESTALE)
		return true;
	if (!manifest_get(m, ATTR_WARNED) ||
	    apart_read_for_sure(r->task.job, &view, NULL) < 0)
		return false;
	return view.requeued_at_end || view.maybe_requeued_at_end;
}

/* Has it been requeued, as by its own script, so that it goes on? Only if that matters.
 */
static bool is_queued_again(struct runner *r, bool success)
{
	bool appends = r->task.append && !r->task.truncate;
	bool removes = r->task.conf.cleanup == CLEANUP_ALWAYS ||
		       (r->task.conf.cleanup == CLEANUP_SUCCESS && success);
	struct job_view view;

	if (!appends && !(removes && generation_any(&r->folder)))
		return false;
	if (apart_read_for_sure(r->task.job, &view, NULL) < 0 || !view.queued)
		return false;
	/* Whoever was driven off its node without a checkpoint does its work again. */
	if (appends && !view.preempted)
		own_output_settle(&r->folder.record);
	(void)manifest_set(&r->folder.record, ATTR_REQUEUED, "yes");
	return true;
}

/* What is kept of a job that has ended is told by Cleanup; its history stays. */
static void clean_up(struct runner *r, int status)
{
	bool success = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	enum conf_cleanup cleanup = r->task.conf.cleanup;
	bool goes_on;

	(void)manifest_set(&r->folder.record, RECORD_END, "%lld", (long long)time(NULL));
	if (will_start_again(r)) {
		/* Unless it is Slurm that has ended it, when its grace was over. */
		if (success || !r->terminated)
			(void)manifest_set(&r->folder.record, ATTR_ENDED, "%d", status);
		(void)folder_save(&r->folder, NULL);
		return;
	}
	goes_on = is_queued_again(r, success);
	(void)folder_save(&r->folder, NULL);
	if (goes_on ||
	    (cleanup != CLEANUP_ALWAYS && (cleanup != CLEANUP_SUCCESS || !success)))
		return;
	(void)folder_strip(&r->folder, NULL);
	begun_forget(&r->task);
}

void end(struct runner *r, int status)
{
	struct event event = { .type = EVENT_END, .status = status };

	journal(&r->task, &r->folder, &event);
	scratch_remove(&r->scratch);
	clean_up(r, status);
	task_exit(status);
}

void end_again(struct runner *r)
{
	unsigned long long status;

	if (manifest_get_number(&r->folder.record, ATTR_ENDED, INT_MAX, &status) == 0)
		end(r, (int)status);
}

void hold(struct runner *r, const struct error *e)
{
	struct event event = { .type = EVENT_HELD };
	struct error failed;

	snprintf(event.text, sizeof(event.text), "%s", e->text);
	journal(&r->task, &r->folder, &event);
	say(r->task.job,
	    "it cannot continue from its checkpoints on %s and is held; when that is "
	    "mended, "
	    "release it with \"scontrol release %u\": %s",
	    r->task.node, r->task.job, e->text);
	scratch_remove(&r->scratch);
	if (apart_requeue(r->task.job, true, &failed) < 0)
		say(r->task.job, "%s", failed.text);
	_exit(1);
}

static void leave_for_others(struct runner *r, const char *nodes, const struct error *e)
{
	struct event event = { .type = EVENT_LEAVE, .reason = "queue" };
	struct error failed = { .text = "" };

	if (apart_requeue(r->task.job, false, &failed) < 0) {
		say(r->task.job, "it cannot continue here: %.700s; %.300s", e->text,
		    failed.text);
		end_killed(r, SIGKILL);
	}
	if (apart_relocate_away(&r->task, &r->folder, nodes, &failed) < 0)
		error_prefix(&failed, "; but it may come to this node again");
	snprintf(event.text, sizeof(event.text), "it continues elsewhere: %.680s%.300s",
		 e->text, failed.text);
	journal(&r->task, &r->folder, &event);
	say(r->task.job, "%s", event.text);
	scratch_remove(&r->scratch);
	_exit(0);
}

void go_elsewhere(struct runner *r, const struct error *e)
{
	cleanup_free char *unfit = node_kind_unfit(&r->folder, NULL);
	bool only = !unfit || !*unfit;
	cleanup_free char *nodes =
		str_printf("%s%s%s", r->task.node, only ? "" : ",", only ? "" : unfit);
	struct error both = *e, none;

	if (!nodes)
		error_sys(&none, "nodes");
	else if (apart_relocate_is_possible(&r->task, nodes, &none) == 0)
		leave_for_others(r, nodes, e);
	snprintf(both.text, sizeof(both.text), "%.600s; %.400s", e->text, none.text);
	hold(r, &both);
}

void fail(struct runner *r, const struct error *e)
{
	struct event event = { .type = EVENT_END, .status = W_EXITCODE(1, 0) };

	snprintf(event.text, sizeof(event.text), "%s", e->text);
	journal(&r->task, &r->folder, &event);
	say(r->task.job, "no checkpoint can be restored: %s", e->text);
	scratch_remove(&r->scratch);
	_exit(1);
}

void end_killed(struct runner *r, int signum)
{
	struct event event = { .type = EVENT_END, .status = W_EXITCODE(0, signum) };

	journal(&r->task, &r->folder, &event);
	scratch_remove(&r->scratch);
	task_exit(signum);
}

/*
 * Slurm was to requeue the job when it ends. A slurmctld that was killed meanwhile may
 * have forgotten that, and would take the job for finished.
 */
static bool is_forgotten(const struct runner *r)
{
	struct job_view view;

	return apart_read_for_sure(r->task.job, &view, NULL) == 0 &&
	       !view.requeued_at_end;
}

int leave(struct runner *r, enum leaving how, const char *text, struct error *e)
{
	static const char *const words[] = {
		[LEAVE_QUEUE] = "queue", [LEAVE_HOLD] = "hold", [LEAVE_END] = "end"
	};
	struct event event = { .type = EVENT_LEAVE };
	struct error failed;

	snprintf(event.text, sizeof(event.text), "%s", text ? text : "");
	if (how == LEAVE_END && is_forgotten(r))
		how = LEAVE_QUEUE;
	if (how != LEAVE_END && apart_requeue(r->task.job, how == LEAVE_HOLD, e) < 0)
		return -1;
	if (how != LEAVE_END && apart_relocate(&r->task, &r->folder, &failed) < 0) {
		error_prefix(&failed, "it continues wherever Slurm has it");
		snprintf(event.text, sizeof(event.text), "%s", failed.text);
	}
	snprintf(event.reason, sizeof(event.reason), "%s", words[how]);
	if (r->unsaved.saved)
		snprintf(
			event.text, sizeof(event.text),
			"it continues from its last checkpoint, since %.3f s of work are "
			"less than the %.3f s that one takes",
			r->unsaved.work, r->unsaved.cost);
	journal(&r->task, &r->folder, &event);
	scratch_remove(&r->scratch);
	_exit(0);
}

void end_cancelled(struct runner *r)
{
	struct error e;

	if (order_is_waiting() && order_is_mistaken(&r->task, &r->folder))
		leave(r, LEAVE_QUEUE, ORDER_MISTAKEN, &e);
	end_killed(r, SIGTERM);
}
