/*
 * kinds.h - one small program for each kind of kernel object and state that a job may
 * have when it is saved. `kinds NAME` brings it about, makes the file NAME.ready, waits
 * for the file "over", and looks whether all is as it was: "right", or what is wrong.
 * `kinds` lists the names, each with what is to come of it (enum outcome).
 */
#ifndef KINDS_H
#define KINDS_H

#include <stddef.h>
#include <sys/types.h>

enum outcome {
	RIGHT,	 /* it continues as it was */
	REFUSED, /* no checkpoint is taken, and a sentence says why */
};

struct kind {
	const char *name;
	void (*run)(void);
	enum outcome outcome;
	const char *says; /* a part of the sentence */
};

/* Each ends with one without a name. */
extern const struct kind kinds_memory[];
extern const struct kind kinds_pipes[];
extern const struct kind kinds_processes[];
extern const struct kind kinds_sockets[];
extern const struct kind kinds_special[];
extern const struct kind kinds_terminals[];
extern const struct kind kinds_waits[];

/* All is there: returns after the job was saved and continued. In any process of it. */
void saved(void);

/* End with "wrong: WHAT", unless it is so. The system's reason is added. */
#define must(so, what) must_be((so) != 0, __func__, __LINE__, what)
void must_be(int so, const char *function, int line, const char *what);

/* It cannot be tried here: the machine or the user has no such thing. */
void skip(const char *why);

/* fork(2), which must work; the child ends with its parent. */
pid_t child(void);
/* Wait for it: it must have ended with 0. */
void ended_well(pid_t pid);
/* Wait until it sleeps, or is stopped: state is as in /proc/PID/stat. */
void wait_state(pid_t tid, char state);

/* As many bytes as a pattern has. */
void fill(char *data, size_t size);
int is_filled(const char *data, size_t size);

/* NAME in TMPDIR, or in the job's directory; valid until the next call. */
const char *in_tmpdir(const char *name);
const char *in_workdir(const char *name);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
