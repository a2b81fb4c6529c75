/* Memory, shared and not, with a name and without; System V's objects. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kinds.h"

#define SIZE (1u << 20)

static char *map(size_t size, int prot, int flags, int fd)
{
	char *at = mmap(NULL, size, prot, flags, fd, 0);

	must(at != MAP_FAILED, "mmap");
	return at;
}

static void memory_private(void)
{
	char *at = map(SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	fill(at, SIZE);
	must(mprotect(at, SIZE / 2, PROT_READ) == 0, "mprotect");
	saved();
	must(is_filled(at, SIZE), "its content");
}

static void memory_shared(void)
{
	char *at = map(SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	pid_t pid;

	fill(at, SIZE);
	pid = child();
	if (pid == 0) {
		saved();
		must(is_filled(at, SIZE), "its content");
		at[7] = 'x';
		_exit(0);
	}
	saved();
	ended_well(pid);
	must(at[7] == 'x', "what a child wrote");
}

static void memory_copied_on_write(void)
{
	char *at = map(SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	pid_t pid;

	fill(at, SIZE);
	pid = child();
	if (pid == 0) {
		at[7] = 'x';
		saved();
		must(at[7] == 'x' && is_filled(at + 4096 * 251, 0), "its own page");
		_exit(0);
	}
	saved();
	must(is_filled(at, SIZE), "its content");
	ended_well(pid);
}

static void memory_none(void)
{
	char *at = map(SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	unsigned char in = 0;

	fill(at, SIZE);
	must(mprotect(at, SIZE, PROT_NONE) == 0, "mprotect");
	must(munmap(at + SIZE / 2, 4096) == 0, "munmap");
	saved();
	must(mincore(at + SIZE / 2, 4096, &in) < 0 && errno == ENOMEM, "a hole");
	must(mprotect(at, SIZE / 2, PROT_READ) == 0 && is_filled(at, SIZE / 2),
	     "content");
}

static void memory_many_maps(void)
{
	char *at =
		map(4000 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	for (size_t i = 0; i < 4000; i++)
		at[i * 4096] = (char)i;
	for (size_t i = 0; i < 4000; i += 2)
		must(mprotect(at + i * 4096, 4096, PROT_READ) == 0, "mprotect");
	saved();
	for (size_t i = 0; i < 4000; i++)
		must(at[i * 4096] == (char)i, "its content");
}

static void memory_code(void)
{
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	char *at = map(4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int (*call)(void);

	memcpy(at, code, sizeof(code));
	memcpy(&call, &at, sizeof(call));
	saved();
	must(call() == 42, "what it does");
}

static void memory_guard(void)
{
	char *at = map(SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int fds[2];

	fill(at, SIZE);
	if (madvise(at + 4096, 4096, 102 /* MADV_GUARD_INSTALL */) < 0)
		skip("no guard pages");
	saved();
	must(pipe(fds) == 0, "pipe");
	must(write(fds[1], at + 4096, 1) < 0 && errno == EFAULT, "the guard");
	must(is_filled(at, 4096), "content before it");
}

static void memory_droppable(void)
{
	char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			8 /* MAP_DROPPABLE */ | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		skip("no MAP_DROPPABLE");
	at[0] = 1;
	saved();
	at[0] = 2;
}

static void memory_sealed(void)
{
	char *at = map(4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	at[0] = 5;
	if (syscall(462 /* mseal */, at, 4096, 0) < 0)
		skip("no mseal");
	saved();
	must(at[0] == 5, "its content");
}

static void memory_secret(void)
{
	int fd = (int)syscall(447 /* memfd_secret */, 0);
	char *at;

	if (fd < 0 || ftruncate(fd, 4096) < 0)
		skip("no memfd_secret");
	at = map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	at[0] = 5;
	saved();
	must(at[0] == 5, "its content");
}

static int new_memfd(unsigned int flags)
{
	int fd = memfd_create("kind", flags);
	char text[4096];

	must(fd >= 0, "memfd_create");
	fill(text, sizeof(text));
	must(write(fd, text, sizeof(text)) == sizeof(text), "write");
	return fd;
}

static void memfd_open(void)
{
	char text[4096];
	int fd = new_memfd(MFD_ALLOW_SEALING);

	must(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0, "F_ADD_SEALS");
	saved();
	must(fcntl(fd, F_GET_SEALS) == (F_SEAL_SHRINK | F_SEAL_GROW), "its seals");
	must(pread(fd, text, sizeof(text), 0) == sizeof(text), "pread");
	must(is_filled(text, sizeof(text)), "its content");
}

static void memfd_mapped(void)
{
	int fd = new_memfd(0);
	char *at = map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd);

	close(fd);
	saved();
	must(is_filled(at, 4096), "its content");
}

static void memfd_private(void)
{
	int fd = new_memfd(0);
	char *at = map(4096, PROT_READ, MAP_PRIVATE, fd);

	close(fd);
	saved();
	must(is_filled(at, 4096), "its content");
}

static void memfd_private_open(void)
{
	char *at = map(4096, PROT_READ, MAP_PRIVATE, new_memfd(0));

	saved();
	must(is_filled(at, 4096), "its content");
}

static void memfd_both(void)
{
	int fd = new_memfd(0);
	char *at = map(4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd);

	saved();
	must(is_filled(at, 4096), "its content");
	at[0] = 'x';
	must(pread(fd, at + 1, 1, 0) == 1 && at[1] == 'x', "that they are one");
}

static void file_mapped_shared(void)
{
	int fd = open(in_workdir("file"), O_RDWR | O_CREAT, 0600);
	char *at;

	must(ftruncate(fd, SIZE) == 0, "ftruncate");
	at = map(SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	close(fd);
	fill(at, SIZE);
	saved();
	must(is_filled(at, SIZE), "its content");
	at[3] = 'x';
	fd = open(in_workdir("file"), O_RDONLY);
	must(pread(fd, at + 4, 1, 3) == 1 && at[4] == 'x', "what is written to it");
	unlink(in_workdir("file"));
}

static void file_mapped_private(void)
{
	int fd = open("/usr/bin/env", O_RDONLY);
	char *at = map(8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd), first;

	first = at[4096];
	at[0] = 'x';
	close(fd);
	saved();
	must(at[0] == 'x' && at[4096] == first, "its content");
}

static void file_mapped_unlinked(void)
{
	int fd = open(in_workdir("file"), O_RDWR | O_CREAT, 0600);
	char *at;

	must(ftruncate(fd, SIZE) == 0, "ftruncate");
	at = map(SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	close(fd);
	unlink(in_workdir("file"));
	fill(at, SIZE);
	saved();
	must(is_filled(at, SIZE), "its content");
}

static void shm_posix(void)
{
	char name[64];
	int fd;
	char *at;

	snprintf(name, sizeof(name), "/kinds.%d", getpid());
	fd = shm_open(name, O_RDWR | O_CREAT, 0600);
	must(fd >= 0 && ftruncate(fd, SIZE) == 0, "shm_open");
	at = map(SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	fill(at, SIZE);
	saved();
	must(is_filled(at, SIZE), "its content");
	must(shm_unlink(name) == 0, "its name");
}

static void shm_posix_unlinked(void)
{
	char name[64];
	int fd;
	char *at;

	snprintf(name, sizeof(name), "/kinds.%d", getpid());
	fd = shm_open(name, O_RDWR | O_CREAT, 0600);
	must(fd >= 0 && ftruncate(fd, SIZE) == 0, "shm_open");
	at = map(SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	close(fd);
	must(shm_unlink(name) == 0, "shm_unlink");
	fill(at, SIZE);
	saved();
	must(is_filled(at, SIZE), "its content");
}

/* ---- System V ---- */

static void sysv_memory(void)
{
	int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
	char *at = shmat(id, NULL, 0);

	must(id >= 0 && at != (char *)-1, "shmat");
	fill(at, SIZE);
	saved();
	must(is_filled(at, SIZE), "its content");
	shmctl(id, IPC_RMID, NULL);
}

static void sysv_memory_unattached(void)
{
	int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
	char *at = shmat(id, NULL, 0);

	must(id >= 0 && at != (char *)-1, "shmat");
	fill(at, SIZE);
	shmdt(at);
	saved();
	at = shmat(id, NULL, 0);
	must(at != (char *)-1, "shmat");
	must(is_filled(at, SIZE), "its content");
	shmctl(id, IPC_RMID, NULL);
}

static void sysv_semaphores(void)
{
	int id = semget((key_t)(0x51a00000 + getpid()), 3, IPC_CREAT | IPC_EXCL | 0600);
	struct sembuf up[2] = { { 0, 5, 0 }, { 2, 7, 0 } };

	must(id >= 0 && semop(id, up, 2) == 0, "semget");
	saved();
	must(semget((key_t)(0x51a00000 + getpid()), 3, 0600) == id, "its key");
	must(semctl(id, 0, GETVAL) == 5, "the first value");
	must(semctl(id, 1, GETVAL) == 0, "the second value");
	must(semctl(id, 2, GETVAL) == 7, "the third value");
	semctl(id, 0, IPC_RMID);
}

static void sysv_messages(void)
{
	struct {
		long type;
		char text[16];
	} message = { 3, "hello" };
	int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);

	must(id >= 0 && msgsnd(id, &message, 6, 0) == 0, "msgsnd");
	message.type = 2;
	strcpy(message.text, "again");
	must(msgsnd(id, &message, 6, 0) == 0, "msgsnd");
	memset(&message, 0, sizeof(message));
	saved();
	must(msgrcv(id, &message, 16, 0, IPC_NOWAIT) == 6, "msgrcv");
	must(message.type == 3 && !strcmp(message.text, "hello"), "the first message");
	must(msgrcv(id, &message, 16, 2, IPC_NOWAIT) == 6, "msgrcv");
	msgctl(id, IPC_RMID, NULL);
}

static void message_queue(void)
{
	char name[64];
	mqd_t queue;

	snprintf(name, sizeof(name), "/kinds.%d", getpid());
	queue = mq_open(name, O_RDWR | O_CREAT, 0600, NULL);
	must(queue >= 0 && mq_send(queue, "x", 1, 1) == 0, "mq_open");
	saved();
	mq_unlink(name);
}

const struct kind kinds_memory[] = {
	{ "memory_private", memory_private, RIGHT, NULL },
	{ "memory_shared", memory_shared, RIGHT, NULL },
	{ "memory_copied_on_write", memory_copied_on_write, RIGHT, NULL },
	{ "memory_none", memory_none, RIGHT, NULL },
	{ "memory_many_maps", memory_many_maps, RIGHT, NULL },
	{ "memory_code", memory_code, RIGHT, NULL },
	{ "memory_guard", memory_guard, RIGHT, NULL },
	{ "memory_droppable", memory_droppable, RIGHT, NULL },
	{ "memory_sealed", memory_sealed, RIGHT, NULL },
	{ "memory_secret", memory_secret, REFUSED, "memfd_secret" },
	{ "memfd_open", memfd_open, RIGHT, NULL },
	{ "memfd_mapped", memfd_mapped, RIGHT, NULL },
	{ "memfd_private", memfd_private, REFUSED, "memfd_create" },
	{ "memfd_private_open", memfd_private_open, REFUSED, "memfd_create" },
	{ "memfd_both", memfd_both, REFUSED, "memfd_create" },
	{ "file_mapped_shared", file_mapped_shared, RIGHT, NULL },
	{ "file_mapped_private", file_mapped_private, RIGHT, NULL },
	{ "file_mapped_unlinked", file_mapped_unlinked, REFUSED, "was removed" },
	{ "shm_posix", shm_posix, RIGHT, NULL },
	{ "shm_posix_unlinked", shm_posix_unlinked, RIGHT, NULL },
	{ "sysv_memory", sysv_memory, REFUSED, "System V" },
	{ "sysv_memory_unattached", sysv_memory_unattached, REFUSED, "System V" },
	{ "sysv_semaphores", sysv_semaphores, REFUSED, "System V" },
	{ "sysv_messages", sysv_messages, REFUSED, "System V" },
	{ "message_queue", message_queue, REFUSED, "message queue" },
	{ NULL, NULL, RIGHT, NULL },
};
