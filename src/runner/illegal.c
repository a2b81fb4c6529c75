// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/illegal.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

/* Seconds in which a job that was restored comes by what it does again and again. */
#define SOON 10

/* By itself, or as a shell ends when the last program that it ran did. */
static bool is_illegal(int status)
{
	return (WIFSIGNALED(status) && WTERMSIG(status) == SIGILL) ||
	       (WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGILL);
}

bool illegal_instruction(const struct restoration *restored, int status, double now,
			 struct error *e)
{
	const struct cpu_restored *cpu = &restored->cpu;
	double after = now - restored->time;

	if (!restored->generation || !is_illegal(status))
		return false;
	if (!cpu->lacks.text[0] && (!cpu->elsewhere || after > SOON))
		return false;
	error_set(e,
		  "the job was ended by SIGILL, an illegal instruction, %.1f s after it "
		  "was restored from generation %u: %.700s",
		  after, restored->generation,
		  cpu->lacks.text[0] ? cpu->lacks.text
				     : "it was saved on another node, whose CPU may have "
				       "more");
	return true;
}
