/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sandbox.h - the processes that keep a job, and where the engine needs them the
 * namespaces in which it runs: so CRIU needs no privilege.
 *
 * These are a user, pid, mount, IPC and time namespace of the job's own, in which the
 * user is mapped to itself, and if the job is to have one a network namespace. Three
 * processes of ours keep it:
 *
 *	runner		in the host's namespaces
 *	  keeper	makes the namespaces; has its own process group
 *	    init	pid 1 inside; in the runner's process group
 *	      root	what the job runs, leader of its own session
 *
 * CRIU runs inside, as a child of whoever calls sandbox_exec(), and sees a tree
 * whose root is not pid 1: so it dumps no namespace and no mount.
 */
#ifndef ENGINE_SANDBOX_H
#define ENGINE_SANDBOX_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "engine/engine.h"

struct sandbox;

/* What the clocks of a restored job must not run back behind, nanoseconds. */
struct sandbox_clocks {
	int64_t monotonic;
	int64_t boottime;
};

struct sandbox_spec {
	bool is_open; /* no namespaces: the job runs on the node as without us */

	/* For the namespaces: */
	const struct engine_mount *mounts; /* MOUNTS of them */
	struct sandbox_clocks clocks; /* value the clocks start from; 0: the host's */
	pid_t last_pid;		      /* the next process inside gets the pid after */
	bool own_net;		      /* with a network namespace */
	/*
	 * Called when that is there, with nothing in it yet but a loopback, and the
	 * process SANDBOX_ANCHOR. What it starts has pids above that, and below the
	 * job's.
	 */
	void (*connect)(void *arg, const struct sandbox *sb);
	void *connect_arg;

	/* To start a program: */
	char *const *argv; /* NULL: it is to be restored */
	char *const *envp;
	const sigset_t *sigmask; /* its signal mask */
	bool fixed_layout;	 /* of its memory, so far as the kernel allows: no ASLR */
	const mode_t *umask;	 /* NULL: the caller's */
	const struct rlimit *limits; /* RLIM_NLIMITS of them; NULL: the caller's */

	/* To restore one: */
	pid_t root; /* pid inside of the tree's root */
};

struct sandbox {
	pid_t keeper; /* pids of the host */
	pid_t init;
	pid_t root; /* pid inside */
	bool is_open;
	bool own_net;
	int events;   /* readable when the root has ended, or all is gone */
	int control;  /* requests to init */
	int sentinel; /* requests to the keeper */
};

/* Processes of ours that stay in a job's pid namespace have numbers below the job's. */
#define SANDBOX_FIRST_PID 100

/* Pid of a process without capabilities that is in the network while it is connected. */
#define SANDBOX_ANCHOR 10

/* May the user have such namespaces on this node? One sentence if not. */
int sandbox_probe(bool own_net, struct error *e);

/*
 * Make the namespaces, and start spec->argv in them if there is one. On failure
 * nothing is left running.
 */
int sandbox_start(struct sandbox *sb, const struct sandbox_spec *spec, struct error *e);

/*
 * When events is readable: 1 and the root's wait status, or -1 if the sandbox was
 * killed from outside.
 */
int sandbox_root_ended(struct sandbox *sb, int *status);

/*
 * The same from any process that has the sandbox, and as often as it likes: 0 if the
 * root still runs. Whose result it is, sandbox_root_ended() will tell the runner.
 */
int sandbox_root_has_ended(const struct sandbox *sb, int *status);

/*
 * Pass on a signal that the runner got: to the root alone if Slurm sent it to the
 * batch task alone, to the root's process group if to the task's, to nobody if
 * everybody has it already. Race: a signal that Slurm is still sending out,
 * process by process, when the runner asks may reach the root twice.
 */
void sandbox_signal(struct sandbox *sb, int signum);

/* Send the root, and nobody else, a signal that comes from us. */
void sandbox_signal_root(struct sandbox *sb, int signum);

/*
 * From any process that has an open sandbox: kill what still runs in it, and wait until
 * it is gone. The root's status is kept, if it had ended.
 */
int sandbox_end(const struct sandbox *sb, struct error *e);

/* The restored tree's next pid inside will be last_pid + 1. */
void sandbox_set_last_pid(struct sandbox *sb, pid_t last_pid);

/* Clocks as they are now inside. */
int sandbox_read_clocks(const struct sandbox *sb, struct sandbox_clocks *now);

enum sandbox_place {
	SANDBOX_INSIDE,
	SANDBOX_BESIDE, /* in the host's network: not of the job, but ending with it */
};

/* What is run there. */
struct sandbox_program {
	char *const *argv;
	char *const *envp;
	int out; /* its stdout and stderr */
	/* Called in its process before it is executed: 0, or -1 and errno. NULL: nothing.
	 */
	int (*prepare)(void);
	/*
	 * A pipe, of a caller who may yet find that it cannot follow the program: that is
	 * executed when a byte has come, and not at all if none will. NULL: at once.
	 */
	const int *go;
};

/* Exit status of one that was not executed, for what only this node lacks just now. */
#define SANDBOX_NOT_BEGUN    126
#define SANDBOX_NOT_EXECUTED 127

/*
 * Run a program there with the namespace's capabilities, less CAP_SETUID and
 * CAP_SETGID. The process returned, a child of the caller in the host's pid namespace,
 * ends with the program's exit status; a program that is inside ends with it.
 */
pid_t sandbox_exec(const struct sandbox *sb, enum sandbox_place place,
		   const struct sandbox_program *program, struct error *e);

/*
 * Put a file in the place of another, for the job's mount namespace alone; and take it away
 * again: who has it open or mapped keeps it.
 */
int sandbox_bind(const struct sandbox *sb, const char *source, const char *target,
		 struct error *e);
void sandbox_unbind(const struct sandbox *sb, const char *target);

/*
 * Mount again those of the mounts whose targets are below a directory, which was removed
 * and with it what was mounted there.
 */
int sandbox_mount(const struct sandbox *sb, const struct engine_mount *mounts,
		  const char *below, struct error *e);

/* Kill all that runs in it, and wait until it is gone. */
void sandbox_stop(struct sandbox *sb);

#endif
