// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shm STEPS - a parent and its child take turns by named semaphores, and count in shared
 * memory of shm_open, as POSIX has both. The names are removed at the end.
 */
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (1 << 20)

static void child(sem_t *ask, sem_t *answer, unsigned long *memory, int steps)
{
	for (int i = 1; i <= steps; i++) {
		sem_wait(ask);
		memory[i % 1000] += memory[(i - 1) % 1000] * 31 + (unsigned long)i;
		sem_post(answer);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	int steps = argc > 1 ? atoi(argv[1]) : 100;
	int fd = shm_open("/count", O_RDWR | O_CREAT, 0600);
	sem_t *ask = sem_open("/ask", O_CREAT, 0600, 0);
	sem_t *answer = sem_open("/answer", O_CREAT, 0600, 0);
	unsigned long *memory;

	if (fd < 0 || ftruncate(fd, SIZE) < 0)
		return 1;
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED || ask == SEM_FAILED || answer == SEM_FAILED)
		return 1;
	close(fd);
	if (fork() == 0)
		child(ask, answer, memory, steps);
	for (int i = 1; i <= steps; i++) {
		sem_post(ask);
		sem_wait(answer);
		printf("%d %lx\n", i, memory[i % 1000]);
		fflush(stdout);
		usleep(getenv("PACE") ? 0 : 50000);
	}
	wait(NULL);
	shm_unlink("/count");
	sem_unlink("/ask");
	sem_unlink("/answer");
	return 0;
}
