/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu_record.h - what a job may use of a CPU, in its record and its generations, so that
 * it is restored only where all of that is there (plan/cpu_class.h).
 */
#ifndef RUNNER_CPU_RECORD_H
#define RUNNER_CPU_RECORD_H

#include "base/cpu.h"
#include "runner/task.h"
#include "store/generation.h"

#define ATTR_CPU	  GENERATION_CPU /* what the job may use */
#define ATTR_CPU_NODE	  "cpu-node"	 /* what the node had where it was saved */
#define ATTR_CPU_BASELINE "cpu-baseline" /* what its libraries choose at most */
#define ATTR_CPU_BIND_NOW \
	"cpu-bind-now" /* "yes": its programs bind their symbols at once */

/*
 * The job starts here: note what it may use from now on; and the C library, if it has to
 * find the files that its programs map.
 */
void cpu_record_start(struct folder *folder, enum cpu_baseline baseline, bool bind_now,
		      bool maps_files);

/* Note that this is on our node (store/node_kind.h), for those who ask where jobs can go.
 */
void cpu_record_node(const struct task *task, const struct folder *folder);

/* Put what the record says into a generation's manifest. -1 and errno. */
int cpu_record_describe(const struct folder *folder, struct manifest *m);

/* What a generation says of CPUs. */
struct cpu_restored {
	struct cpu
		used; /* what the job may use; without a machine's name: it is not said */
	/*
	 * What this node lacks of the one where it was saved, used or not, as "lacks
	 * avx2"; empty: nothing.
	 */
	struct error lacks;
	bool elsewhere; /* it was saved on another node */
};

/*
 * May gen go on on this node? -1 and one sentence why not. One that says nothing of a
 * CPU may: it is of an earlier version.
 */
int cpu_record_check(const struct generation *gen, struct cpu_restored *restored,
		     struct error *e);

/* It cannot go on here: its next start is to go by what it was saved with. Not saved. */
void cpu_record_require(struct folder *folder, const struct cpu_restored *restored);

/*
 * The job goes on here: what it starts from now on may use what this node has, too. The
 * record is not saved.
 */
void cpu_record_continue(struct folder *folder, const struct cpu_restored *restored);

#endif
