/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * descriptors.h - what a job inherits open: its standard input, output and error, which
 * slurmstepd opened before the job's mount namespace was there.
 *
 * Such a descriptor keeps the mount by which its file was opened, which is none of the
 * job's: CRIU does not find it among them, and refuses to save the job.
 */
#ifndef ENGINE_DESCRIPTORS_H
#define ENGINE_DESCRIPTORS_H

/*
 * In a process whose mount namespace is new, before it executes the job's program: open
 * each descriptor that the program will inherit once more, by its file's name, with the
 * same flags and at the same position. Descriptors that were one open file stay one.
 * A file that was removed is replaced by one without a name in the directory dir, with
 * the same content. What else has no name here stays as it is: a pipe, a file that is
 * hidden by a mount of the job's, a terminal of the node's.
 */
void descriptors_reopen(const char *dir);

/*
 * Numbers of the descriptors that a program executed by this process would inherit, in
 * rising order, ended by -1; owned by the caller. NULL and errno on failure.
 */
int *descriptors_inherited(void);

#endif
