// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/interval.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/children.h"
#include "base/uptime.h"
#include "plan/interval.h"
#include "runner/journal.h"
#include "slurm/mtbf.h"

#define SECONDS_PER_DAY	  (24.0 * 60 * 60)
#define DEFAULT_MTBF_DAYS 365 /* of a node, where nobody knows better */

/* ---- how often nodes fail ---- */

/* slurmdbd may take its time, and the job is not to wait for it: so another process asks.
 */
static void ask_slurmdbd(struct interval *interval, const char *nodes)
{
	const pid_t runner = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	interval->asker = fork();
	if (interval->asker == 0) {
		double seconds;

		children_end_with(runner);
		if (mtbf_of_nodes(nodes, &seconds, NULL) == 0)
			(void)!write(fds[1], &seconds, sizeof(seconds));
		_exit(0);
	}
	close(fds[1]);
	if (interval->asker > 0)
		interval->answer = fds[0];
	else
		close(fds[0]);
}

static void stop_asking(struct interval *interval)
{
	if (interval->answer < 0)
		return;
	close(interval->answer);
	interval->answer = -1;
	kill(interval->asker, SIGKILL);
	while (waitpid(interval->asker, NULL, 0) < 0 && errno == EINTR)
		;
}

static void learn_mtbf(struct interval *interval)
{
	const struct task *task = interval->task;
	const char *nodes = getenv("SLURM_JOB_NODELIST");
	long days = task->conf.node_mtbf ? task->conf.node_mtbf : DEFAULT_MTBF_DAYS;

	interval->mtbf = (double)days * SECONDS_PER_DAY / task->nodes;
	if (task->interval == CONF_INTERVAL_AUTO && !task->conf.node_mtbf && nodes)
		ask_slurmdbd(interval, nodes);
}

/* ---- when the next one is due ---- */

void interval_open(struct interval *interval, const struct task *task,
		   const struct folder *folder)
{
	*interval = (struct interval){ .task = task, .folder = folder, .answer = -1 };
	learn_mtbf(interval);
}

void interval_close(struct interval *interval)
{
	stop_asking(interval);
}

/* What an interval was chosen by, in the job's history. */
static void tell(struct interval *interval, long seconds)
{
	struct event event = { .type = EVENT_INTERVAL, .seconds = (double)seconds };

	if (interval->cost > 0)
		snprintf(event.text, sizeof(event.text),
			 "a checkpoint takes %.3f s, and a node of the job is taken to "
			 "fail every %.0f hours",
			 interval->cost, interval->mtbf / 3600);
	else
		snprintf(event.text, sizeof(event.text),
			 "it is not known yet what a checkpoint takes, and a node of the "
			 "job is taken to fail every %.0f hours",
			 interval->mtbf / 3600);
	journal(interval->task, interval->folder, &event);
	interval->chosen = seconds;
}

void interval_set(struct interval *interval, double cost)
{
	long seconds = interval->task->interval;

	interval->cost = cost;
	if (interval->task->interval == CONF_INTERVAL_AUTO) {
		seconds = interval_daly(cost, interval->mtbf);
		if (interval->answer < 0 &&
		    labs(seconds - interval->chosen) > interval->chosen / 4)
			tell(interval, seconds);
	}
	interval->due = seconds > 0 ? uptime_now() + (double)seconds : 0;
}

void interval_hear(struct interval *interval)
{
	double seconds;

	if (read(interval->answer, &seconds, sizeof(seconds)) == sizeof(seconds))
		interval->mtbf = seconds;
	stop_asking(interval);
	interval_set(interval, interval->cost);
}
