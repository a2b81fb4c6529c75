/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wishes.h - what a job asks of its engine: --checkpoint-engine, and the options that
 * mean something to one engine or another.
 *
 * Linked into the plugin too, so it needs nothing but the C library.
 */
#ifndef BASE_WISHES_H
#define BASE_WISHES_H

#include <stdbool.h>

#include "base/error.h"

/* All engines, in the order in which they are tried unless the site has another. */
#define ENGINES(X) X(criu) X(dmtcp) X(app)

enum wish_net {
	WISH_NET_AUTO,	  /* as the engine thinks best for the job */
	WISH_NET_HOST,	  /* the node's network */
	WISH_NET_PRIVATE, /* one of the job's own */
};

enum wish_tcp {
	WISH_TCP_REFUSE, /* a job with open connections is not saved */
	WISH_TCP_CLOSE,	 /* they are closed, and the program opens them again */
};

struct wishes {
	const char *engine; /* name of one; NULL: whichever will work */
	int signal;	    /* that tells the job to save itself; 0: none */
	bool to_steps;	    /* and goes to all its running steps, not to the script */
	int exit_code;	    /* with which the script ends when it is saved; -1: none */
	char *done_file;    /* that appears when it is saved, owned; or NULL */
	enum wish_net net;
	enum wish_tcp tcp;
};

/* Nothing is asked for. */
void wishes_init(struct wishes *wishes);

/*
 * Each takes the argument of an option: -1 and what is wrong with it. "auto" is any
 * engine; a signal is a name or a number, with "steps:" before it to go to the steps;
 * exit codes are 1 to 255.
 */
int wishes_set_engine(struct wishes *wishes, const char *arg, struct error *e);
int wishes_set_signal(struct wishes *wishes, const char *arg, struct error *e);
int wishes_set_exit_code(struct wishes *wishes, const char *arg, struct error *e);
int wishes_set_done_file(struct wishes *wishes, const char *arg, struct error *e);
int wishes_set_net(struct wishes *wishes, const char *arg, struct error *e);
int wishes_set_tcp(struct wishes *wishes, const char *arg, struct error *e);

/*
 * A list of engines, as "criu,app": is each one of ours, and none there twice? -1 and
 * what is wrong with it.
 */
int wishes_check_engines(const char *list, struct error *e);

void wishes_free(struct wishes *wishes);

#endif
