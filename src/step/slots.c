// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

#define TABLE_FILE "/dev/shm/.srun-steps"

#define ENTRIES_MAX 512 /* steps at once; Slurm's own srun needs a port for each */
#define WORDS	    (BINDING_CPUS_MAX / 64)

/* Bytes that are locked, behind all that is in the file. */
#define MUTEX	((off_t)1 << 30)
#define ENTRIES (MUTEX + 1)
#define TICKETS ((off_t)1 << 32)

struct entry {
	int32_t pid; /* 0: free */
	uint32_t step;
	uint64_t mem; /* MiB */
	uint64_t cpus[WORDS];
};

struct table {
	uint64_t next_ticket;
	uint32_t next_step;
	uint32_t unused;
	struct entry entries[ENTRIES_MAX];
};

/* ---- locks ---- */

static int lock(int fd, int command, short type, off_t start, off_t length)
{
	struct flock l = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length
	};
	int rc;

	do
		rc = fcntl(fd, command, &l);
	while (rc < 0 && errno == EINTR);
	return rc;
}

static int take(int fd, off_t byte)
{
	return lock(fd, F_OFD_SETLKW, F_WRLCK, byte, 1);
}

static void drop(int fd, off_t byte)
{
	(void)lock(fd, F_OFD_SETLK, F_UNLCK, byte, 1);
}

/* By somebody else: our own locks are no obstacle to us. */
static bool is_held(int fd, off_t byte)
{
	struct flock l = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1
	};

	return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

/* ---- the table, under MUTEX ---- */

static int read_table(int fd, struct table *t)
{
	ssize_t n = pread(fd, t, sizeof(*t), 0);

	if (n < 0)
		return -1;
	memset((char *)t + n, 0, sizeof(*t) - (size_t)n);
	return 0;
}

static int write_at(int fd, const struct table *t, const void *part, size_t size)
{
	off_t offset = (off_t)((const char *)part - (const char *)t);

	return pwrite(fd, part, size, offset) == (ssize_t)size ? 0 : -1;
}

#define HEADER offsetof(struct table, entries)

/* Those whose owners have ended are free. */
static void sweep(int fd, struct table *t)
{
	for (int i = 0; i < ENTRIES_MAX; i++) {
		if (t->entries[i].pid && !is_held(fd, ENTRIES + i))
			t->entries[i].pid = 0;
	}
}

static bool has(const struct entry *entry, int position)
{
	return entry->cpus[position / 64] >> (position % 64) & 1;
}

static bool is_busy(const struct table *t, int position)
{
	for (int i = 0; i < ENTRIES_MAX; i++) {
		if (t->entries[i].pid && has(&t->entries[i], position))
			return true;
	}
	return false;
}

static uint64_t used_memory(const struct table *t)
{
	uint64_t mem = 0;

	for (int i = 0; i < ENTRIES_MAX; i++)
		mem += t->entries[i].pid ? t->entries[i].mem : 0;
	return mem;
}

/* ---- a share of it ---- */

static void mark_core(struct slots *s, const struct cpus *cpus, int core)
{
	for (int i = 0; i < cpus->count; i++) {
		if (cpus->core[i] == core && !s->mine[i]) {
			s->mine[i] = true;
			s->cpus++;
		}
	}
}

/* Whole cores, as Slurm gives them. */
static bool choose_cpus(struct slots *s, const struct demand *r, const struct cpus *cpus,
			const bool *busy)
{
	memset(s->mine, 0, sizeof(s->mine));
	s->cpus = 0;
	for (int i = 0; i < cpus->count && s->cpus < r->cpus; i++) {
		bool is_free = true;

		for (int j = 0; j < cpus->count; j++) {
			if (cpus->core[j] == cpus->core[i] && busy[j])
				is_free = false;
		}
		if (is_free)
			mark_core(s, cpus, cpus->core[i]);
	}
	return s->cpus >= r->cpus;
}

static bool fits(struct slots *s, const struct demand *r, const struct cpus *cpus,
		 uint64_t mem, const struct table *t)
{
	bool busy[BINDING_CPUS_MAX] = { false };

	for (int i = 0; i < cpus->count && !r->shares; i++)
		busy[i] = is_busy(t, i);
	if (!choose_cpus(s, r, cpus, busy))
		return false;
	return r->mem == 0 || used_memory(t) + r->mem <= mem;
}

/* The number of the step, and its entry, if it takes something from others. */
static int enter(struct slots *s, const struct demand *r, struct table *t, int index)
{
	struct entry *entry = &t->entries[index];

	s->step = t->next_step++;
	if (write_at(s->fd, t, t, HEADER) < 0)
		return -1;
	if (r->shares)
		return 0;
	*entry = (struct entry){ .pid = getpid(), .step = s->step, .mem = r->mem };
	for (int i = 0; i < BINDING_CPUS_MAX; i++) {
		if (s->mine[i])
			entry->cpus[i / 64] |= (uint64_t)1 << (i % 64);
	}
	if (take(s->fd, ENTRIES + index) < 0)
		return -1;
	return write_at(s->fd, t, entry, sizeof(*entry));
}

static int find_free(const struct table *t)
{
	for (int i = 0; i < ENTRIES_MAX; i++) {
		if (!t->entries[i].pid)
			return i;
	}
	return -1;
}

/* ---- waiting ---- */

/* Our turn to come, and the byte that stands for it. */
static int take_ticket(int fd, uint64_t *ticket)
{
	struct table t;
	int rc = -1;

	if (take(fd, MUTEX) < 0)
		return -1;
	if (read_table(fd, &t) == 0) {
		*ticket = t.next_ticket++;
		if (take(fd, TICKETS + (off_t)*ticket) == 0)
			rc = write_at(fd, &t, &t, HEADER);
	}
	drop(fd, MUTEX);
	return rc;
}

/* Until nobody waits who came before. waits() is called if somebody does. */
static int wait_for_turn(int fd, uint64_t ticket, void (*waits)(void))
{
	if (ticket == 0)
		return 0;
	if (lock(fd, F_OFD_SETLK, F_RDLCK, TICKETS, (off_t)ticket) < 0) {
		waits();
		if (lock(fd, F_OFD_SETLKW, F_RDLCK, TICKETS, (off_t)ticket) < 0)
			return -1;
	}
	return lock(fd, F_OFD_SETLK, F_UNLCK, TICKETS, (off_t)ticket);
}

/* Descriptors of all owners: how many. One that has ended meanwhile is no owner. */
static nfds_t open_owners(const struct table *t, struct pollfd *owners)
{
	nfds_t n = 0;

	for (int i = 0; i < ENTRIES_MAX; i++) {
		int fd = t->entries[i].pid
				 ? (int)syscall(SYS_pidfd_open, t->entries[i].pid, 0)
				 : -1;

		if (fd >= 0)
			owners[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	return n;
}

/* Until one of those that have something ends. */
static void wait_for_end(const struct table *t)
{
	struct pollfd owners[ENTRIES_MAX];
	nfds_t n = open_owners(t, owners);

	if (n > 0)
		(void)poll(owners, n, -1);
	for (nfds_t i = 0; i < n; i++)
		close(owners[i].fd);
}

/* ---- all of it ---- */

static enum slots_answer try(struct slots *s, const struct demand *r,
			     const struct cpus *cpus, uint64_t mem, struct table *t,
			     bool *done)
{
	int index;
	int rc = 0;

	*done = true;
	if (take(s->fd, MUTEX) < 0)
		return SLOTS_FAILED;
	if (read_table(s->fd, t) < 0) {
		drop(s->fd, MUTEX);
		return SLOTS_FAILED;
	}
	sweep(s->fd, t);
	index = find_free(t);
	if (index >= 0 && fits(s, r, cpus, mem, t))
		rc = enter(s, r, t, index);
	else
		*done = false;
	drop(s->fd, MUTEX);
	return rc < 0 ? SLOTS_FAILED : SLOTS_TAKEN;
}

static enum slots_answer take_in_turn(struct slots *s, const struct demand *r,
				      const struct cpus *cpus, uint64_t mem,
				      void (*waits)(void))
{
	static struct table t;
	enum slots_answer answer;
	bool done, told = false;
	uint64_t ticket;

	if (take_ticket(s->fd, &ticket) < 0 || wait_for_turn(s->fd, ticket, waits) < 0)
		return SLOTS_FAILED;
	while ((answer = try(s, r, cpus, mem, &t, &done)) == SLOTS_TAKEN && !done) {
		if (!told)
			waits();
		told = true;
		wait_for_end(&t);
	}
	drop(s->fd, TICKETS + (off_t)ticket);
	return answer;
}

enum slots_answer slots_take(struct slots *s, const struct demand *demand,
			     const struct cpus *cpus, uint64_t mem, void (*waits)(void),
			     struct error *e)
{
	static struct table t;
	enum slots_answer answer;
	bool done;

	s->fd = open(TABLE_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->fd < 0) {
		error_sys(e, TABLE_FILE);
		return SLOTS_FAILED;
	}
	if (demand->shares) {
		answer = try(s, demand, cpus, mem, &t, &done);
		if (answer == SLOTS_TAKEN && !done)
			return SLOTS_NO_MEMORY;
	} else {
		answer = take_in_turn(s, demand, cpus, mem, waits);
	}
	if (answer == SLOTS_FAILED)
		error_sys(e, TABLE_FILE);
	return answer;
}
