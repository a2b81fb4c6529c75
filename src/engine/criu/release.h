/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * release.h - the job's processes, when criu has ended in the middle of a dump.
 */
#ifndef ENGINE_CRIU_RELEASE_H
#define ENGINE_CRIU_RELEASE_H

#include "engine/sandbox.h"
#include "engine/tree.h"

/* Processes that are expected to live on. Zeroed to begin with. */
struct settled {
	pid_t *pids; /* inside */
	size_t count;
};

/*
 * Before a dump: those that have run for a tenth of a second, and so will hardly end by
 * themselves just when criu does. If one does, the job goes back to its checkpoint without
 * need; one that was harmed and not missed would be lost from its output.
 */
void settled_note(struct settled *settled, const struct tree *tree);
void settled_free(struct settled *settled);

/*
 * Before criu is killed: the process in which a thread is at work in code that criu has
 * put there, which ends in a trap that criu alone would catch; 0 if there is none. (But
 * for a call, the first thread of a process waits there for criu, and sees when criu is
 * gone.)
 */
pid_t release_find_trapped(const struct sandbox *sb);

/*
 * criu has ended: 0 if the processes inside go on as if nothing had been, so far as that
 * can be told; -1 and a sentence if one was harmed. It takes some seconds at most.
 */
int release(const struct settled *settled, const struct sandbox *sb, struct error *e);

#endif
