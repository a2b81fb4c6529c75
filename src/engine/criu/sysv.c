// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/sysv.h"

#include <stdbool.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

static bool has_semaphores(void)
{
	struct seminfo info = { 0 };

	return semctl(0, 0, SEM_INFO, &info) >= 0 && info.semusz > 0;
}

static bool has_queues(void)
{
	struct msginfo info = { 0 };

	return msgctl(0, MSG_INFO, (struct msqid_ds *)&info) >= 0 && info.msgpool > 0;
}

static bool has_memory(void)
{
	struct shm_info info = { 0 };

	return shmctl(0, SHM_INFO, (struct shmid_ds *)&info) >= 0 && info.used_ids > 0;
}

static const struct {
	bool (*has)(void);
	const char *what;
} kinds[] = {
	{ has_semaphores, "semaphores of System V (semget)" },
	{ has_queues, "message queues of System V (msgget)" },
	{ has_memory, "shared memory of System V (shmget)" },
};

int sysv_check(struct error *e)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].has())
			return error_set(
				e,
				"the job uses %s, which cannot be saved; \"ipcs\" in the "
				"job shows them, and the checkpoint can be taken once "
				"they are removed",
				kinds[i].what);
	}
	return 0;
}
