/* vmctl DIRECTORY USER COMMAND...: COMMAND in the machine whose ports are the sockets
 *     DIRECTORY/port*, as `hostctl run` does on a host. */
#include <poll.h>
#include <sys/file.h>
#include <time.h>

#include "client.h"
#include "frame.h"

#define ANSWER_MS    60000    /* a machine that is emulated on a busy one */
#define PORT_WAIT_NS 10000000 /* between looks for a port that is free */

struct call {
	int port;
	uint32_t session;
	int started;
	char *data; /* of the last frame that came */
};

/* Qemu would let a second caller of a port wait, so each port has a lock, which ends
 * with us: its descriptor, or -1. */
static int lock_port(const char *directory, unsigned number)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/port%u.lock", directory, number);
	if ((fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600)) < 0)
		die(path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Not always the first that is free: what its last caller left there is soon gone. */
static int take_port(const char *directory)
{
	static const struct timespec pause = { .tv_nsec = PORT_WAIT_NS };
	unsigned number = (unsigned)getpid();
	char path[200];
	int fd;

	while (lock_port(directory, ++number % FRAME_PORTS) < 0)
		if (number % FRAME_PORTS == 0)
			nanosleep(&pause, NULL);
	snprintf(path, sizeof(path), "%s/port%u", directory, number % FRAME_PORTS);
	if ((fd = connect_to(path)) < 0)
		die("the machine does not answer");
	return fd;
}

static int send_frame(struct call *call, enum frame_type type, const void *data,
		      size_t size)
{
	struct frame frame = { FRAME_MAGIC, call->session, type, (uint32_t)size };

	return send_all(call->port, (char *)&frame, sizeof(frame)) ||
			       send_all(call->port, data, size)
		       ? -1
		       : 0;
}

static void send_command(struct call *call, char **strings)
{
	char *data = malloc(FRAME_DATA_MAX);
	size_t size = 0;

	for (; *strings; strings++) {
		size_t length = strlen(*strings) + 1;
		if (!data || length > FRAME_DATA_MAX - size) {
			errno = E2BIG;
			die("the command");
		}
		memcpy(data + size, *strings, length);
		size += length;
	}
	if (send_frame(call, FRAME_RUN, data, size) < 0)
		die("the machine does not listen");
	free(data);
}

/* 0 when a whole frame has come. */
static int receive(struct call *call, struct frame *frame)
{
	if (recv(call->port, frame, sizeof(*frame), MSG_WAITALL) != sizeof(*frame) ||
	    frame->magic != FRAME_MAGIC || frame->size > FRAME_CHUNK)
		return -1;
	/* to wait for no bytes is to wait for some */
	return frame->size > 0 && recv(call->port, call->data, frame->size,
				       MSG_WAITALL) != (ssize_t)frame->size
		       ? -1
		       : 0;
}

static void print(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t count = write(fd, data, size);
		if (count < 0 && errno != EINTR)
			return;
		if (count > 0) {
			data += count;
			size -= (size_t)count;
		}
	}
}

static void send_stdin(struct call *call)
{
	char data[FRAME_CHUNK];
	ssize_t count = read(0, data, sizeof(data));

	(void)send_frame(call, FRAME_STDIN, data, count > 0 ? (size_t)count : 0);
	if (count <= 0)
		close(0);
}

/* One frame: whether it was the last; *input: stdin may be read again. */
static int take_frame(struct call *call, int *status, int *input)
{
	struct frame frame;

	if (receive(call, &frame) < 0) {
		fputs("testbed: the host died\n", stderr);
		*status = STATUS_TESTBED;
		return 1;
	}
	if (frame.session != call->session)
		return 0;
	call->started = 1;
	if (frame.type == FRAME_STDIN_TAKEN)
		*input = fcntl(0, F_GETFD) < 0 ? -1 : 0;
	else if (frame.type == FRAME_STDOUT || frame.type == FRAME_STDERR)
		print(frame.type == FRAME_STDOUT ? 1 : 2, call->data, frame.size);
	else if (frame.type == FRAME_STATUS)
		memcpy(status, call->data, sizeof(*status));
	return frame.type == FRAME_STATUS;
}

static int attend(struct call *call, int signals)
{
	struct pollfd fds[] = { { .fd = call->port, .events = POLLIN },
				{ .fd = signals, .events = POLLIN },
				{ .fd = 0, .events = POLLIN } };
	int status = STATUS_TESTBED, ready;

	while ((ready = poll(fds, 3, call->started ? -1 : ANSWER_MS)) > 0 ||
	       errno == EINTR) {
		if (ready < 0)
			continue;
		if (fds[0].revents && take_frame(call, &status, &fds[2].fd))
			return status;
		if (fds[1].revents) {
			unsigned char number = next_signal(signals);
			(void)send_frame(call, FRAME_SIGNAL, &number, 1);
		}
		if (fds[2].fd == 0 && fds[2].revents) {
			send_stdin(call);
			fds[2].fd = -1; /* until that has been taken */
		}
	}
	fputs("testbed: the machine does not answer\n", stderr);
	return STATUS_TESTBED;
}

int main(int argc, char **argv)
{
	struct call call = { .session = (uint32_t)getpid() ^ (uint32_t)time(NULL) << 16 };
	int signals;

	if (argc < 4) {
		fputs("usage: vmctl DIRECTORY USER COMMAND...\n", stderr);
		return STATUS_TESTBED;
	}
	fill_stdio();
	signals = watch_signals();
	if (!(call.data = malloc(FRAME_CHUNK)))
		die("a machine");
	call.port = take_port(argv[1]);
	send_command(&call, argv + 2);
	return attend(&call, signals);
}
