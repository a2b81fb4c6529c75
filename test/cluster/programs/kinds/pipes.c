/* Pipes, files and what programs do with descriptors. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kinds.h"

static char data[256 * 1024], back[256 * 1024];

static void new_pipe(int fds[2], int flags)
{
	must(pipe2(fds, flags) == 0, "pipe");
}

static void read_back(int fd, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, back + have, size - have);

		must(n > 0, "reading back");
		have += (size_t)n;
	}
	errno = 0;
	must(is_filled(back, size), "what was read back");
}

static void pipe_with(size_t size, int pipe_size, int flags)
{
	int fds[2];

	new_pipe(fds, flags);
	if (pipe_size)
		must(fcntl(fds[1], F_SETPIPE_SZ, pipe_size) == pipe_size, "F_SETPIPE_SZ");
	fill(data, size);
	must(write(fds[1], data, size) == (ssize_t)size, "write");
	saved();
	if (pipe_size)
		must(fcntl(fds[1], F_GETPIPE_SZ) == pipe_size, "the size of the pipe");
	must((fcntl(fds[0], F_GETFL) & flags & ~O_CLOEXEC) == (flags & ~O_CLOEXEC),
	     "flags");
	read_back(fds[0], size);
}

static void pipe_data(void)
{
	pipe_with(3000, 0, 0);
}

static void pipe_full(void)
{
	pipe_with(65536, 0, O_NONBLOCK);
}

static void pipe_large(void)
{
	pipe_with(200000, 256 * 1024, 0);
}

static void pipe_small(void)
{
	pipe_with(4096, 4096, 0);
}

static void pipe_packets(void)
{
	int fds[2];

	new_pipe(fds, O_DIRECT);
	must(write(fds[1], "one", 3) == 3 && write(fds[1], "three", 5) == 5, "write");
	saved();
	must(fcntl(fds[1], F_GETFL) & O_DIRECT, "O_DIRECT");
}

static void pipe_many(void)
{
	int fds[60][2];

	fill(data, 64);
	for (int i = 0; i < 60; i++) {
		new_pipe(fds[i], 0);
		must(write(fds[i][1], data, (size_t)i + 1) == i + 1, "write");
	}
	saved();
	for (int i = 0; i < 60; i++)
		read_back(fds[i][0], (size_t)i + 1);
}

static void pipe_no_writer(void)
{
	int fds[2];

	new_pipe(fds, 0);
	fill(data, 100);
	must(write(fds[1], data, 100) == 100, "write");
	close(fds[1]);
	saved();
	read_back(fds[0], 100);
	must(read(fds[0], back, 1) == 0, "the end of the pipe");
}

static void pipe_no_reader(void)
{
	int fds[2];

	new_pipe(fds, 0);
	signal(SIGPIPE, SIG_IGN);
	close(fds[0]);
	saved();
	must(write(fds[1], "x", 1) < 0 && errno == EPIPE, "EPIPE");
}

static volatile sig_atomic_t got;

static void hear(int signum)
{
	got = signum;
}

static void pipe_owner(void)
{
	int fds[2];

	new_pipe(fds, 0);
	signal(SIGRTMIN + 4, hear);
	must(fcntl(fds[0], F_SETOWN, getpid()) == 0, "F_SETOWN");
	must(fcntl(fds[0], F_SETSIG, SIGRTMIN + 4) == 0, "F_SETSIG");
	must(fcntl(fds[0], F_SETFL, O_ASYNC) == 0, "O_ASYNC");
	saved();
	must(fcntl(fds[0], F_GETOWN) == getpid(), "the owner");
	must(write(fds[1], "x", 1) == 1, "write");
	must(got == SIGRTMIN + 4, "the signal");
}

static void pipe_across_fork(void)
{
	int to[2], from[2];
	pid_t pid;

	new_pipe(to, 0);
	new_pipe(from, 0);
	pid = child();
	if (pid == 0) {
		char byte;

		close(to[1]);
		close(from[0]);
		while (read(to[0], &byte, 1) == 1) {
			byte++;
			if (write(from[1], &byte, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	wait_state(pid, 'S');
	saved();
	must(write(to[1], "a", 1) == 1 && read(from[0], back, 1) == 1, "an answer");
	must(*back == 'b', "the answer");
	close(to[1]);
	ended_well(pid);
}

static void fifo_at(const char *path)
{
	int fd;

	must(mkfifo(path, 0600) == 0, "mkfifo");
	fd = open(path, O_RDWR);
	must(fd >= 0, "open");
	fill(data, 500);
	must(write(fd, data, 500) == 500, "write");
	saved();
	read_back(fd, 500);
	unlink(path);
}

static void fifo_shared(void)
{
	fifo_at(in_workdir("fifo"));
}

static void fifo_tmpdir(void)
{
	fifo_at(in_tmpdir("fifo"));
}

static void fifo_unlinked(void)
{
	int fd;

	must(mkfifo(in_workdir("fifo"), 0600) == 0, "mkfifo");
	fd = open(in_workdir("fifo"), O_RDWR);
	unlink(in_workdir("fifo"));
	fill(data, 500);
	must(write(fd, data, 500) == 500, "write");
	saved();
	read_back(fd, 500);
}

static void fd_shared_offset(void)
{
	int fd = open(in_workdir("file"), O_RDWR | O_CREAT, 0600), twin = dup(fd);
	pid_t pid;

	must(write(fd, "0123456789", 10) == 10, "write");
	must(lseek(fd, 3, SEEK_SET) == 3, "lseek");
	pid = child();
	if (pid == 0) {
		saved();
		must(lseek(fd, 2, SEEK_CUR) == 5, "the position");
		_exit(0);
	}
	saved();
	ended_well(pid);
	must(lseek(fd, 0, SEEK_CUR) == 5, "the position that a child has set");
	must(lseek(twin, 0, SEEK_CUR) == 5, "the position of a duplicate");
	unlink(in_workdir("file"));
}

static void fd_flags(void)
{
	int fd = open(in_workdir("file"),
		      O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_SYNC, 0600);
	int flags = fcntl(fd, F_GETFL), high;

	must(fd >= 0, "open");
	high = fcntl(fd, F_DUPFD, 900);
	must(high == 900, "F_DUPFD");
	saved();
	must(fcntl(fd, F_GETFD) == FD_CLOEXEC, "FD_CLOEXEC");
	must(fcntl(high, F_GETFD) == 0, "without FD_CLOEXEC");
	must(fcntl(fd, F_GETFL) == flags, "flags");
	unlink(in_workdir("file"));
}

static void fd_path(void)
{
	int fd = open("/etc", O_PATH | O_DIRECTORY);

	must(fd >= 0, "open");
	saved();
	must(faccessat(fd, "passwd", R_OK, 0) == 0, "what is below it");
	must(fcntl(fd, F_GETFL) & O_PATH, "O_PATH");
}

static void fd_all_used(void)
{
	int last = -1, fd;

	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		last = fd;
	must(errno == EMFILE, "EMFILE");
	close(last);
	close(last - 1);
	fd = open("/dev/zero", O_RDONLY);
	must(dup(fd) >= 0, "dup");
	saved();
	must(read(fd, back, 4) == 4, "the last descriptor");
	must(open("/dev/null", O_RDONLY) < 0 && errno == EMFILE, "EMFILE");
}

static void file_unlinked(void)
{
	int fd = open(in_workdir("file"), O_RDWR | O_CREAT, 0600);

	fill(data, 100000);
	must(write(fd, data, 100000) == 100000, "write");
	unlink(in_workdir("file"));
	saved();
	must(lseek(fd, 0, SEEK_SET) == 0, "lseek");
	read_back(fd, 100000);
}

static void file_tmpfile(void)
{
	int fd = open(getenv("TMPDIR"), O_RDWR | O_TMPFILE, 0600);

	must(fd >= 0, "O_TMPFILE");
	fill(data, 1000);
	must(write(fd, data, 1000) == 1000, "write");
	saved();
	must(lseek(fd, 0, SEEK_SET) == 0, "lseek");
	read_back(fd, 1000);
}

static void file_other_link(void)
{
	struct stat here, there;
	int fd = open(in_workdir("file"), O_RDWR | O_CREAT, 0600);
	char *other = strdup(in_workdir("other"));

	must(link(in_workdir("file"), other) == 0, "link");
	must(write(fd, "x", 1) == 1, "write");
	unlink(in_workdir("file"));
	saved();
	must(write(fd, "y", 1) == 1, "write");
	must(stat(other, &there) == 0 && there.st_size == 2, "the file has both");
	must(fstat(fd, &here) == 0 && here.st_ino == there.st_ino, "it is the same");
	unlink(other);
}

static void file_renamed(void)
{
	int fd = open(in_workdir("file"), O_RDWR | O_CREAT, 0600);
	char *other = strdup(in_workdir("other"));

	fill(data, 10);
	must(write(fd, data, 10) == 10, "write");
	must(rename(in_workdir("file"), other) == 0, "rename");
	saved();
	must(lseek(fd, 0, SEEK_SET) == 0, "lseek");
	read_back(fd, 10);
	unlink(other);
}

static void file_in_tmp(void)
{
	char path[] = "/tmp/kinds.XXXXXX";
	int fd = mkstemp(path);

	fill(data, 1000);
	must(write(fd, data, 1000) == 1000, "write");
	saved();
	must(lseek(fd, 0, SEEK_SET) == 0, "lseek");
	read_back(fd, 1000);
	unlink(path);
}

static void directory_open(void)
{
	DIR *dir = opendir("/usr/bin");
	char *next = NULL;
	long at;

	for (int i = 0; i < 50; i++)
		must(readdir(dir), "readdir");
	at = telldir(dir);
	next = strdup(readdir(dir)->d_name);
	seekdir(dir, at);
	saved();
	must(strcmp(readdir(dir)->d_name, next) == 0, "the next entry");
}

static void directory_removed(void)
{
	int fd;

	must(mkdir(in_workdir("dir"), 0700) == 0, "mkdir");
	fd = open(in_workdir("dir"), O_RDONLY | O_DIRECTORY);
	must(rmdir(in_workdir("dir")) == 0, "rmdir");
	saved();
	must(fd >= 0 && openat(fd, "x", O_WRONLY | O_CREAT, 0600) < 0, "nothing in it");
}

static void directory_of_work_removed(void)
{
	char *dir = strdup(in_workdir("dir"));

	must(mkdir(dir, 0700) == 0 && chdir(dir) == 0 && rmdir(dir) == 0, "rmdir");
	saved();
	errno = 0;
	must(getcwd(back, sizeof(back)) == NULL && errno == ENOENT,
	     "a removed directory");
}

static void directory_of_work_tmpdir(void)
{
	must(chdir(getenv("TMPDIR")) == 0, "chdir");
	saved();
	must(strcmp(getcwd(back, sizeof(back)), getenv("TMPDIR")) == 0, "the directory");
}

static void lock_flock(void)
{
	int fd = open(in_workdir("lock"), O_RDWR | O_CREAT, 0600), other;

	must(flock(fd, LOCK_EX) == 0, "flock");
	saved();
	other = open(in_workdir("lock"), O_RDWR);
	must(flock(other, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK, "it is locked");
	unlink(in_workdir("lock"));
}

static void lock_posix(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_start = 10, .l_len = 5 };
	int fd = open(in_workdir("lock"), O_RDWR | O_CREAT, 0600);
	pid_t pid;

	must(fcntl(fd, F_SETLK, &l) == 0, "F_SETLK");
	saved();
	pid = child();
	if (pid == 0) {
		must(fcntl(fd, F_GETLK, &l) == 0 && l.l_type == F_WRLCK, "it is locked");
		must(l.l_start == 10 && l.l_len == 5 && l.l_pid == getppid(),
		     "what of it");
		_exit(0);
	}
	ended_well(pid);
	unlink(in_workdir("lock"));
}

static void lock_ofd(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_start = 10, .l_len = 5 };
	int fd = open(in_workdir("lock"), O_RDWR | O_CREAT, 0600), other;

	must(fcntl(fd, F_OFD_SETLK, &l) == 0, "F_OFD_SETLK");
	saved();
	other = open(in_workdir("lock"), O_RDWR);
	must(fcntl(other, F_OFD_GETLK, &l) == 0 && l.l_type == F_WRLCK, "it is locked");
	unlink(in_workdir("lock"));
}

static void lock_lease(void)
{
	int fd = open(in_workdir("lock"), O_RDONLY | O_CREAT, 0600);

	must(fcntl(fd, F_SETLEASE, F_RDLCK) == 0, "F_SETLEASE");
	saved();
	must(fcntl(fd, F_GETLEASE) == F_RDLCK, "the lease");
	unlink(in_workdir("lock"));
}

const struct kind kinds_pipes[] = {
	{ "pipe_data", pipe_data, RIGHT, NULL },
	{ "pipe_full", pipe_full, RIGHT, NULL },
	{ "pipe_large", pipe_large, RIGHT, NULL },
	{ "pipe_small", pipe_small, RIGHT, NULL },
	{ "pipe_packets", pipe_packets, REFUSED, "O_DIRECT" },
	{ "pipe_many", pipe_many, RIGHT, NULL },
	{ "pipe_no_writer", pipe_no_writer, RIGHT, NULL },
	{ "pipe_no_reader", pipe_no_reader, RIGHT, NULL },
	{ "pipe_owner", pipe_owner, RIGHT, NULL },
	{ "pipe_across_fork", pipe_across_fork, RIGHT, NULL },
	{ "fifo_shared", fifo_shared, RIGHT, NULL },
	{ "fifo_tmpdir", fifo_tmpdir, RIGHT, NULL },
	{ "fifo_unlinked", fifo_unlinked, RIGHT, NULL },
	{ "fd_shared_offset", fd_shared_offset, RIGHT, NULL },
	{ "fd_flags", fd_flags, RIGHT, NULL },
	{ "fd_path", fd_path, RIGHT, NULL },
	{ "fd_all_used", fd_all_used, REFUSED, "used up its descriptors" },
	{ "file_unlinked", file_unlinked, RIGHT, NULL },
	{ "file_tmpfile", file_tmpfile, RIGHT, NULL },
	{ "file_other_link", file_other_link, RIGHT, NULL },
	{ "file_renamed", file_renamed, RIGHT, NULL },
	{ "file_in_tmp", file_in_tmp, RIGHT, NULL },
	{ "directory_open", directory_open, RIGHT, NULL },
	{ "directory_removed", directory_removed, RIGHT, NULL },
	{ "directory_of_work_removed", directory_of_work_removed, RIGHT, NULL },
	{ "directory_of_work_tmpdir", directory_of_work_tmpdir, RIGHT, NULL },
	{ "lock_flock", lock_flock, RIGHT, NULL },
	{ "lock_posix", lock_posix, RIGHT, NULL },
	{ "lock_ofd", lock_ofd, RIGHT, NULL },
	{ "lock_lease", lock_lease, RIGHT, NULL },
	{ NULL, NULL, RIGHT, NULL },
};
