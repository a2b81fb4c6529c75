// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two processes share a page of a file that has no name any more. Each does what it is
 * told by a pipe, and answers with a byte.
 */
#define _GNU_SOURCE
#include "engine/criu/relink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "engine/criu/mapping.h"
#include "engine/tree.h"
#include "testing.h"

#define PAGE 4096

enum word {
	WORD_GET = 'g',	  /* answer with the byte that they share */
	WORD_ADD = 'a',	  /* one to it */
	WORD_WAIT = 'w',  /* at the semaphore, and answer then */
	WORD_POST = 'p',  /* to it */
	WORD_FILE = 'f',  /* answer with that byte by the descriptor of the file */
	WORD_UNMAP = 'u', /* it is needed no more */
};

struct shared {
	sem_t semaphore;
	char byte;
};

/* How the file has become what it is. */
struct way {
	const char *other; /* name, that it still has */
	bool keeps;	   /* its descriptor, in the first process and the second */
	off_t position;	   /* of that */
};

struct job {
	struct sandbox sb;
	int first, second; /* to speak with them */
};

/* ---- what they do ---- */

static char obey(struct shared *shared, int file, char word)
{
	char byte = 0;

	switch ((enum word)word) {
	case WORD_GET:
		return shared->byte;
	case WORD_ADD:
		return ++shared->byte;
	case WORD_WAIT:
		return sem_wait(&shared->semaphore) == 0 ? 'y' : 'n';
	case WORD_POST:
		return sem_post(&shared->semaphore) == 0 ? 'y' : 'n';
	case WORD_FILE:
		return pread(file, &byte, 1, offsetof(struct shared, byte)) == 1 ? byte
										 : 'n';
	case WORD_UNMAP:
		return munmap(shared, PAGE) == 0 ? 'y' : 'n';
	}
	return '?';
}

/* A call that is interrupted, and not taken up again, ends it. */
static void __attribute__((noreturn)) serve(struct shared *shared, int file, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char word;

	while (poll(&pfd, 1, 30000) == 1 && read(fd, &word, 1) == 1) {
		word = obey(shared, file, word);
		if (write(fd, &word, 1) != 1)
			break;
	}
	_exit(1);
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static struct shared *map_nameless(const struct place *place, const char *other,
				   int *file)
{
	struct shared *shared;

	*file = openat(place->fd, "shared", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (*file < 0 || ftruncate(*file, PAGE) < 0 ||
	    (other && linkat(place->fd, "shared", place->fd, other, 0) < 0) ||
	    unlinkat(place->fd, "shared", 0) < 0)
		return NULL;
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, *file, 0);
	if (shared == MAP_FAILED || sem_init(&shared->semaphore, 1, 0) < 0)
		return NULL;
	shared->byte = 7;
	return shared;
}

static void __attribute__((noreturn))
be_job(const struct place *place, int first, int second, const struct way *way)
{
	pthread_t thread;
	int file;
	struct shared *shared = map_nameless(place, way->other, &file);

	if (!shared || lseek(file, way->position, SEEK_SET) < 0)
		_exit(2);
	if (!way->keeps)
		close(file);
	if (fork() == 0)
		serve(shared, file, second);
	if (pthread_create(&thread, NULL, idle, NULL) != 0)
		_exit(3);
	serve(shared, file, first);
}

/* ---- the test's side ---- */

static void say(int fd, enum word word)
{
	char byte = (char)word;

	assert_int_equal(write(fd, &byte, 1), 1);
}

static char hear(int fd)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
	return byte;
}

static char ask(int fd, enum word word)
{
	say(fd, word);
	return hear(fd);
}

/* Until all of its other process's threads stand in that system call. */
static void until_it_waits(const struct job *job, long number)
{
	struct tree tree;

	assert_int_equal(tree_read(&tree, &job->sb, NULL), 0);
	for (size_t i = 0; i < tree.count; i++) {
		long now = -1;

		while (tree.pids[i] != job->sb.root && now != number) {
			char path[64];
			size_t size;
			cleanup_free char *text = NULL;

			snprintf(path, sizeof(path), "/proc/%d/syscall", tree.pids[i]);
			text = file_read(AT_FDCWD, path, 4096, &size, NULL);
			now = text ? atol(text) : -1;
		}
	}
	tree_free(&tree);
}

static void end(struct job *job)
{
	close(job->first);
	close(job->second);
	assert_int_equal(waitpid(job->sb.root, NULL, 0), job->sb.root);
}

static void start(struct job *job, const struct place *place, struct way way)
{
	int first[2], second[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, first), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, second), 0);
	pid = fork();
	if (pid == 0) {
		/* Whoever ends takes the other with it. */
		close(first[0]);
		close(second[0]);
		be_job(place, first[1], second[1], &way);
	}
	assert_true(pid > 0);
	close(first[1]);
	close(second[1]);
	*job = (struct job){
		.sb = { .init = getpid(), .root = pid },
		.first = first[0],
		.second = second[0],
	};
	assert_int_equal(ask(job->first, WORD_GET), 7);
	assert_int_equal(ask(job->second, WORD_GET), 7);
}

/* How many mappings of the job's first process have no name. */
static size_t count_nameless(const struct job *job)
{
	cleanup_close int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mappings m;
	size_t count = 0;

	assert_int_equal(mappings_read(&m, proc, job->sb.root), 0);
	for (size_t i = 0; i < m.count; i++)
		count += mapping_is_nameless(&m.list[i]);
	mappings_free(&m);
	return count;
}

/* ---- tests ---- */

static void it_has_a_name_and_is_shared_as_before(void **state)
{
	const struct place *place = *state;
	struct job job;
	struct error e;

	start(&job, place, (struct way){ 0 });
	assert_int_equal(ask(job.second, WORD_ADD), 8);
	assert_int_equal(count_nameless(&job), 1);
	if (relink_nameless(&job.sb, place->path, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(count_nameless(&job), 0);
	assert_true(exists(place->fd, ".slurm-checkpoint.1"));
	assert_int_equal(ask(job.first, WORD_GET), 8);
	assert_int_equal(ask(job.first, WORD_ADD), 9);
	assert_int_equal(ask(job.second, WORD_GET), 9);
	end(&job);
}

static void who_waits_in_it_is_woken_by_who_posts(void **state)
{
	const struct place *place = *state;
	struct job job;
	struct error e;

	start(&job, place, (struct way){ 0 });
	say(job.second, WORD_WAIT);
	until_it_waits(&job, SYS_futex);
	if (relink_nameless(&job.sb, place->path, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(ask(job.first, WORD_POST), 'y');
	assert_int_equal(hear(job.second), 'y');
	end(&job);
}

static void a_descriptor_is_of_the_same_file(void **state)
{
	const struct place *place = *state;
	struct job job;
	struct error e;

	start(&job, place, (struct way){ .keeps = true });
	if (relink_nameless(&job.sb, place->path, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(ask(job.first, WORD_ADD), 8);
	assert_int_equal(ask(job.first, WORD_FILE), 8);
	assert_int_equal(ask(job.second, WORD_FILE), 8);
	end(&job);
}

static void a_descriptor_at_a_position_is_refused(void **state)
{
	const struct place *place = *state;
	struct job job;
	struct error e;

	start(&job, place, (struct way){ .keeps = true, .position = 5 });
	assert_int_equal(relink_nameless(&job.sb, place->path, &e), -1);
	assert_says(&e, "reads or writes a file that was removed");
	assert_int_equal(count_nameless(&job), 1);
	assert_false(exists(place->fd, ".slurm-checkpoint.1"));
	assert_int_equal(ask(job.first, WORD_ADD), 8);
	assert_int_equal(ask(job.second, WORD_FILE), 8);
	end(&job);
}

/* Who opens it by that name is to share it. */
static void what_has_another_name_is_left_alone(void **state)
{
	const struct place *place = *state;
	struct job job;
	struct error e;

	start(&job, place, (struct way){ .other = "other" });
	assert_int_equal(relink_nameless(&job.sb, place->path, &e), 0);
	assert_false(exists(place->fd, ".slurm-checkpoint.1"));
	assert_int_equal(stat_of(place->fd, "shared (deleted)").st_ino,
			 stat_of(place->fd, "other").st_ino);
	assert_int_equal(ask(job.first, WORD_ADD), 8);
	assert_int_equal(ask(job.second, WORD_GET), 8);
	end(&job);
}

static void a_name_that_nobody_needs_is_removed(void **state)
{
	const struct place *place = *state;
	struct job job;
	struct error e;

	start(&job, place, (struct way){ 0 });
	assert_int_equal(relink_nameless(&job.sb, place->path, &e), 0);
	assert_int_equal(ask(job.first, WORD_UNMAP), 'y');
	assert_int_equal(relink_nameless(&job.sb, place->path, &e), 0);
	assert_true(exists(place->fd, ".slurm-checkpoint.1"));
	assert_int_equal(ask(job.second, WORD_UNMAP), 'y');
	assert_int_equal(relink_nameless(&job.sb, place->path, &e), 0);
	assert_false(exists(place->fd, ".slurm-checkpoint.1"));
	end(&job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(it_has_a_name_and_is_shared_as_before),
		in_place(who_waits_in_it_is_woken_by_who_posts),
		in_place(a_descriptor_is_of_the_same_file),
		in_place(a_descriptor_at_a_position_is_refused),
		in_place(what_has_another_name_is_left_alone),
		in_place(a_name_that_nobody_needs_is_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
