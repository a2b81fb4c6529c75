// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/event.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/user_file.h"

/* A line's bytes at most: the longest sentence, every byte of it escaped, and the rest.
 */
#define LINE_MAX_BYTES (sizeof(((struct event *)0)->text) * 6 + 2048)

static const char *const names[EVENT_TYPES] = {
	[EVENT_START] = "start",
	[EVENT_RESTART] = "restart",
	[EVENT_UNPROTECTED] = "unprotected",
	[EVENT_CHECKPOINT] = "checkpoint",
	[EVENT_FAILED] = "failed",
	[EVENT_REFUSED] = "refused",
	[EVENT_HELD] = "held",
	[EVENT_LEAVE] = "leave",
	[EVENT_DISABLE] = "disable",
	[EVENT_ENABLE] = "enable",
	[EVENT_ABLE] = "able",
	[EVENT_INTERVAL] = "interval",
	[EVENT_END] = "end",
};

const char *event_name(enum event_type type)
{
	return names[type];
}

/* ---- writing ---- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Milliseconds are enough, and are read back as they were written. */
static struct json_object *new_seconds(double seconds)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f", seconds);
	return json_object_new_double_s(seconds, text);
}

static void add_text(struct json_object *o, const char *name, const char *value)
{
	if (*value)
		json_object_object_add(o, name, json_object_new_string(value));
}

static struct json_object *encode(const struct event *ev)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return NULL;
	json_object_object_add(o, "time", new_seconds(ev->time > 0 ? ev->time : now()));
	add_text(o, "event", names[ev->type]);
	add_text(o, "node", ev->node);
	json_object_object_add(o, "restart", json_object_new_int64(ev->restart));
	if (ev->generation)
		json_object_object_add(o, "generation",
				       json_object_new_int64(ev->generation));
	add_text(o, "engine", ev->engine);
	add_text(o, "reason", ev->reason);
	if (ev->type == EVENT_CHECKPOINT || ev->type == EVENT_RESTART ||
	    ev->type == EVENT_INTERVAL)
		json_object_object_add(o, "seconds", new_seconds(ev->seconds));
	if (ev->type == EVENT_CHECKPOINT)
		json_object_object_add(o, "bytes",
				       json_object_new_int64((int64_t)ev->bytes));
	if (ev->type == EVENT_END || ev->type == EVENT_ABLE)
		json_object_object_add(o, "status", json_object_new_int(ev->status));
	add_text(o, "text", ev->text);
	return o;
}

/*
 * The file, in whose place is no pipe; and whether its last line was cut short, so that
 * the next one is not taken for the rest of it.
 */
static int open_at_end(const struct folder *folder, bool *cut_short)
{
	cleanup_close int fd = openat(
		folder->fd, FOLDER_EVENTS,
		O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;
	char last = '\n';

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	if (fchmod(fd, 0600) < 0)
		return -1;
	if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) < 0)
		return -1;
	*cut_short = last != '\n';
	return take_fd(fd);
}

int event_append(const struct folder *folder, const struct event *event, struct error *e)
{
	bool cut_short = false;
	cleanup_close int fd = open_at_end(folder, &cut_short);
	struct json_object *o = fd < 0 ? NULL : encode(event);
	cleanup_free char *line = NULL;

	if (o)
		line = str_printf("%s%s\n", cut_short ? "\n" : "",
				  json_object_to_json_string_ext(
					  o, JSON_C_TO_STRING_PLAIN |
						     JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	/* In one write, so that no other line comes in between. */
	if (!line || file_write_all(fd, line, strlen(line)) < 0)
		return error_sys(e, "%s/" FOLDER_EVENTS, folder->path);
	return 0;
}

/* ---- reading ---- */

static void get_text(struct json_object *o, const char *name, char *value, size_t size)
{
	struct json_object *member;

	if (json_object_object_get_ex(o, name, &member) &&
	    json_object_is_type(member, json_type_string))
		snprintf(value, size, "%s", json_object_get_string(member));
	/* Users can write here what they like, and it is shown to others. */
	str_make_printable(value);
}

static double get_seconds(struct json_object *o, const char *name)
{
	struct json_object *member;
	double value = 0;

	if (json_object_object_get_ex(o, name, &member))
		value = json_object_get_double(member);
	return value > 0 && value < 1e12 ? value : 0;
}

static int64_t get_number(struct json_object *o, const char *name, int64_t max)
{
	struct json_object *member;
	int64_t value = 0;

	if (json_object_object_get_ex(o, name, &member))
		value = json_object_get_int64(member);
	return value > 0 && value <= max ? value : 0;
}

static int find_type(struct json_object *o, enum event_type *type)
{
	char name[32] = "";

	get_text(o, "event", name, sizeof(name));
	for (*type = 0; *type < EVENT_TYPES; (*type)++) {
		if (!strcmp(names[*type], name))
			return 0;
	}
	return -1;
}

/* False for a line that is to be passed over. */
static bool decode(const char *line, size_t length, struct event *ev)
{
	/* Objects in objects are none of ours. */
	struct json_tokener *tokener = json_tokener_new_ex(2);
	struct json_object *o =
		tokener ? json_tokener_parse_ex(tokener, line, (int)length) : NULL;
	bool good;

	memset(ev, 0, sizeof(*ev));
	good = o && json_object_is_type(o, json_type_object) &&
	       find_type(o, &ev->type) == 0;
	if (good) {
		ev->time = get_seconds(o, "time");
		ev->restart = (unsigned int)get_number(o, "restart", UINT_MAX);
		ev->generation = (unsigned int)get_number(o, "generation", UINT_MAX);
		ev->seconds = get_seconds(o, "seconds");
		ev->bytes = (uint64_t)get_number(o, "bytes", INT64_MAX);
		ev->status = (int)get_number(o, "status", INT_MAX);
		get_text(o, "node", ev->node, sizeof(ev->node));
		get_text(o, "engine", ev->engine, sizeof(ev->engine));
		get_text(o, "reason", ev->reason, sizeof(ev->reason));
		get_text(o, "text", ev->text, sizeof(ev->text));
	}
	json_object_put(o);
	if (tokener)
		json_tokener_free(tokener);
	return good && ev->time > 0;
}

struct event_reader {
	const struct folder *folder;
	int fd;
	size_t used;   /* bytes of buffer */
	bool overlong; /* the rest of this line is to be passed over */
	char buffer[LINE_MAX_BYTES];
};

/* "events: why" becomes "FOLDER/events: why". */
static int in_folder(const struct folder *folder, struct error *e)
{
	struct error why = e ? *e : (struct error){ .text = "" };

	return error_set(e, "%s/%.900s", folder->path, why.text);
}

static int open_events(struct event_reader *reader, struct error *e)
{
	if (reader->fd < 0)
		reader->fd = user_file_open(reader->folder->fd, FOLDER_EVENTS,
					    USER_FILE_EVENTS, e);
	if (reader->fd < 0 && errno != ENOENT)
		return in_folder(reader->folder, e);
	return 0;
}

struct event_reader *event_reader_new(const struct folder *folder, struct error *e)
{
	struct event_reader *reader = calloc(1, sizeof(*reader));

	if (!reader) {
		error_sys(e, "%s/" FOLDER_EVENTS, folder->path);
		return NULL;
	}
	reader->folder = folder;
	reader->fd = -1;
	if (open_events(reader, e) == 0)
		return reader;
	free(reader);
	return NULL;
}

struct event_reader *event_reader_new_at_end(const struct folder *folder, struct error *e)
{
	struct event_reader *reader = event_reader_new(folder, e);

	if (reader && reader->fd >= 0)
		(void)lseek(reader->fd, 0, SEEK_END);
	return reader;
}

/* Take the first line out of the buffer; false if it holds no whole one. */
static bool take_line(struct event_reader *r, struct event *event, bool *good)
{
	char *end = memchr(r->buffer, '\n', r->used);
	size_t length;

	if (!end && r->used < sizeof(r->buffer))
		return false;
	length = end ? (size_t)(end - r->buffer) : r->used;
	*good = end && !r->overlong && decode(r->buffer, length, event);
	r->overlong = !end;
	r->used -= length + (end ? 1 : 0);
	if (end)
		memmove(r->buffer, end + 1, r->used);
	return true;
}

/*
 * A kernel need not see what another node has appended by NFS until somebody opens the
 * file ("close-to-open", nfs(5)).
 */
static void look_anew(const struct event_reader *r)
{
	cleanup_close int fd = openat(r->folder->fd, FOLDER_EVENTS,
				      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	(void)fd;
}

int event_next(struct event_reader *r, struct event *event, struct error *e)
{
	bool is_fresh = r->fd < 0;

	for (;;) {
		bool good;
		ssize_t n;

		while (take_line(r, event, &good)) {
			if (good)
				return 1;
		}
		if (open_events(r, e) < 0)
			return -1;
		if (r->fd < 0)
			return 0;
		n = file_read_all(r->fd, r->buffer + r->used,
				  sizeof(r->buffer) - r->used);
		if (n < 0)
			return error_sys(e, "%s/" FOLDER_EVENTS, r->folder->path);
		if (n == 0 && is_fresh)
			return 0;
		if (n == 0) {
			look_anew(r);
			is_fresh = true;
			continue;
		}
		if (user_file_count(r->fd, FOLDER_EVENTS, USER_FILE_EVENTS, (uint64_t)n,
				    e) < 0)
			return in_folder(r->folder, e);
		r->used += (size_t)n;
	}
}

void event_reader_free(struct event_reader *reader)
{
	if (!reader)
		return;
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader);
}

int event_find_last(const struct folder *folder, bool (*fits)(const struct event *event),
		    struct event *last, struct error *e)
{
	struct event_reader *reader = event_reader_new(folder, e);
	int found = 0, rc = reader ? 1 : -1;
	struct event event;

	while (rc > 0) {
		rc = event_next(reader, &event, e);
		if (rc <= 0 || (fits && !fits(&event)))
			continue;
		*last = event;
		found = 1;
	}
	event_reader_free(reader);
	return rc < 0 ? -1 : found;
}

int event_read_all(const struct folder *folder, struct event **events, size_t *count,
		   struct error *e)
{
	struct event_reader *reader = event_reader_new(folder, e);
	size_t room = 0;
	int rc = reader ? 1 : -1;

	*events = NULL;
	*count = 0;
	while (rc > 0) {
		if (*count == room) {
			void *grown;

			room = room ? room * 2 : 16;
			grown = reallocarray(*events, room, sizeof(**events));
			if (!grown) {
				rc = error_sys(e, "%s", folder->path);
				break;
			}
			*events = grown;
		}
		rc = event_next(reader, &(*events)[*count], e);
		if (rc > 0)
			(*count)++;
	}
	event_reader_free(reader);
	return rc;
}
