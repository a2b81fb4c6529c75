/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hand.h - a step that is Slurm's to start: become Slurm's own srun.
 */
#ifndef STEP_HAND_H
#define STEP_HAND_H

/* Become it, with our arguments and environment, and with the share of the job that
 * share, a descriptor, stands for (slots.h); -1: none. Does not return. */
void hand_over_to_slurm(char **argv, int share) __attribute__((noreturn));

#endif
