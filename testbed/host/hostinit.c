/* hostinit: process 1 of a host of the testbed.
 *
 * Starts the host's services, given as its arguments, reaps what is orphaned,
 * and runs the commands that hostctl brings. A command started from here is in
 * the host's namespaces and cgroup because it is born there: nothing has to be
 * entered, so it costs a few milliseconds. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol.h"

#define ROOT_PATH  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define USER_PATH  "/usr/local/bin:/usr/bin:/bin"
#define GROUPS_MAX 64

struct command {
	char **strings; /* [0] the user's name, [1] on the arguments, NULL at the end */
	int stdio[3];
};

static void die(const char *what)
{
	fprintf(stderr, "testbed: %s: %s\n", what, strerror(errno));
	_exit(STATUS_TESTBED);
}

/* Children are told of through the descriptor that this returns. */
static int watch_children(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_SETMASK, &set, NULL);
	if ((fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		die("signalfd");
	return fd;
}

static void forget_children(int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) > 0)
		;
}

/* Fresh dispositions and mask, whatever hostinit itself uses. */
static void default_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	umask(077); /* root's alone */
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 64) < 0)
		die(path);
	umask(022);
	return fd;
}

/* 0 when all of it came. */
static int read_all(int fd, char *buffer, size_t size)
{
	while (size > 0) {
		ssize_t count = read(fd, buffer, size);
		if (count == 0 || (count < 0 && errno != EINTR))
			return -1;
		if (count > 0) {
			buffer += count;
			size -= (size_t)count;
		}
	}
	return 0;
}

/* The request's first part, with the descriptors. */
static int receive_request(int fd, struct host_request *request, int stdio[3])
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control;
	struct iovec data = { request, sizeof(*request) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;

	if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL) != sizeof(*request))
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(3 * sizeof(int)))
		return -1;
	memcpy(stdio, CMSG_DATA(header), 3 * sizeof(int));
	return 0;
}

static void receive_command(int fd, struct command *command)
{
	struct host_request request;
	char *strings, *end;

	if (receive_request(fd, &request, command->stdio) < 0)
		_exit(STATUS_TESTBED);
	strings = malloc(request.strings_size + 1);
	command->strings = calloc(request.strings_count + 1, sizeof(char *));
	if (!strings || !command->strings)
		die("a command");
	if (read_all(fd, strings, request.strings_size) < 0)
		_exit(STATUS_TESTBED);
	end = strings + request.strings_size;
	for (uint32_t i = 0; i < request.strings_count && strings < end; i++) {
		command->strings[i] = strings;
		strings += strlen(strings) + 1;
	}
	if (!command->strings[0] || !command->strings[1])
		_exit(STATUS_TESTBED);
}

/* From the file itself: this program is linked statically, without NSS. */
static const struct passwd *find_user(const char *name)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *user;

	if (!file)
		die("/etc/passwd");
	while ((user = fgetpwent(file)) && strcmp(user->pw_name, name) != 0)
		;
	return user;
}

static int find_groups(const struct passwd *user, gid_t groups[GROUPS_MAX])
{
	FILE *file = fopen("/etc/group", "re");
	struct group *group;
	int count = 0;

	if (!file)
		die("/etc/group");
	groups[count++] = user->pw_gid;
	while ((group = fgetgrent(file)))
		for (char **member = group->gr_mem; *member; member++)
			if (strcmp(*member, user->pw_name) == 0 && count < GROUPS_MAX)
				groups[count++] = group->gr_gid;
	fclose(file);
	return count;
}

static void become(const char *name)
{
	const struct passwd *user = find_user(name);
	gid_t groups[GROUPS_MAX];
	const char *home;

	if (!user) {
		fprintf(stderr, "testbed: there is no user %s\n", name);
		_exit(STATUS_TESTBED);
	}
	if (setgroups((size_t)find_groups(user, groups), groups) < 0 ||
	    setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
		die(name);
	home = user->pw_uid == 0 ? "/" : user->pw_dir;
	if (chdir(home) < 0)
		die(home);
	clearenv();
	setenv("HOME", user->pw_dir, 1);
	setenv("USER", user->pw_name, 1);
	setenv("LOGNAME", user->pw_name, 1);
	setenv("SHELL", user->pw_shell, 1);
	setenv("PATH", user->pw_uid == 0 ? ROOT_PATH : USER_PATH, 1);
	setenv("LANG", "C.UTF-8", 1);
}

static _Noreturn void execute(const struct command *command)
{
	default_signals();
	setsid();
	for (int fd = 0; fd < 3; fd++)
		if (dup2(command->stdio[fd], fd) < 0)
			_exit(STATUS_TESTBED);
	become(command->strings[0]);
	execvp(command->strings[1], command->strings + 1);
	fprintf(stderr, "testbed: %s: %s\n", command->strings[1], strerror(errno));
	_exit(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE);
}

static int shell_status(int status)
{
	return WIFSIGNALED(status) ? STATUS_SIGNALED + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

/* Pass on signals until the command ends, and say how it did. */
static void attend(int fd, int children, pid_t pid)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
				{ .fd = children, .events = POLLIN } };
	int status;

	while (poll(fds, 2, -1) > 0 || errno == EINTR) {
		if (fds[1].revents) {
			forget_children(children);
			if (waitpid(pid, &status, WNOHANG) == pid) {
				status = shell_status(status);
				send(fd, &status, sizeof(status), MSG_NOSIGNAL);
				return;
			}
		}
		if (fds[0].revents) {
			unsigned char number;
			if (read(fd, &number, 1) != 1) { /* hostctl is gone */
				kill(-pid, SIGKILL);
				return;
			}
			kill(-pid, number);
		}
	}
}

/* A process of its own for each command. */
static _Noreturn void serve(int fd)
{
	struct command command = { 0 };
	int children = watch_children();
	int started[2];
	pid_t pid;
	char end;

	receive_command(fd, &command);
	if (pipe2(started, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		die("fork");
	if (pid == 0)
		execute(&command);
	for (int i = 0; i < 3; i++) {
		close(i);
		close(command.stdio[i]);
	}
	/* Until its exec closes the pipe it leads no group that could be signaled. */
	close(started[1]);
	while (read(started[0], &end, 1) < 0 && errno == EINTR)
		;
	attend(fd, children, pid);
	_exit(0);
}

static void start_services(char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return;
	default_signals();
	setsid();
	execv(argv[0], argv);
	die(argv[0]);
}

int main(int argc, char **argv)
{
	int children = watch_children();
	int listener = listen_at(HOST_SOCKET);
	struct pollfd fds[] = { { .fd = listener, .events = POLLIN },
				{ .fd = children, .events = POLLIN } };

	if (argc < 2)
		return STATUS_TESTBED;
	start_services(argv + 1);
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents) {
			forget_children(children);
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
		}
		if (fds[0].revents) {
			int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
			if (fd >= 0 && fork() == 0)
				serve(fd);
			close(fd);
		}
	}
}
