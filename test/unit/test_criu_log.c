// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "testing.h"

/* A log of all this text, as a pipe from criu brings it. */
static struct criu_log *log_of(struct place *p, const char *text, size_t size)
{
	struct criu_log *log = calloc(1, sizeof(*log));
	cleanup_close int fd = -1;
	int rc;

	put_bytes(p->fd, "said", text, size);
	fd = openat(p->fd, "said", O_RDONLY | O_CLOEXEC);
	while ((rc = criu_log_read(log, fd)) > 0)
		;
	assert_int_equal(rc, 0);
	return log;
}

static void what_cannot_be_read_is_an_error(void **state)
{
	struct place *p = *state;
	cleanup_free struct criu_log *log = calloc(1, sizeof(*log));

	assert_int_equal(criu_log_read(log, p->fd), -1);
	assert_int_equal(log->head_size + log->tail_size, 0);
}

/* Bytes that differ by where they are. */
static char *make_text(size_t size)
{
	char *text = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = (char)('a' + i * 2654435761u % 4294967291u / 7 % 26);
	text[size] = '\0';
	return text;
}

static void a_log_that_fits_is_kept_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, 48 * 1024, 48 * 1024 + 1, 64 * 1024 };
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(sizes); i++) {
		cleanup_free char *text = make_text(sizes[i]);
		cleanup_free struct criu_log *log = log_of(p, text, sizes[i]);
		struct error e;

		assert_int_equal(criu_log_save(log, p->fd, "log", &e), 0);
		assert_content(p->fd, "log", text);
	}
}

static void of_a_longer_log_the_beginning_and_the_end_are_kept(void **state)
{
	static const size_t sizes[] = { 64 * 1024 + 1, 70000, 1000000 };
	enum { HEAD = 48 * 1024, TAIL = 16 * 1024 };
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(sizes); i++) {
		cleanup_free char *text = make_text(sizes[i]);
		cleanup_free struct criu_log *log = log_of(p, text, sizes[i]);
		cleanup_free char *saved = NULL;
		struct error e;
		size_t size;

		assert_int_equal(criu_log_save(log, p->fd, "log", &e), 0);
		saved = file_read(p->fd, "log", 1 << 20, &size, &e);
		assert_int_equal(size, HEAD + TAIL);
		assert_memory_equal(saved, text, HEAD);
		assert_memory_equal(saved + HEAD, text + sizes[i] - TAIL, TAIL);
	}
}

static void a_saved_log_is_the_users_and_replaces_an_older(void **state)
{
	struct place *p = *state;
	cleanup_free struct criu_log *log = log_of(p, "new", 3);
	struct error e;

	umask(0);
	assert_int_equal(criu_log_save(log, p->fd, "log", &e), 0);
	assert_mode(p->fd, "log", 0600);
	put_file(p->fd, "log", "an older and longer one");
	assert_int_equal(criu_log_save(log, p->fd, "log", &e), 0);
	assert_content(p->fd, "log", "new");
	put_file(p->fd, "target", "untouched");
	assert_int_equal(symlinkat("target", p->fd, "link"), 0);
	assert_int_equal(criu_log_save(log, p->fd, "link", &e), -1);
	assert_content(p->fd, "target", "untouched");
}

static void a_failure_is_explained_by_the_error_that_it_comes_of(void **state)
{
	static const struct {
		const char *said, *means;
	} cases[] = {
		{ "", "criu failed without saying why" },
		{ "Warn  (criu/a.c:1): something\n", "criu failed without saying why" },
		{ "(00.01) Error (criu/a.c:1): the reason\n"
		  "(00.02) Error (criu/b.c:2): what came of it\n",
		  "criu: the reason" },
		{ "(00.01) Error (criu/a.c:1): cut off", "criu: cut off" },
		{ "(00.01) Error (criu/util.c:1): Can't setup RLIMIT_NOFILE for self\n"
		  "(00.01) Error (criu/a.c:1): Unexpected error: -1(Operation not "
		  "permitted)\n"
		  "(00.02) Error (criu/b.c:2): the reason\n",
		  "criu: the reason" },
		/* What comes of nothing is passed over, whatever follows it is the
		   reason. */
		{ "(00.01) Error (criu/sockets.c:216): Diag module missing (-2)\n"
		  "(00.02) Error (criu/cr-dump.c:1): the reason\n",
		  "criu: the reason" },
		{ "(00.01) Error (criu/kerndat.c:1): a trial\n"
		  "(00.02) Error (criu/b.c:2): the reason\n",
		  "criu: the reason" },
		{ "(00.01) Error (criu/kerndat.c:1): a trial\n"
		  "(00.01) Error (criu/kerndat.c:2): what came of it\n"
		  "(00.02) Error (criu/cr-dump.c:2): Dumping FAILED.\n",
		  "criu: a trial" },
		{ "(00.01) Error (criu/a.c:1): of no consequence\n"
		  "(00.02) Error (criu/files-reg.c:1): File bin/x has bad size 1 (expect "
		  "2)\n",
		  "/bin/x is not the same file" },
		{ "(00.01) Warn  (criu/a.c:1): a file named Error: x\n",
		  "criu failed without saying why" },
		{ "(00.02) Error (criu/cr-dump.c:2): Dumping FAILED.\n",
		  "criu failed without saying why" },
		{ "(00.02) Error (criu/cr-restore.c:2): Restoring FAILED.\n",
		  "criu failed without saying why" },
		{ "(00.01) Error (criu/sk-inet.c:191): inet: Connected TCP socket, "
		  "consider using "
		  "--tcp-established option.\n",
		  "the job holds open TCP connections" },
		{ "(00.01) Error (criu/sk-unix.c:1): sk unix: External socket is used.\n",
		  "by a local socket, which cannot be saved" },
		{ "(00.01) Error (criu/proc_parse.c:376): Can't open mapped "
		  "[/dev/shm/x (deleted)]: No such file or directory\n",
		  "/dev/shm/x was removed or replaced since" },
		{ "(00.01) Error (criu/proc_parse.c:376): Can't open mapped "
		  "[/usr/lib/libm.so.6 (deleted)]: No such file or directory\n",
		  "/usr/lib/libm.so.6 was removed or replaced since a process of the job "
		  "has mapped it" },
		{ "(00.01) Error (criu/cr-dump.c:1): Task 103 with SysVIPC shmem map @7f "
		  "doesn't live in IPC ns\n",
		  "shared memory of System V" },
		{ "(00.01) Error (criu/sk-inet.c:1): inet: Can't bind inet socket (id "
		  "9): "
		  "Address already in use\n",
		  "a port at which the job listens is taken" },
		{ "(00.01) Error (criu/files-reg.c:1): File home/u/log has bad size 5 "
		  "(expect 7)\n",
		  "/home/u/log is not the same file on this node as when the job was "
		  "saved: its size differs" },
		{ "(00.01)    103: Error (criu/files-reg.c:2153): File usr/bin/a b has "
		  "bad "
		  "build-ID\n(00.01)    103: Error (criu/mem.c:1467): `- Can't open "
		  "vma\n",
		  "/usr/bin/a b is not the same file on this node as when the job was "
		  "saved: it is another build" },
		{ "(00.01)    103: Error (criu/files-reg.c:2146): File usr/bin/x has bad "
		  "build-ID length 20 (expect 16)\n",
		  "/usr/bin/x is not the same file on this node" },
		{ "(00.01) Error (criu/files-reg.c:2294): File usr/bin/x has bad mode "
		  "0644 "
		  "(expect 0755)\nFile r/w/x checks can be skipped\n",
		  "/usr/bin/x is not the same file on this node as when the job was "
		  "saved: its mode differs" },
		{ "(00.01)    103: Error (criu/files-reg.c:2353): Can't open file "
		  "opt/p/x on "
		  "restore: No such file or directory\n"
		  "(00.01)    103: Error (criu/files-reg.c:2267): Can't open file "
		  "opt/p/x: "
		  "No such file or directory\n",
		  "/opt/p/x is missing on this node" },
		{ "(00.01)    103: Error (criu/files-reg.c:2353): Can't open file "
		  "opt/p/x on "
		  "restore: Permission denied\n",
		  "/opt/p/x cannot be opened on this node" },
		{ "(00.01) Error (criu/files-reg.c:2353): Can't open file opt/\033[2Jx "
		  "on "
		  "restore: No such file or directory\n",
		  "/opt/?[2Jx is missing on this node" },
		{ "(00.01) Error (criu/files-reg.c:1790): Can't lookup mount=30 for fd=3 "
		  "path=/home/u/tmp/f\n(00.01) Error (criu/cr-dump.c:1): what came of "
		  "it\n",
		  "/home/u/tmp/f is on a file system that is not mounted any more" },
		{ "(00.01) Error (criu/files-reg.c:1444): Unaccessible path opened 65:3, "
		  "need 65:4\n",
		  "its name is another file's now" },
		{ "(00.01) Error (criu/fsnotify.c:263): fsnotify: \tCan't dump that "
		  "handle\n",
		  "watches files by inotify" },
		{ "(00.01) Error (criu/files-reg.c:1): Can't create link remap for "
		  "/home/u/a. Use link-remap option.\n",
		  "/home/u/a was removed while the job has it open" },
		{ "(00.01) Error (criu/seccomp.c:1): suspending seccomp failed: "
		  "Operation not permitted\n",
		  "a seccomp filter" },
		{ "(00.05) Error (criu/files-ext.c:98): Can't dump file 3 of that type "
		  "[600] "
		  "(anon anon_inode:[perf_event])\n",
		  "a device or another object of the kernel open that cannot be saved" },
		{ "(00.05) Error (compel/src/lib/infect-util.c:1): send_fds failed "
		  "(-22)\n",
		  "uses io_uring, which cannot be saved; have it do without: node does "
		  "with "
		  "UV_USE_IO_URING=0" },
		{ "(00.05) Error (criu/tun.c:1): tun: Net namespace is required to dump "
		  "tun "
		  "link\n",
		  "a network device open (/dev/net/tun)" },
		{ "(00.05) Error (criu/proc_parse.c:1): Can't open 106/map_files on "
		  "procfs: "
		  "Permission denied\n",
		  "does not let itself be looked into, as ssh-agent" },
		{ "(00.05) Error (compel/src/lib/infect.c:1): Unseizable non-zombie 102 "
		  "found, state t, err -1/10\n",
		  "a process is traced" },
		{ "(00.05) Error (criu/seize.c:1): Zombies with threads are not "
		  "supported\n",
		  "ended its first thread (pthread_exit)" },
		{ "(00.05) Error (criu/namespaces.c:1): Can't dump nested user namespace "
		  "for "
		  "102\n",
		  "a namespace of its own" },
		{ "(00.05) Error (criu/kcmp-ids.c:1): Can't make VM id for 102\n",
		  "share their memory" },
		{ "(00.05) Error (criu/pipes.c:1): The packetized mode for pipes is not "
		  "supported yet\n",
		  "a pipe of packets (O_DIRECT)" },
		{ "(00.05) Error (criu/pipes.c:436): Unable to set a pipe size: "
		  "Operation not "
		  "permitted\n",
		  "(fs.pipe-user-pages-soft)" },
		{ "(00.05) Error (criu/sk-unix.c:1): unix: Non-empty write queue on an "
		  "in-flight socket 0xbec867\n",
		  "has not accepted it yet; try again" },
		{ "(00.05) Error (criu/sockets.c:1): sockets: BUG! Unknown socket "
		  "collected "
		  "(family 40)\n",
		  "a socket of a kind that cannot be saved, as AF_VSOCK" },
		{ "(00.05) Error (criu/page-pipe.c:1): Can't splice all pages to pipe "
		  "(16384/256)\n",
		  "CRIU 4.2 or later can" },
		{ "(00.05) Error (criu/pstree.c:797): Can't find a session leader for "
		  "102\n",
		  "a session whose first process had ended" },
		{ "(00.05)    101: Error (criu/sk-unix.c:1): unix: Can't bind id 0xb ino "
		  "12509122 addr /tmp/kinds.Tz08Aa/s: No such file or directory\n",
		  "/tmp/kinds.Tz08Aa/s cannot be made on this node, and a socket of the "
		  "job "
		  "was bound to it" },
		{ "(00.05)    101: Error (criu/tty.c:1): tty: Can't setup uid 65534 gid "
		  "65534 "
		  "on 0x1: Invalid argument\n",
		  "a terminal open that was not the job's" },
		{ "(00.05)    101: Error (soccr/soccr.c:1): Can't restore not-sent send "
		  "queue "
		  "data\n",
		  "data that was not sent yet" },
		{ "(00.05) Error (criu/pstree.c:1): pid: Can't fork for 103: File "
		  "exists\n",
		  "its number is taken" },
		{ "(00.05) Error (criu/util.c:1): Can't open 3 of it: Too many open "
		  "files\n",
		  "a process has used up its descriptors" },
		{ "(00.05)    103: Error (criu/mem.c:1): Unable to map ANON_VMA: Cannot "
		  "allocate memory\n",
		  "not enough memory" },
		/* Of the first error alone; what follows it is what came of it. */
		{ "(00.05) Error (criu/a.c:1): the reason\n"
		  "(00.06) Error (criu/b.c:1): x: Cannot allocate memory\n",
		  "criu: the reason" },
		/* And not of a trial. */
		{ "(00.05) Error (criu/kerndat.c:1): a trial: Cannot allocate memory\n",
		  "criu: a trial: Cannot allocate memory" },
		{ "slurm-checkpoint refuses: the job uses semaphores of System V "
		  "(semget)\n"
		  "(00.06) Error (criu/cr-dump.c:1): Pre dump script failed with 256!\n",
		  "the job uses semaphores of System V (semget)" },
		{ "Error without a place\n", "criu failed without saying why" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_free struct criu_log *log =
			log_of(p, cases[i].said, strlen(cases[i].said));
		struct error e = { .text = "" };

		assert_int_equal(criu_log_explain(log, &e), -1);
		assert_says(&e, cases[i].means);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_cannot_be_read_is_an_error),
		in_place(a_log_that_fits_is_kept_whole),
		in_place(of_a_longer_log_the_beginning_and_the_end_are_kept),
		in_place(a_saved_log_is_the_users_and_replaces_an_older),
		in_place(a_failure_is_explained_by_the_error_that_it_comes_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
