/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cleanup.h - release what a variable holds when it goes out of scope.
 *
 *	cleanup_free char *path = NULL;
 *	cleanup_close int fd = -1;
 *
 * Every such variable is initialised where it is declared.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free_fn(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close_fn(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose_fn(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_closedir_fn(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define cleanup_free	 __attribute__((cleanup(cleanup_free_fn)))
#define cleanup_close	 __attribute__((cleanup(cleanup_close_fn)))
#define cleanup_fclose	 __attribute__((cleanup(cleanup_fclose_fn)))
#define cleanup_closedir __attribute__((cleanup(cleanup_closedir_fn)))

/* The value of an owned pointer or descriptor, which its variable gives up. */
#define take_ptr(p)                                  \
	({                                           \
		__typeof__(p) take_ptr_value_ = (p); \
		(p) = NULL;                          \
		take_ptr_value_;                     \
	})
#define take_fd(fd)                        \
	({                                 \
		int take_fd_value_ = (fd); \
		(fd) = -1;                 \
		take_fd_value_;            \
	})

#endif
