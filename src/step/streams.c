// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#define CHUNK		65536	    /* bytes that are read at once */
#define FULL		(4 * CHUNK) /* that wait to be written; then tasks are not read */
#define LINE_MAX_LENGTH CHUNK	    /* of a line that is held back until it ends */

/* Where output goes. */
struct sink {
	int fd; /* -1: nowhere */
	char *data;
	size_t used;
};

/* A task's stdout or stderr. */
struct source {
	int fd; /* -1: it has ended */
	struct sink *sink;
	char *label; /* or NULL */
	char *data;
	size_t used;
};

/* A task's stdin. */
struct feed {
	int fd;	     /* -1: it is closed */
	size_t sent; /* of streams.input */
};

struct streams {
	bool unbuffered;
	struct sink sinks[2]; /* for stdout and stderr; may be one */
	struct source *sources;
	struct feed *feeds;
	long nsources, nfeeds;
	int in; /* -1: it has ended */
	char input[CHUNK];
	size_t input_used;
	/* what each of the descriptors that are waited for is */
	void **waited;
};

/* ---- output ---- */

static void sink_write(struct sink *sink)
{
	size_t size = sink->used < PIPE_BUF ? sink->used : PIPE_BUF;
	ssize_t n = write(sink->fd, sink->data, size);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) { /* nobody reads: the tasks need not know, as with Slurm's */
		sink->fd = -1;
		sink->used = 0;
		return;
	}
	sink->used -= (size_t)n;
	memmove(sink->data, sink->data + n, sink->used);
}

/* Without memory what cannot be kept is written at once. */
static void sink_put(struct sink *sink, const char *data, size_t size)
{
	char *more;

	if (sink->fd < 0 || size == 0)
		return;
	more = realloc(sink->data, sink->used + size);
	if (!more) {
		(void)file_write_all(sink->fd, sink->data, sink->used);
		(void)file_write_all(sink->fd, data, size);
		sink->used = 0;
		return;
	}
	memcpy(more + sink->used, data, size);
	sink->data = more;
	sink->used += size;
}

static void put_line(struct source *source, const char *line, size_t size)
{
	if (source->label)
		sink_put(source->sink, source->label, strlen(source->label));
	sink_put(source->sink, line, size);
	if (source->label && line[size - 1] != '\n')
		sink_put(source->sink, "\n", 1);
}

/* With labels each line has one; else all whole lines go together. */
static size_t pass_lines(struct source *source)
{
	size_t done = 0;

	while (done < source->used) {
		const char *from = source->data + done;
		const char *end = source->label
					  ? memchr(from, '\n', source->used - done)
					  : memrchr(from, '\n', source->used - done);

		if (!end)
			break;
		put_line(source, from, (size_t)(end - from) + 1);
		done += (size_t)(end - from) + 1;
	}
	return done;
}

static void pass(struct source *source, bool all)
{
	size_t done = pass_lines(source);

	source->used -= done;
	memmove(source->data, source->data + done, source->used);
	if (source->used == 0 || (!all && source->used < LINE_MAX_LENGTH))
		return;
	put_line(source, source->data, source->used);
	source->used = 0;
}

static void end_source(struct source *source)
{
	if (source->fd < 0)
		return;
	pass(source, true);
	close(source->fd);
	source->fd = -1;
}

/* false: there is nothing more to read now. */
static bool read_source(struct streams *s, struct source *source)
{
	char *room = realloc(source->data, source->used + CHUNK);
	ssize_t n;

	if (!room) {
		end_source(source);
		return false;
	}
	source->data = room;
	n = read(source->fd, room + source->used, CHUNK);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n <= 0) {
		end_source(source);
		return false;
	}
	source->used += (size_t)n;
	pass(source, s->unbuffered);
	return true;
}

/* ---- input ---- */

static void close_feed(struct feed *feed)
{
	if (feed->fd >= 0)
		close(feed->fd);
	feed->fd = -1;
}

/* All have got what was read. */
static bool is_input_passed(const struct streams *s)
{
	for (long i = 0; i < s->nfeeds; i++) {
		if (s->feeds[i].fd >= 0 && s->feeds[i].sent < s->input_used)
			return false;
	}
	return true;
}

static bool has_feeds(const struct streams *s)
{
	for (long i = 0; i < s->nfeeds; i++) {
		if (s->feeds[i].fd >= 0)
			return true;
	}
	return false;
}

static void end_input(struct streams *s)
{
	s->in = -1;
	s->input_used = 0;
	for (long i = 0; i < s->nfeeds; i++)
		close_feed(&s->feeds[i]);
}

static void read_input(struct streams *s)
{
	ssize_t n = read(s->in, s->input, sizeof(s->input));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		end_input(s);
		return;
	}
	s->input_used = (size_t)n;
	for (long i = 0; i < s->nfeeds; i++)
		s->feeds[i].sent = 0;
}

static void write_feed(struct streams *s, struct feed *feed)
{
	ssize_t n = write(feed->fd, s->input + feed->sent, s->input_used - feed->sent);

	if (n > 0)
		feed->sent += (size_t)n;
	else if (n < 0 && errno != EINTR && errno != EAGAIN)
		close_feed(feed);
}

/* ---- waiting ---- */

nfds_t streams_max(const struct streams *s)
{
	return (nfds_t)(s->nsources + s->nfeeds + 3);
}

static nfds_t add(struct streams *s, struct pollfd *fds, nfds_t n, int fd, short events,
		  void *what)
{
	fds[n] = (struct pollfd){ .fd = fd, .events = events };
	s->waited[n] = what;
	return n + 1;
}

nfds_t streams_wait_for(struct streams *s, struct pollfd *fds)
{
	nfds_t n = 0;

	for (int i = 0; i < 2; i++) {
		if (s->sinks[i].fd >= 0 && s->sinks[i].used > 0)
			n = add(s, fds, n, s->sinks[i].fd, POLLOUT, &s->sinks[i]);
	}
	for (long i = 0; i < s->nsources; i++) {
		if (s->sources[i].fd >= 0 && s->sources[i].sink->used < FULL)
			n = add(s, fds, n, s->sources[i].fd, POLLIN, &s->sources[i]);
	}
	for (long i = 0; i < s->nfeeds; i++) {
		if (s->feeds[i].fd >= 0 && s->feeds[i].sent < s->input_used)
			n = add(s, fds, n, s->feeds[i].fd, POLLOUT, &s->feeds[i]);
	}
	if (s->in >= 0 && is_input_passed(s) && has_feeds(s))
		n = add(s, fds, n, s->in, POLLIN, &s->in);
	return n;
}

static bool is_one_of(const void *what, const void *array, size_t size)
{
	return (const char *)what >= (const char *)array &&
	       (const char *)what < (const char *)array + size;
}

void streams_serve(struct streams *s, const struct pollfd *fds, nfds_t count)
{
	for (nfds_t i = 0; i < count; i++) {
		void *what = s->waited[i];

		if (!fds[i].revents)
			continue;
		if (what == &s->in)
			read_input(s);
		else if (is_one_of(what, s->sinks, sizeof(s->sinks)))
			sink_write(what);
		else if (is_one_of(what, s->feeds, (size_t)s->nfeeds * sizeof(*s->feeds)))
			write_feed(s, what);
		else
			(void)read_source(s, what);
	}
}

static void flush(struct sink *sink)
{
	if (sink->fd >= 0 && sink->used > 0)
		(void)file_write_all(sink->fd, sink->data, sink->used);
	sink->used = 0;
}

void streams_finish(struct streams *s)
{
	for (long i = 0; i < s->nsources; i++) {
		struct source *source = &s->sources[i];

		while (source->fd >= 0 && read_source(s, source))
			flush(source->sink);
		end_source(source);
	}
	flush(&s->sinks[0]);
	flush(&s->sinks[1]);
	end_input(s);
}

/* ---- opening ---- */

/* The number of the one task that a stream is for; -1: its name is that of a file. */
static long one_task(const struct step *step, const char *name)
{
	unsigned long long number;

	if (!name || str_to_ull(name, INT_MAX, &number) < 0 ||
	    (long)number >= step->ntasks)
		return -1;
	return (long)number;
}

static bool is_file_name(const struct step *step, const char *name)
{
	return name && strcmp(name, "all") != 0 && one_task(step, name) < 0;
}

static int open_sink(const struct step *step, const char *name, int own)
{
	int how = O_WRONLY | O_CREAT | O_CLOEXEC |
		  (step->options.append ? O_APPEND : O_TRUNC);
	cleanup_free char *path = NULL;

	if (!is_file_name(step, name))
		return own;
	path = strcmp(name, "none") == 0 ? strdup("/dev/null")
					 : pattern_expand(name, &step->names, 0);
	return path ? open(path, how, 0666) : -1;
}

/* Our end of a pipe never makes us wait. */
static int make_pipe(int fds[2], int ours)
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	return fcntl(fds[ours], F_SETFL, O_NONBLOCK);
}

static bool is_per_task(const struct step *step, const char *name)
{
	return is_file_name(step, name) && pattern_is_per_task(name);
}

/* A source whose lines go to a sink, or where only one task's do, nowhere. */
static int add_source(struct streams *s, const struct step *step, long task, int fds[2],
		      const char *name, struct sink *sink)
{
	static struct sink nowhere = { .fd = -1 };
	struct source *source = &s->sources[s->nsources];
	long one = one_task(step, name);
	int width = snprintf(NULL, 0, "%ld", step->ntasks - 1);

	if (make_pipe(fds, 0) < 0)
		return -1;
	*source = (struct source){ .fd = fds[0],
				   .sink = one < 0 || one == task ? sink : &nowhere };
	if (step->options.label)
		source->label = str_printf("%*ld: ", width, task);
	s->nsources++;
	return 0;
}

/* Labels in a file of a task's own: written here, and so by a sink of its own. */
static int open_output(struct streams *s, struct step *step, long i, const char *name,
		       int fds[2], char **file, struct sink *sink)
{
	if (!is_per_task(step, name))
		return add_source(s, step, i, fds, name, sink);
	*file = pattern_expand(name, &step->names, (unsigned int)i);
	return *file ? 0 : -1;
}

static int open_input(struct streams *s, struct step *step, long i)
{
	struct task *task = &step->tasks[i];
	const char *name = step->options.input;
	long one = one_task(step, name);

	if (is_per_task(step, name)) {
		task->input = pattern_expand(name, &step->names, (unsigned int)i);
		return task->input ? 0 : -1;
	}
	if (make_pipe(task->in, 1) < 0)
		return -1;
	s->feeds[i] = (struct feed){ .fd = task->in[1] };
	if ((name && !strcmp(name, "none")) || (one >= 0 && one != i))
		close_feed(&s->feeds[i]);
	return 0;
}

static int open_task(struct streams *s, struct step *step, long i)
{
	struct task *task = &step->tasks[i];
	const struct srun_options *o = &step->options;
	const char *error = o->error ? o->error : o->output;

	for (int end = 0; end < 2; end++)
		task->in[end] = task->out[end] = task->err[end] = -1;
	if (open_output(s, step, i, o->output, task->out, &task->output, &s->sinks[0]) <
	    0)
		return -1;
	if (open_output(s, step, i, error, task->err, &task->error, &s->sinks[1]) < 0)
		return -1;
	return open_input(s, step, i);
}

/* Where both have the same name they are one file. */
static void open_sinks(struct streams *s, const struct step *step)
{
	const char *output = step->options.output, *error = step->options.error;
	bool same = is_file_name(step, output) && (!error || !strcmp(error, output));

	s->sinks[0].fd =
		is_per_task(step, output) ? -1 : open_sink(step, output, STDOUT_FILENO);
	if (same)
		s->sinks[1].fd = s->sinks[0].fd < 0
					 ? -1
					 : fcntl(s->sinks[0].fd, F_DUPFD_CLOEXEC, 3);
	else
		s->sinks[1].fd = is_per_task(step, error)
					 ? -1
					 : open_sink(step, error, STDERR_FILENO);
}

static int open_source_of_input(struct streams *s, const struct step *step,
				struct error *e)
{
	const char *name = step->options.input;
	cleanup_free char *path = NULL;

	s->in = STDIN_FILENO;
	if (!is_file_name(step, name) || is_per_task(step, name) || !strcmp(name, "none"))
		return 0;
	path = pattern_expand(name, &step->names, 0);
	s->in = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	return s->in < 0 ? error_sys(e, "Could not open stdin file") : 0;
}

struct streams *streams_open(struct step *step, struct error *e)
{
	struct streams *s = calloc(1, sizeof(*s));
	size_t n = (size_t)step->ntasks;

	if (!s || !(s->sources = calloc(2 * n, sizeof(*s->sources))) ||
	    !(s->feeds = calloc(n, sizeof(*s->feeds))) ||
	    !(s->waited = calloc(3 * n + 3, sizeof(*s->waited)))) {
		error_sys(e, "tasks");
		return NULL;
	}
	s->unbuffered = step->options.unbuffered;
	for (size_t i = 0; i < n; i++)
		s->feeds[i].fd = -1;
	s->nfeeds = step->ntasks;
	if (open_source_of_input(s, step, e) < 0)
		return NULL;
	open_sinks(s, step);
	for (long i = 0; i < step->ntasks; i++) {
		if (open_task(s, step, i) < 0) {
			error_sys(e, "pipes of the tasks");
			return NULL;
		}
	}
	return s;
}
