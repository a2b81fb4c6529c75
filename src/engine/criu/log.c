// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/hook.h"

/* What the kernel writes behind the path of a file that has none any more. */
#define DELETED " (deleted)"

static void append(struct criu_log *log, const char *text, size_t size)
{
	size_t room = sizeof(log->head) - log->head_size;
	size_t n = size < room ? size : room;

	memcpy(log->head + log->head_size, text, n);
	log->head_size += n;
	text += n;
	size -= n;
	if (size > sizeof(log->tail)) {
		text += size - sizeof(log->tail);
		size = sizeof(log->tail);
	}
	if (log->tail_size + size > sizeof(log->tail)) {
		size_t drop = log->tail_size + size - sizeof(log->tail);

		memmove(log->tail, log->tail + drop, log->tail_size - drop);
		log->tail_size -= drop;
	}
	memcpy(log->tail + log->tail_size, text, size);
	log->tail_size += size;
}

int criu_log_read(struct criu_log *log, int fd)
{
	char buffer[4096];
	ssize_t n = read(fd, buffer, sizeof(buffer));

	if (n < 0)
		return errno == EINTR ? 1 : -1;
	append(log, buffer, (size_t)n);
	return n > 0;
}

char *criu_log_text(const struct criu_log *log)
{
	return str_printf("%.*s%.*s", (int)log->head_size, log->head, (int)log->tail_size,
			  log->tail);
}

int criu_log_save(const struct criu_log *log, int dirfd, const char *name,
		  struct error *e)
{
	cleanup_close int fd = openat(
		dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || fchmod(fd, 0600) < 0 ||
	    file_write_all(fd, log->head, log->head_size) < 0 ||
	    file_write_all(fd, log->tail, log->tail_size) < 0)
		return error_sys(e, "%s", name);
	return 0;
}

/* What criu says, and what a user can do about it. */
static const struct {
	const char *says;
	/*
	 * The message names a file, behind the first and before the second of these; up
	 * to its end if that is empty.
	 */
	const char *before, *after;
	const char *means; /* of that file, if there is one */
} meanings[] = {
	{ "Connected TCP socket", NULL, NULL,
	  "the job holds open TCP connections, which cannot be "
	  "saved; close them before the checkpoint" },
	{ "Can't get 1:16 opt", NULL, NULL,
	  "this release of CRIU cannot save sockets on this kernel; "
	  "CRIU 4.2 or later can" },
	{ "Can't bind inet socket", NULL, NULL,
	  "a port at which the job listens is taken on this node" },
	{ "In-flight connection", NULL, NULL,
	  "a process was connecting to another by TCP just then; try again" },
	{ "Can't open mapped [", "Can't open mapped [", "]",
	  "was removed or replaced since a process of the job has mapped it, as is done "
	  "with shared memory, and by an upgrade with libraries; so the job cannot be "
	  "saved" },
	{ "SysVIPC shmem map", NULL, NULL,
	  "the job uses shared memory of System V (shmget), which cannot be saved" },
	{ "Can't dump that handle", NULL, NULL,
	  "a process watches files by inotify, as \"tail -f\" "
	  "does, which cannot be saved" },
	{ "Can't create link remap", "Can't create link remap for ", ". Use",
	  "was removed while the job has it open, and has another name, so the job "
	  "cannot be saved" },
	{ "Unaccessible path opened", NULL, NULL,
	  "a file that the job has open was moved, and its name is another file's now, "
	  "which cannot be saved" },
	{ "Can't lookup mount=", " path=", "",
	  "is on a file system that is not mounted any more where the job has it open, "
	  "so the job cannot be saved" },
	{ "Can't dump ghost file", "Can't dump ghost file ", " of ",
	  "was removed while the job has it open, and is too large to be saved with the "
	  "job" },
	{ "suspending seccomp failed", NULL, NULL,
	  "a process has a seccomp filter, which cannot be saved" },
	{ "External socket is used", NULL, NULL,
	  "the job is connected to a program outside of it by a "
	  "local socket, which cannot be saved" },
	{ "Failed to resolve mapping", NULL, NULL,
	  "this kernel does not tell which file a process has mapped where the file "
	  "system is overlayfs; Linux 6.8 or later does, as does any where programs are "
	  "on another file system" },
	{ "has bad size", "File ", " has bad size",
	  "is not the same file on this node as when the job was saved: its size "
	  "differs" },
	{ "has bad build-ID", "File ", " has bad build-ID",
	  "is not the same file on this node as when the job was saved: it is another "
	  "build" },
	{ "has bad mode", "File ", " has bad mode",
	  "is not the same file on this node as when the job was saved: its mode "
	  "differs" },
	{ "on restore: No such file", "Can't open file ", " on restore",
	  "is missing on this node, and the job was using it when it was saved" },
	{ "on restore: Permission denied", "Can't open file ", " on restore",
	  "cannot be opened on this node, and the job was using it when it was saved: "
	  "permission denied" },
	{ "is not permitted to dump", NULL, NULL,
	  "the job runs a program that may not be saved" },
	/* A dump: what processes are. */
	{ "map_files on procfs: Permission denied", NULL, NULL,
	  "a process does not let itself be looked into, as ssh-agent and programs whose "
	  "file may be executed and not read; end it before the checkpoint" },
	{ "Zombies with threads", NULL, NULL,
	  "a process has ended its first thread (pthread_exit) and continues with "
	  "others, "
	  "which cannot be saved; have the first thread wait for them" },
	{ "Zombie thread not supported", NULL, NULL,
	  "a thread of the job was about to end just then; try again" },
	{ "Unseizable non-zombie", NULL, NULL,
	  "a process is traced, as by gdb or strace; end that before the checkpoint" },
	{ "Individually stopped threads", NULL, NULL,
	  "a debugger has stopped a thread; end it before the checkpoint" },
	{ "Can't make VM id", NULL, NULL,
	  "two processes share their memory without being threads of one (clone with "
	  "CLONE_VM, as in the middle of vfork), which cannot be saved; try again" },
	{ "Can't make FS id", NULL, NULL,
	  "two processes share their working directory (clone with CLONE_FS), which "
	  "cannot be saved; have the program do without" },
	{ "Can't make FILES id", NULL, NULL,
	  "two processes share their descriptors (clone with CLONE_FILES) in a way that "
	  "cannot be saved; have the program do without" },
	{ "Can't make SIGHAND id", NULL, NULL,
	  "two processes share their signal handlers (clone with CLONE_SIGHAND), which "
	  "cannot be saved; have the program do without" },
	{ "Can't make IO id", NULL, NULL,
	  "two processes share their place in the disk's queue (clone with CLONE_IO), "
	  "which cannot be saved; have the program do without" },
	{ "Can't dump nested", NULL, NULL,
	  "a process has a namespace of its own, as what runs in a container of bwrap, "
	  "apptainer or podman, which cannot be saved; run it without the container, or "
	  "have the program save itself (--checkpoint-engine=app)" },
	{ "doesn't belong to the target user namespace", NULL, NULL,
	  "a process has a namespace of its own, as what runs in a container, which "
	  "cannot be saved; run it without the container" },
	{ "is outside of its pid namespace", NULL, NULL,
	  "a process is in a session or group that is not the job's, so it cannot be "
	  "saved; start it with setsid" },
	{ "PIDFD_THREAD flag", NULL, NULL,
	  "a process has a thread open by pidfd_open, which cannot be saved; have it "
	  "closed before the checkpoint" },
	{ "is not a part of process tree", NULL, NULL,
	  "a process has one open by pidfd_open that is not the job's, which cannot be "
	  "saved; have it closed before the checkpoint" },
	{ "Can't interrupt", NULL, NULL,
	  "a process does not react, as one that waits for a disk or a file server; try "
	  "again" },
	{ "Timeout reached", NULL, NULL,
	  "a process does not react, as one that waits for a disk or a file server; try "
	  "again" },
	{ "Unable to interrupt the current operation", NULL, NULL,
	  "a process does not react, as one that waits for a disk or a file server; try "
	  "again" },
	/* What they have open. */
	{ "send_fds failed (-22)", NULL, NULL,
	  "a process uses io_uring, which cannot be saved; have it do without: node does "
	  "with UV_USE_IO_URING=0 in its environment" },
	{ "dump tun link", NULL, NULL,
	  "a process has a network device open (/dev/net/tun), which cannot be saved; "
	  "have it closed before the checkpoint" },
	{ "of that type [", NULL, NULL,
	  "a process has a device or another object of the kernel open that cannot be "
	  "saved; have it closed before the checkpoint, or have the program save itself "
	  "(--checkpoint-engine=app)" },
	{ "packetized mode for pipes", NULL, NULL,
	  "a process has a pipe of packets (O_DIRECT), which cannot be saved; have it "
	  "use a pipe of bytes, or a socket" },
	{ "OOM storing pipe", NULL, NULL,
	  "the job has more pipes than can be saved; close some before the checkpoint" },
	{ "Unable to set a pipe size", NULL, NULL,
	  "your pipes on this node had no room left for a while "
	  "(fs.pipe-user-pages-soft), as while many jobs are saved at once; try again" },
	{ "Can't restore pipe size", NULL, NULL,
	  "your pipes on this node had no room left for a while "
	  "(fs.pipe-user-pages-soft), as while many jobs are restored at once; try "
	  "again" },
	{ "overmounted mounts", " path=", "",
	  "is on a file system over which another one is mounted, so the job cannot be "
	  "saved" },
	{ "Unresolved lock found", NULL, NULL,
	  "a file of the job is locked by a program outside of it, so the job cannot be "
	  "saved" },
	{ "Unknown file lock", NULL, NULL,
	  "a file is locked in a way that cannot be saved; unlock it before the "
	  "checkpoint" },
	{ "uprobes vma", NULL, NULL,
	  "a process is watched by uprobes, as of perf or bpftrace, and cannot be saved; "
	  "end that before the checkpoint" },
	{ "non-regular mapping", NULL, NULL,
	  "a process has mapped memory of a device, as of a GPU or InfiniBand, which "
	  "cannot be saved; have the program save itself (--checkpoint-engine=app)" },
	{ "Unsupported mapping found", NULL, NULL,
	  "a process has mapped memory of a device, as of a GPU or InfiniBand, which "
	  "cannot be saved; have the program save itself (--checkpoint-engine=app)" },
	{ "Can't splice all pages to pipe", NULL, NULL,
	  "a process has memory that this release of CRIU cannot read, as guard pages "
	  "(MADV_GUARD_INSTALL); CRIU 4.2 or later can" },
	/* Sockets. */
	{ "Non-empty write queue on an in-flight", NULL, NULL,
	  "a process has connected to a local socket and written to it, and the other "
	  "has not accepted it yet; try again" },
	{ "closed in-flight socket", NULL, NULL,
	  "a process has connected to a local socket and closed it again, and the other "
	  "has not accepted it yet; try again" },
	{ "Can't dump half of stream", NULL, NULL,
	  "the job is connected to a program outside of it by a local socket, which "
	  "cannot be saved; close it before the checkpoint" },
	{ "name-less external socket", NULL, NULL,
	  "the job is connected to a program outside of it by a local socket, which "
	  "cannot be saved; close it before the checkpoint" },
	{ "without peer", NULL, NULL,
	  "the job is connected to a program outside of it by a local socket, which "
	  "cannot be saved; close it before the checkpoint" },
	{ "with unreachable peer", NULL, NULL,
	  "the job is connected to a program outside of it by a local socket, which "
	  "cannot be saved; close it before the checkpoint" },
	{ "Control messages in queue", NULL, NULL,
	  "a process has sent another one something by a local socket that cannot be "
	  "saved before it is received; try again" },
	{ "2nd SCM_RIGHTS", NULL, NULL,
	  "a process has sent another one descriptors by a local socket, and they are "
	  "not received yet; try again" },
	{ "More than 1 SCM", NULL, NULL,
	  "a process has sent another one descriptors by a local socket, and they are "
	  "not received yet; try again" },
	{ "Unknown socket collected", NULL, NULL,
	  "a process has a socket of a kind that cannot be saved, as AF_VSOCK; close it "
	  "before the checkpoint" },
	{ "GODEBUG=multipathtcp=0", NULL, NULL,
	  "a process has a socket of multipath TCP, which cannot be saved; a program in "
	  "Go does without if GODEBUG=multipathtcp=0 is in its environment" },
	{ "are not collected", NULL, NULL,
	  "a process has a socket of a kind that cannot be saved, as a raw one; close it "
	  "before the checkpoint" },
	{ "Unsupported socket", NULL, NULL,
	  "a process has a socket of a kind that cannot be saved; close it before the "
	  "checkpoint" },
	{ "Unsupported proto", NULL, NULL,
	  "a process has a socket of a protocol that cannot be saved; close it before "
	  "the checkpoint" },
	{ "corked dgram socket", NULL, NULL,
	  "a process was in the middle of a message by UDP (UDP_CORK); try again" },
	{ "MC membership", NULL, NULL,
	  "a process listens to several groups by one socket, which cannot be saved; "
	  "close it before the checkpoint" },
	{ "The netlink socket", NULL, NULL,
	  "a process listens to the kernel by a netlink socket of a kind that cannot be "
	  "saved; close it before the checkpoint" },
	{ "The socket has data to read", NULL, NULL,
	  "the kernel has answered a process by a netlink socket, and it has not read "
	  "that yet; try again" },
	/* Terminals. */
	{ "Unable to find a tty driver", NULL, NULL,
	  "a process has a terminal of a kind open that cannot be saved; close it before "
	  "the checkpoint" },
	{ "queued data overflow", NULL, NULL,
	  "a terminal of the job has too much output that nobody has read; try again" },
	{ "Found dangling tty", NULL, NULL,
	  "a process has a terminal open whose session has ended, which cannot be saved; "
	  "close it before the checkpoint" },
	{ "ctty inheritance detected", NULL, NULL,
	  "a process has the terminal of a session that is not the job's, which cannot "
	  "be saved; start it with setsid" },
	{ "Don't have tty to inherit", NULL, NULL,
	  "a process has the terminal of a session that is not the job's, which cannot "
	  "be saved; start it with setsid" },
	/* A restore. */
	{ "Can't find a session leader", NULL, NULL,
	  "a process is in a session whose first process had ended when the job was "
	  "saved, which cannot be restored" },
	{ "Can't figure out which sid", NULL, NULL,
	  "a process changed its session after it had made others, and their sessions' "
	  "first processes had ended when the job was saved, which cannot be restored" },
	{ "Can't setup uid", NULL, NULL,
	  "a process had a terminal open that was not the job's, which cannot be "
	  "restored" },
	{ "not-sent send queue data", NULL, NULL,
	  "a connection of the job had data that was not sent yet when it was saved, "
	  "which cannot be restored" },
	{ "Cannot assign requested address", NULL, NULL,
	  "a socket of the job was bound to an address that this node does not have" },
	{ ": Can't bind id", " addr ", ": ",
	  "cannot be made on this node, and a socket of the job was bound to it" },
	{ "ghost: Can't", NULL, NULL,
	  "a local socket of the job, whose name was removed, cannot be made on this "
	  "node" },
	{ "Can't open fifo", " [", "]",
	  "cannot be opened on this node, and the job was using this fifo" },
	{ "Can't fork for", NULL, NULL,
	  "a process of the job could not be made again: its number is taken, or there "
	  "is no room for more processes (ulimit -u, pids.max)" },
	{ "do not match expected", NULL, NULL,
	  "a process of the job could not be made again, since its number is taken" },
	{ "capabilities do not match run time", NULL, NULL,
	  "the processor of this node lacks what the one had on which the job was "
	  "saved" },
	{ "FPU feature required by image", NULL, NULL,
	  "the processor of this node lacks what the one had on which the job was "
	  "saved" },
	{ "xfeatures has unsupported bits", NULL, NULL,
	  "the processor of this node lacks what the one had on which the job was "
	  "saved" },
	{ "xsave size mismatch", NULL, NULL,
	  "the processor of this node keeps its registers in another way than the one on "
	  "which the job was saved" },
	{ "xsave max size mismatch", NULL, NULL,
	  "the processor of this node keeps its registers in another way than the one on "
	  "which the job was saved" },
	{ "Can't restore cur > max", NULL, NULL,
	  "a limit of the job (ulimit) is above what this node allows" },
	{ "oom_score_adj failed", NULL, NULL,
	  "a process of the job was less likely to be killed for lack of memory than "
	  "this node allows (oom_score_adj)" },
};

/*
 * Of any error that is no trial: what the system says of it, at its end.
 */
static const struct {
	const char *ends;
	const char *means;
} reasons[] = {
	{ ": Cannot allocate memory", "there is not enough memory for it on this node" },
	{ ": No space left on device",
	  "a file system is full on which something of the job has to be written" },
	{ ": Disk quota exceeded",
	  "your quota is used up where something of the job has to be written" },
	{ ": Too many open files", "a process has used up its descriptors, and one more "
				   "is needed to save it; have "
				   "it close some, or raise its limit (ulimit -n)" },
	{ ": Too many open files in system",
	  "all descriptors of this node are used up; try again" },
	{ ": Resource temporarily unavailable",
	  "no more processes can be made on this node (ulimit -u, pids.max); try again" },
	{ ": Stale file handle",
	  "a file that the job has open was removed on its file server" },
	{ ": Input/output error", "a disk or a file server had an error" },
};

/*
 * Said at this level though nothing comes of it: in every unprivileged run, or of what
 * a kernel lacks and the job does not use; or said only to sum up.
 */
static const char *const ignored[] = {
	"Unexpected error: -1(Operation not permitted)",
	"Can't setup RLIMIT_NOFILE",
	"Diag module missing",
	"Dumping FAILED",
	"Restoring FAILED",
	"File r/w/x checks can be skipped",
};

/*
 * Where criu tries what the kernel and the machine can do, most of which it can do
 * without: an error there counts only where there is no other.
 */
static const char *const trials[] = {
	"(criu/kerndat.c", "(criu/cpu.c",    "(criu/arch/",
	"(criu/cgroup.c",  "(criu/config.c",
};

static bool has_any(const char *line, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strstr(line, words[i]))
			return true;
	}
	return false;
}

/* The message of a line "(00.123456) Error (criu/file.c:12): message", or NULL. */
static const char *error_message(const char *line)
{
	const char *error = strstr(line, "Error (");
	const char *message = error ? strstr(error, "): ") : NULL;

	return message ? message + 3 : NULL;
}

/* The file that a message names, as an absolute path; owned by the caller, or NULL. */
static char *named_file(const char *message, const char *before, const char *after)
{
	const char *begin = before ? strstr(message, before) : NULL;
	const char *end = NULL;
	char *path;

	if (begin)
		end = *after ? strstr(begin + strlen(before), after)
			     : begin + strlen(begin);

	if (!end)
		return NULL;
	begin += strlen(before);
	/* criu opens paths relative to the root, and so writes them. */
	path = str_printf("%s%.*s", *begin == '/' ? "" : "/", (int)(end - begin), begin);
	if (path && str_ends_with(path, DELETED))
		path[strlen(path) - strlen(DELETED)] = '\0';
	if (path)
		str_make_printable(path);
	return path;
}

/* What the message means, as a sentence in e; false if that is not known. */
static bool has_meaning(const char *message, struct error *e)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		cleanup_free char *file = NULL;

		if (!strstr(message, meanings[i].says))
			continue;
		file = named_file(message, meanings[i].before, meanings[i].after);
		if (meanings[i].before)
			error_set(e, "%s %s", file ? file : "a file", meanings[i].means);
		else
			error_set(e, "%s", meanings[i].means);
		return true;
	}
	return false;
}

/* What the system says in it, as a sentence in e; false if that says little. */
static bool has_reason(const char *message, struct error *e)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (str_ends_with(message, reasons[i].ends)) {
			error_set(e, "%s", reasons[i].means);
			return true;
		}
	}
	return false;
}

/* The first error of each kind; what criu says after it is what came of it. */
struct findings {
	const char *error;
	const char *trial;
};

/* Look at a line; true if what it means is known, and in e. */
static bool look_at(const char *line, struct findings *f, struct error *e)
{
	const char *message = error_message(line);
	const char **first;

	if (!strncmp(line, HOOK_REFUSAL, strlen(HOOK_REFUSAL))) {
		error_set(e, "%s", line + strlen(HOOK_REFUSAL));
		return true;
	}
	if (!message || has_any(message, ignored, sizeof(ignored) / sizeof(ignored[0])))
		return false;
	if (has_meaning(message, e))
		return true;
	first = has_any(line, trials, sizeof(trials) / sizeof(trials[0])) ? &f->trial
									  : &f->error;
	if (first == &f->error && !f->error && has_reason(message, e))
		return true;
	if (!*first)
		*first = message;
	return false;
}

int criu_log_explain(const struct criu_log *log, struct error *e)
{
	cleanup_free char *text = criu_log_text(log);
	struct findings f = { 0 };
	char *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		if (look_at(line, &f, e))
			return -1;
	}
	if (!f.error)
		f.error = f.trial;
	if (!f.error)
		return error_set(e, "criu failed without saying why");
	return error_set(e, "criu: %s", f.error);
}

void criu_log_remark(const struct criu_log *log, struct error *e)
{
	cleanup_free char *text = criu_log_text(log);
	char *rest = text, *line;

	e->text[0] = '\0';
	while (rest && (line = strsep(&rest, "\n"))) {
		const size_t size = strlen(e->text);

		if (strncmp(line, HOOK_REMARK, strlen(HOOK_REMARK)) == 0)
			snprintf(e->text + size, sizeof(e->text) - size, "%s%s",
				 size ? "; " : "", line + strlen(HOOK_REMARK));
	}
}
