/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper.h - the gate's own process (gate.h): what it does with what comes.
 *
 * It does four things to what the job's processes and the coordinator say to each other.
 * Closed, it holds back who says that its image is written. And who is new, begun by
 * another one of the job, waits until all that have just been saved or restored say that
 * they run: DMTCP lets each of them go on by itself, and its coordinator refuses who is
 * new until it has heard of all, whereupon the one that wanted to begin it ends. Of who is
 * new it says that he runs. And who is told to stand for a checkpoint from which others
 * have gone on is not told so.
 */
#ifndef ENGINE_DMTCP_KEEPER_H
#define ENGINE_DMTCP_KEEPER_H

#include <netinet/in.h>

/* Of whoever takes checkpoints, a byte each; answered by a struct gate_report. */
enum keeper_word {
	KEEPER_CLOSE = 'c',
	KEEPER_OPEN = 'o',
	KEEPER_SHUT = 's',
	KEEPER_LOOK = 'l',
	KEEPER_ASK = 'a',
};

/* Sockets that are listened on, and where the coordinator is. */
struct keeper_place {
	int workers; /* for the job's processes */
	int clients; /* for whoever takes checkpoints */
	struct sockaddr_in coordinator;
};

void keeper_serve(const struct keeper_place *place) __attribute__((noreturn));

#endif
