/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate.h - between a job's processes and their DMTCP coordinator.
 *
 * When a process has written its image it tells the coordinator so, and stands until
 * the coordinator has heard that of all; then all go on at once. There is no way to
 * ask DMTCP for a pause there, in which the job stands with all images written: the
 * moment to record its outputs, commit, and only then let it go on, or end it. So the
 * processes are given the gate's port for the coordinator's. It passes on every byte,
 * and knows one thing of what they mean: the name of that barrier, which it holds back
 * while it is closed.
 *
 * Both ports are of the loopback interface alone. DMTCP knows no authentication: other
 * users of the node could speak to them.
 *
 * The gate is a process of its own, the coordinator its child; both end with the runner.
 * Who takes a checkpoint speaks with it by a local socket. If that closes, whoever it was
 * has gone, and the gate opens.
 */
#ifndef ENGINE_DMTCP_GATE_H
#define ENGINE_DMTCP_GATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct gate {
	pid_t pid;
	unsigned int port;	  /* for the job's processes */
	unsigned int coordinator; /* the coordinator's own port, for what asks it */
	char *socket;
};

/*
 * Start a gate, and behind it a coordinator, which is this program. scratch is a
 * directory of this node for them. gate_stop() when done.
 */
int gate_start(struct gate *gate, const char *coordinator, const char *scratch,
	       struct error *e);
void gate_stop(struct gate *gate);

/* What has come to pass at a gate. */
struct gate_report {
	unsigned int held; /* processes that stand at it, their images written */
	/*
	 * Processes that have ended while they stood for a checkpoint, or before they
	 * had been restored: not by themselves.
	 */
	unsigned int lost;
	unsigned int
		answered;   /* connections to which the coordinator has spoken so far */
	unsigned int words; /* of the client's, heard so far */
};

/* A connection with the gate. One at a time. */
struct gate_client {
	int fd;
	struct gate_report report;
	unsigned int words; /* said so far */
	bool asked;	    /* for the next report */
};

int gate_connect(struct gate_client *client, const struct gate *gate, struct error *e);
void gate_disconnect(struct gate_client *client);

/* From when it returns on, whoever has written an image stands. */
int gate_close(struct gate_client *client, struct error *e);

/* What has come to pass by now: whoever has ended before is reported. */
int gate_look(struct gate_client *client, struct error *e);

/* All go on. */
int gate_open(struct gate_client *client, struct error *e);

/* It stays closed for good, also without the client: the job is to end there. */
int gate_shut(struct gate_client *client, struct error *e);

/*
 * Ask for a report, of the next that happens since the last one: then fd becomes
 * readable, and gate_hear() reads it.
 */
int gate_ask(struct gate_client *client, struct error *e);
int gate_hear(struct gate_client *client, struct error *e);

#endif
