/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * app.h - the parts of the engine "app". Used inside engine/app/ alone.
 *
 * A job of this engine saves itself when it gets a signal, and is run again from its
 * beginning, to find what it has saved. So a generation holds no images: only the job's
 * TMPDIR, and how long its outputs were.
 */
#ifndef ENGINE_APP_APP_H
#define ENGINE_APP_APP_H

#include "engine/engine.h"
#include "engine/sandbox.h"

struct engine_run {
	struct sandbox sandbox;
	int exit_code; /* by which the script says that it is saved; -1: none */
};

/* What would become of a signal that was sent now? In ascending order of harm. */
enum app_hears {
	APP_NOBODY,  /* there is nobody to get it */
	APP_HEARS,   /* it is caught, or waited for */
	APP_IGNORES, /* nothing */
	APP_DIES,    /* what the signal does to a program that has not heard of it */
};

enum app_hears app_hears(pid_t pid, int signum);

/* The worst that would become of one to the processes of the job's steps on this node. */
enum app_hears app_steps_hear(unsigned int job, int signum);

/* The name of a signal, as SIGUSR1, in a static buffer. */
const char *app_signal_name(int signum);

/* Has the script ended with the exit code by which it says that it is saved? */
bool app_saved_itself(const struct engine_run *run);

int app_dump(struct engine_run *run, const struct engine_job *job,
	     const struct engine_dump *dump, struct error *e);

#endif
