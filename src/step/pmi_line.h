/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pmi_line.h - the socket pair between srun and a task that speaks PMI: whole messages in,
 * and out.
 *
 * Nobody waits for a task: what it does not read is kept, and as long as something is kept it
 * is not asked for more, so what is kept stays small. On a task that sends nonsense, or cannot
 * be answered, it is hung up: that is better for the task than to wait for ever.
 */
#ifndef STEP_PMI_LINE_H
#define STEP_PMI_LINE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "step/pmi_message.h"

struct pmi_line {
	int fd, task_fd; /* our end and the task's; -1: closed */
	enum pmi_wire wire;
	char *in, *out;
	size_t in_used, in_size, out_used, out_sent;
};

/* -1 and errno. pmi_line_close() in any case. */
int pmi_line_open(struct pmi_line *line);

/* Close our end. The task's, which srun has until the task is started, stays. */
void pmi_line_hang_up(struct pmi_line *line);

/* What to wait for; false: it is closed. */
bool pmi_line_wait_for(const struct pmi_line *line, struct pollfd *fd);

/* Send, or read, what is possible now. */
void pmi_line_serve(struct pmi_line *line);

/*
 * Take the next message that is there. Its text, to be freed when the message is done with;
 * NULL: there is none now.
 */
char *pmi_line_take(struct pmi_line *line, struct pmi_message *m);

/* Send a message, of pairs as the wire writes them; NULL hangs up. */
void pmi_line_put(struct pmi_line *line, const char *pairs);

void pmi_line_close(struct pmi_line *line);

#endif
