/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree.h - a job's processes, as /proc shows them, inside its namespaces if it has any.
 */
#ifndef ENGINE_TREE_H
#define ENGINE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"
#include "engine/sandbox.h"

struct tree {
	int proc;    /* /proc inside */
	pid_t *pids; /* of the root and all below it, and of who else is in an open
			sandbox */
	size_t count;
	pid_t highest; /* highest number in use as a pid, thread, group or session id */
	pid_t *used;   /* all of these, some more than once */
	size_t nused;
	/*
	 * Not of an open sandbox: does the root have a child that is in a session of
	 * another's, and so has been taken in; and a process that is inside, and not
	 * below the root, or 0.
	 */
	bool has_adopted;
	pid_t stray;
};

/* Read it; tree_free() when done. */
int tree_read(struct tree *tree, const struct sandbox *sb, struct error *e);

/* A regular file that a process has open or mapped, and that has a name. */
struct tree_file {
	const char *path; /* by which it is found */
	const char *link; /* as /proc shows it: another, if it has lost that name */
	int dir;	  /* what tree_open_file() opens: a name, */
	const char *name; /* in a directory */
	pid_t pid;
	int flags;	    /* of open(2) */
	long long position; /* bytes */
	int mount;	    /* number of the mount by which it was opened */
	bool mapped; /* in memory; it may be open besides, which is told by itself */
	struct stat st;
};

/*
 * Call visit for each, once for every descriptor and for its mappings; for those by which
 * it is only read, if only this node has it.
 */
typedef int (*tree_visit_fn)(void *arg, const struct tree_file *file, struct error *e);
int tree_visit_files(const struct tree *tree, tree_visit_fn visit, void *arg,
		     struct error *e);

/* Call visit for each line of /proc/PID/maps, without its line break. */
typedef int (*tree_line_fn)(void *arg, const char *line, struct error *e);
int tree_visit_maps(int proc, pid_t pid, tree_line_fn visit, void *arg, struct error *e);

/* A descriptor of it for reading, or for writing where the user may not read the file. */
int tree_open_file(const struct tree_file *file, struct error *e);

/* A process with a descriptor whose link in /proc is this; 0 if there is none. */
pid_t tree_holder(const struct tree *tree, const char *link);

/* A process that has this socket open; 0 if there is none. */
pid_t tree_socket_holder(const struct tree *tree, unsigned long long inode);

/*
 * The processes that have ended and for which their parents, which are the tree's, have
 * not waited: as many as are returned, in a list that ends with 0 and is owned by the
 * caller. -1 without memory.
 */
ssize_t tree_unwaited(const struct tree *tree, pid_t **list);

/* Has a process of the tree ended, be it waited for or not? */
bool tree_has_ended(const struct tree *tree, pid_t pid);

/* Is a process traced by another? proc is the /proc that knows it by this number. */
bool tree_is_traced(int proc, pid_t pid);

/* Name of a process, owned by the caller; NULL if it is gone. */
char *tree_process_name(const struct tree *tree, pid_t pid);

void tree_free(struct tree *tree);

#endif
