/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feature.h - a job that is checkpointed asks for nodes that can do it (NodeFeature).
 *
 * On a node where Slurm does not load the plugin the job would be an ordinary one, and
 * start over: nothing of ours is there to prevent it. So it must not get there.
 */
#ifndef SPANK_FEATURE_H
#define SPANK_FEATURE_H

/*
 * In sbatch: add the feature to the job's constraint, unless it is there. -1 where this
 * constraint is of a kind to which nothing can be added.
 */
int feature_require(const char *feature);

#endif
