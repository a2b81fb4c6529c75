// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/request.h"

enum request request_first(unsigned int waiting)
{
	for (unsigned int bit = REQUEST_VACATE; bit; bit >>= 1) {
		if (waiting & bit)
			return (enum request)bit;
	}
	return REQUEST_NONE;
}

unsigned int request_after(unsigned int waiting, enum request begun)
{
	waiting &= ~(unsigned int)begun;
	/* What was asked for before it began, and wanted no more than a checkpoint. */
	if (begun != REQUEST_LOOK)
		waiting &= ~(unsigned int)(REQUEST_INTERVAL | REQUEST_CREATE);
	return waiting;
}

bool request_overrides(enum request running, enum request asked)
{
	return asked >= REQUEST_WARN && running < REQUEST_WARN;
}

enum leaving request_leaving(enum request request, const struct request_facts *facts)
{
	/* One is kept for the job's own end, which may be counted like this, too. */
	bool may_end = facts->requeued_at_end && facts->failures_left > 1;
	enum leaving queue = may_end ? LEAVE_END : LEAVE_QUEUE;

	/* What is saved can still be submitted again. */
	if (facts->kept_out)
		return request == REQUEST_LOOK && !facts->preempted ? LEAVE_IGNORE
								    : LEAVE_NOT;
	switch (request) {
	case REQUEST_VACATE:
		return LEAVE_HOLD;
	case REQUEST_REQUEUE:
		return queue;
	case REQUEST_WARN:
		return facts->preempted || facts->eternal ? queue : LEAVE_NOT;
	case REQUEST_LOOK:
		return facts->preempted ? queue : LEAVE_IGNORE;
	default:
		return LEAVE_NOT;
	}
}

const char *request_reason(enum request request, bool preempted)
{
	switch (request) {
	case REQUEST_INTERVAL:
		return "interval";
	case REQUEST_WARN:
		return preempted ? "preemption" : "time-limit";
	case REQUEST_LOOK:
		return "preemption";
	case REQUEST_REQUEUE:
		return "requeue";
	case REQUEST_VACATE:
		return "vacate";
	default:
		return "request";
	}
}
