/* vmagent PORT...: has the hostinit of this machine run the commands that vmctl, outside,
 * sends through virtio-serial ports. A process for each port. */
#include <limits.h>
#include <poll.h>
#include <sys/wait.h>
#include <time.h>

#include "client.h"
#include "frame.h"

#define PIPE_CHUNKS (65536 / FRAME_CHUNK + 1)
#define IDLE_S	    2 /* a look at a port of which the kernel has told nothing */

/* Where data come from and go to while a command runs. */
enum end { HOST, OUTPUT, ERRORS, INPUT, PORT, ENDS };

struct serving {
	struct pollfd ends[ENDS];
	uint32_t session;
	char *data; /* FRAME_DATA_MAX */
	char input[FRAME_CHUNK];
	size_t input_size, input_done;
};

/* 0 when all of it came; -1 when nobody has the port open outside. */
static int port_read(int port, void *data, size_t size)
{
	struct pollfd p = { .fd = port, .events = POLLIN };

	for (char *at = data; size > 0;) {
		ssize_t count = read(port, at, size);
		if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
			return -1;
		if (count < 0) {
			poll(&p, 1, -1);
			continue;
		}
		at += count;
		size -= (size_t)count;
	}
	return 0;
}

static int port_write(int port, const void *data, size_t size)
{
	struct pollfd p = { .fd = port, .events = POLLOUT };

	for (const char *at = data; size > 0;) {
		ssize_t count = write(port, at, size);
		if (count < 0 && errno != EINTR && errno != EAGAIN)
			return -1;
		if (count <= 0) {
			if (poll(&p, 1, -1) > 0 && p.revents & POLLHUP)
				return -1;
			continue;
		}
		at += count;
		size -= (size_t)count;
	}
	return 0;
}

static int port_send(struct serving *s, enum frame_type type, const void *data,
		     size_t size)
{
	struct frame frame = { FRAME_MAGIC, s->session, type, (uint32_t)size };
	int port = s->ends[PORT].fd;

	return port_write(port, &frame, sizeof(frame)) || port_write(port, data, size)
		       ? -1
		       : 0;
}

static int port_receive(struct serving *s, struct frame *frame)
{
	int port = s->ends[PORT].fd;

	if (port_read(port, frame, sizeof(*frame)) < 0 || frame->magic != FRAME_MAGIC ||
	    frame->size > FRAME_DATA_MAX)
		return -1;
	return port_read(port, s->data, frame->size);
}

static void close_end(struct serving *s, enum end end)
{
	if (s->ends[end].fd >= 0)
		close(s->ends[end].fd);
	s->ends[end].fd = -1;
}

/* Hostinit ends a command whose caller has gone. */
static void forget_command(struct serving *s)
{
	close_end(s, HOST);
	close_end(s, OUTPUT);
	close_end(s, ERRORS);
	close_end(s, INPUT);
	s->input_size = s->input_done = 0;
}

static int ask_hostinit(struct serving *s, uint32_t size, const int stdio[3])
{
	struct host_request request = { .strings_size = size };

	for (uint32_t i = 0; i < size; i++)
		request.strings_count += s->data[i] == 0;
	s->ends[HOST].fd = connect_to(HOST_SOCKET);
	return s->ends[HOST].fd < 0 || send_request(s->ends[HOST].fd, &request, stdio) ||
			       send_all(s->ends[HOST].fd, s->data, size)
		       ? -1
		       : 0;
}

static void start_command(struct serving *s, const struct frame *frame)
{
	static const int failed = STATUS_TESTBED;
	int in[2], out[2], err[2];

	forget_command(s);
	s->session = frame->session;
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(err, O_CLOEXEC) < 0)
		die("pipe");
	s->ends[INPUT].fd = in[1];
	s->ends[OUTPUT].fd = out[0];
	s->ends[ERRORS].fd = err[0];
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	if (ask_hostinit(s, frame->size, (int[]){ in[0], out[1], err[1] }) < 0) {
		(void)port_send(s, FRAME_STATUS, &failed, sizeof(failed));
		forget_command(s);
	} else {
		(void)port_send(s, FRAME_STARTED, NULL, 0);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
}

/* -1 when that is no frame, or nobody is there. */
static int take_frame(struct serving *s)
{
	struct frame frame;

	if (port_receive(s, &frame) < 0)
		return -1;
	if (frame.type == FRAME_RUN) {
		start_command(s, &frame);
	} else if (frame.session != s->session || s->ends[HOST].fd < 0) {
		return 0;
	} else if (frame.type == FRAME_SIGNAL && frame.size == 1) {
		(void)send_all(s->ends[HOST].fd, s->data, 1);
	} else if (frame.type == FRAME_STDIN && frame.size <= FRAME_CHUNK) {
		memcpy(s->input, s->data, frame.size);
		s->input_size = frame.size;
		s->input_done = 0;
		if (frame.size == 0)
			close_end(s, INPUT);
	}
	return 0;
}

/* What it has printed: 1 if there was something, -1 when nobody is there to hear it. */
static int pass_output(struct serving *s, enum end end)
{
	char data[FRAME_CHUNK];
	ssize_t count = read(s->ends[end].fd, data, sizeof(data));

	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (count == 0)
		close_end(s, end);
	else if (port_send(s, end == OUTPUT ? FRAME_STDOUT : FRAME_STDERR, data,
			   (size_t)count) < 0)
		return -1;
	return count > 0;
}

static int pass_input(struct serving *s)
{
	ssize_t count = write(s->ends[INPUT].fd, s->input + s->input_done,
			      s->input_size - s->input_done);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (count < 0) { /* nobody reads it */
		s->input_done = s->input_size;
		close_end(s, INPUT);
	} else {
		s->input_done += (size_t)count;
	}
	return s->input_done == s->input_size ? port_send(s, FRAME_STDIN_TAKEN, NULL, 0)
					      : 0;
}

/* No more than a pipe holds: what the command has left behind may go on printing. */
static void pass_rest(struct serving *s, enum end end)
{
	for (int i = 0; i < PIPE_CHUNKS && s->ends[end].fd >= 0; i++)
		if (pass_output(s, end) <= 0)
			return;
}

static void pass_status(struct serving *s)
{
	int status;

	if (recv(s->ends[HOST].fd, &status, sizeof(status), MSG_WAITALL) !=
	    sizeof(status))
		status = STATUS_TESTBED;
	pass_rest(s, OUTPUT);
	pass_rest(s, ERRORS);
	(void)port_send(s, FRAME_STATUS, &status, sizeof(status));
	forget_command(s);
}

static int pass_all(struct serving *s)
{
	if (s->ends[PORT].revents & POLLHUP ||
	    (s->ends[PORT].revents && take_frame(s) < 0))
		return -1;
	if (s->ends[OUTPUT].fd >= 0 && s->ends[OUTPUT].revents &&
	    pass_output(s, OUTPUT) < 0)
		return -1;
	if (s->ends[ERRORS].fd >= 0 && s->ends[ERRORS].revents &&
	    pass_output(s, ERRORS) < 0)
		return -1;
	if (s->input_done < s->input_size && s->ends[INPUT].fd < 0)
		s->input_done = s->input_size;
	if (s->input_done < s->input_size && s->ends[INPUT].revents && pass_input(s) < 0)
		return -1;
	if (s->ends[HOST].fd >= 0 && s->ends[HOST].revents & (POLLIN | POLLHUP))
		pass_status(s);
	return 0;
}

/* As long as somebody has the port open outside. */
static void serve(struct serving *s)
{
	do {
		for (int i = 0; i < ENDS; i++) {
			s->ends[i].revents = 0;
			s->ends[i].events = i == INPUT ? 0 : POLLIN;
		}
		if (s->input_done < s->input_size)
			s->ends[INPUT].events = POLLOUT;
		if (poll(s->ends, ENDS, -1) < 0)
			continue;
	} while (pass_all(s) == 0);
	forget_command(s);
}

/* While nobody is connected outside, poll tells of that at once, and of data, though
 * there are none: to trust that burns a processor. The kernel tells by SIGIO when
 * it changes. Nothing is read here: it could be the request of a caller that comes
 * just now. */
static _Noreturn void serve_port(const char *path, const sigset_t *io)
{
	static const struct timespec limit = { .tv_sec = IDLE_S };
	struct serving *s = calloc(1, sizeof(*s));
	int port = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (!s || !(s->data = malloc(FRAME_DATA_MAX)) || port < 0)
		die(path);
	for (int i = 0; i < ENDS; i++)
		s->ends[i].fd = i == PORT ? port : -1;
	fcntl(port, F_SETOWN, getpid());
	fcntl(port, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC);
	for (;;) {
		struct pollfd p = { .fd = port, .events = POLLIN };
		poll(&p, 1, -1);
		if (p.revents & POLLHUP)
			sigtimedwait(io, NULL, &limit);
		else
			serve(s);
	}
}

int main(int argc, char **argv)
{
	sigset_t io;

	sigemptyset(&io);
	sigaddset(&io, SIGIO);
	sigprocmask(SIG_BLOCK, &io, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i < argc; i++)
		if (fork() == 0)
			serve_port(argv[i], &io);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}
