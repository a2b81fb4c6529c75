/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * order.h - the policy "order": in which order jobs wait. It takes no checkpoint.
 */
#ifndef PLAN_ORDER_H
#define PLAN_ORDER_H

#include "plan/cluster.h"

/*
 * Sort the waiting jobs: those that are protected, then those that CPUs were freed for,
 * then the others, each by how much the wait has made them longer: (now - submit +
 * estimate) / estimate. Of equal ones the one that came first.
 */
void order_queue(struct cluster *c);

#endif
