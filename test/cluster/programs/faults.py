#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Have each system call of the runner and its processes fail once, in a job of its own.

faults.py DIRECTORY SEED [--seconds N] [--jobs N] [--only "SCENE ROLE CALL NTH ERRNO"]

As root on a node, with "inject" in DIRECTORY. What Slurm does for a batch task is done
here, without a scheduler in between. A first run of each scene lists the calls; then
each of them fails in turn, with each error that it may return: all, or for N seconds
those that the seed draws. The job prints every line once, is checkpointed, leaves, and
continues; whatever failed, its output has to be exact. Those that run unprotected at the
end are counted.
"""
import argparse
import errno
import glob
import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

RUNNER = "/usr/libexec/slurm-checkpoint/runner"
USER = pwd.getpwnam("alice")
CREATE, REQUEUE = 41, 43
DEADLINE = 60

# What each call may return, by its number on x86-64: Linux's manual, sections ERRORS.
MEMORY, AGAIN, FILES, FULL, IO, INTR = (
    errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENOSPC, errno.EIO, errno.EINTR)
CALLS = {
    0: ("read", [IO, INTR]), 1: ("write", [FULL, IO, INTR]), 2: ("open", [FILES, MEMORY]),
    4: ("stat", [MEMORY, IO]), 5: ("fstat", [MEMORY, IO]), 6: ("lstat", [MEMORY]),
    7: ("poll", [MEMORY, INTR]), 9: ("mmap", [MEMORY]), 10: ("mprotect", [MEMORY]),
    17: ("pread64", [IO]), 18: ("pwrite64", [FULL]), 20: ("writev", [FULL, IO]),
    21: ("access", [MEMORY]), 22: ("pipe", [FILES]), 25: ("mremap", [MEMORY]),
    32: ("dup", [FILES]), 33: ("dup2", [INTR]), 35: ("nanosleep", [INTR]),
    41: ("socket", [FILES, MEMORY]), 42: ("connect", [AGAIN, INTR]), 43: ("accept", [FILES]),
    44: ("sendto", [MEMORY, INTR]), 45: ("recvfrom", [MEMORY, INTR]),
    46: ("sendmsg", [MEMORY]), 47: ("recvmsg", [MEMORY]), 49: ("bind", [MEMORY]),
    53: ("socketpair", [FILES, MEMORY]), 56: ("clone", [AGAIN, MEMORY]),
    57: ("fork", [AGAIN]), 58: ("vfork", [AGAIN]), 59: ("execve", [MEMORY, IO]),
    61: ("wait4", [INTR]), 72: ("fcntl", [FILES]), 73: ("flock", [INTR, MEMORY]),
    74: ("fsync", [IO, FULL]), 75: ("fdatasync", [IO]), 76: ("truncate", [IO]),
    77: ("ftruncate", [IO, FULL]), 79: ("getcwd", [MEMORY]), 80: ("chdir", [IO]),
    82: ("rename", [FULL, IO]), 83: ("mkdir", [FULL]), 87: ("unlink", [IO]),
    89: ("readlink", [MEMORY, IO]), 90: ("chmod", [IO]), 91: ("fchmod", [IO]),
    165: ("mount", [MEMORY]), 217: ("getdents64", [IO, MEMORY]),
    230: ("clock_nanosleep", [INTR]), 232: ("epoll_wait", [INTR]),
    233: ("epoll_ctl", [MEMORY, FULL]), 254: ("inotify_add_watch", [FULL, MEMORY]),
    257: ("openat", [FILES, MEMORY, IO, INTR]), 258: ("mkdirat", [FULL, IO]),
    262: ("newfstatat", [MEMORY, IO]), 263: ("unlinkat", [IO, MEMORY]),
    264: ("renameat", [FULL, IO]), 265: ("linkat", [FULL]), 267: ("readlinkat", [MEMORY, IO]),
    268: ("fchmodat", [IO]), 269: ("faccessat", [MEMORY, IO]), 271: ("ppoll", [MEMORY, INTR]),
    272: ("unshare", [MEMORY, FULL]), 277: ("sync_file_range", [IO, FULL]),
    281: ("epoll_pwait", [INTR]), 283: ("timerfd_create", [FILES, MEMORY]),
    285: ("fallocate", [FULL]), 288: ("accept4", [FILES, MEMORY, INTR]),
    289: ("signalfd4", [FILES, MEMORY]), 290: ("eventfd2", [FILES]),
    291: ("epoll_create1", [FILES, MEMORY]), 292: ("dup3", [INTR]), 293: ("pipe2", [FILES]),
    294: ("inotify_init1", [FILES, MEMORY]), 308: ("setns", [MEMORY]),
    310: ("process_vm_readv", [MEMORY]), 316: ("renameat2", [FULL, IO]),
    318: ("getrandom", [INTR]), 319: ("memfd_create", [FILES, MEMORY]),
    326: ("copy_file_range", [FULL, IO]), 332: ("statx", [MEMORY, IO]),
    424: ("pidfd_send_signal", [MEMORY]), 434: ("pidfd_open", [FILES, MEMORY]),
    435: ("clone3", [AGAIN, MEMORY]), 439: ("faccessat2", [MEMORY, IO]),
}

parser = argparse.ArgumentParser()
parser.add_argument("directory")
parser.add_argument("seed", type=int)
parser.add_argument("--seconds", type=float, default=0)
parser.add_argument("--jobs", type=int, default=4)
parser.add_argument("--only")
parser.add_argument("--verbose", action="store_true")
args = parser.parse_args()


class Failed(Exception):
    pass


class Job:
    """One job that Slurm knows nothing of, in a directory of its own."""

    def __init__(self, number, fault):
        self.number, self.fault = number, fault
        self.dir = f"{args.directory}/{number}"
        self.store = f"/shared/checkpoint/alice/testbed/{number}"
        self.restart = 0
        self.runner = None
        os.mkdir(self.dir)
        os.chown(self.dir, USER.pw_uid, USER.pw_gid)

    def text(self, name):
        try:
            with open(f"{self.dir}/{name}", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def count(self, event):
        try:
            with open(f"{self.store}/events", errors="replace") as file:
                return file.read().count(f'"event":"{event}"')
        except OSError:
            return 0

    def told(self):
        """What is known of it when it has gone wrong."""
        try:
            folder = sorted(os.listdir(self.store))
            with open(f"{self.store}/events", errors="replace") as file:
                events = file.read()
        except OSError as why:
            folder, events = [], f"{why}\n"
        return f"{self.text('err')[-1500:]}{events[-1500:]}{' '.join(folder)}"

    def lines(self):
        return self.text("out").count("\n")

    def ended(self):
        return self.runner.poll() is not None

    def wait(self, what, condition):
        deadline = time.monotonic() + DEADLINE
        while not condition() and not self.ended():
            if time.monotonic() > deadline:
                raise Failed(f"not within its time: {what}")
            time.sleep(0.01)

    def output(self, name):
        file = open(f"{self.dir}/{name}", "a")
        os.fchown(file.fileno(), USER.pw_uid, USER.pw_gid)
        return file

    def start(self, faulty):
        env = {
            "PATH": os.environ["PATH"], "HOME": self.dir, "SLURM_JOB_ID": str(self.number),
            "SLURM_CLUSTER_NAME": "testbed", "SLURMD_NODENAME": "n1",
            "SLURM_JOB_NUM_NODES": "1", "SLURM_CHECKPOINT_APPEND": "1",
            "SLURM_CHECKPOINT_SCRIPT": f"{args.directory}/count.sh",
            "SLURM_CHECKPOINT_CONF": "/etc/slurm/checkpoint.conf",
        }
        if self.restart:
            env["SLURM_RESTART_COUNT"] = str(self.restart)
        command = [RUNNER, f"{args.directory}/count.sh"]
        if faulty:
            inject = [f"{args.directory}/inject", f"{self.dir}/list"]
            command = inject + [str(word) for word in self.fault] + ["--"] + command
        self.runner = subprocess.Popen(
            command, env=env, cwd=self.dir, user="alice", group=USER.pw_gid,
            extra_groups=os.getgrouplist("alice", USER.pw_gid), stdin=subprocess.DEVNULL,
            stdout=self.output("out"), stderr=self.output("err"), start_new_session=True,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, range(40, 48)))
        self.restart += 1

    def ask(self, number, *answers):
        """A request, until one of the events has come once more."""
        before = [self.count(answer) for answer in answers]
        if not self.ended():
            self.runner.send_signal(number)
        self.wait(f"an answer to {number}",
                  lambda: [self.count(answer) for answer in answers] != before)

    def more_lines(self):
        before = self.lines()
        self.wait("it runs on", lambda: self.lines() > before + 1)

    def is_protected(self):
        return "runs unprotected" not in self.text("err")

    def check_protected(self):
        """At most the fault itself may have a checkpoint fail."""
        for _ in range(3):
            before = self.count("checkpoint")
            self.ask(CREATE, "checkpoint", "failed")
            if self.ended() or self.count("checkpoint") > before:
                return
        raise Failed("it cannot be saved any more")

    def to_the_end(self):
        if self.is_protected():
            self.check_protected()
        self.more_lines()
        open(f"{self.dir}/stop", "w").close()
        try:
            status = self.runner.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise Failed("it does not end") from None
        if status == 1 and "is held" in self.text("err") and not self.held:
            self.continue_held()
            return
        if status != 0:
            raise Failed(f"it ended with {status}")
        lines = self.text("out").split()
        if lines != [str(i) for i in range(1, len(lines))] + ["end"]:
            raise Failed("lines are missing or doubled: " + " ".join(lines)[-200:])

    held = False

    def continue_held(self):
        self.held = True
        if os.path.exists(f"{self.dir}/stop"):
            os.unlink(f"{self.dir}/stop")
        self.start(False)
        self.more_lines()
        self.to_the_end()

    def run(self):
        scenes[self.scene](self)

    def life(self):
        """Start, checkpoint, leave; Slurm does not take it back, and it continues."""
        self.start(True)
        self.wait("it begins", lambda: self.lines() > 1)
        if self.is_protected():
            self.ask(CREATE, "checkpoint", "failed")
            self.ask(REQUEUE, "restart", "failed")
            self.more_lines()
        self.to_the_end()

    def again(self):
        """The node has died, and the job continues."""
        self.start(False)
        self.wait("it begins", lambda: self.lines() > 1)
        self.ask(CREATE, "checkpoint", "failed")
        self.more_lines()
        self.runner.kill()
        self.runner.wait()
        self.wait_gone()
        self.start(True)
        self.wait("it continues", lambda: self.count("restart") or not self.is_protected())
        self.to_the_end()

    def wait_gone(self):
        deadline = time.monotonic() + DEADLINE
        while self.processes():
            if time.monotonic() > deadline:
                raise Failed("something of it runs still")
            time.sleep(0.02)

    def processes(self):
        found = []
        for path in glob.glob("/proc/[0-9]*"):
            try:
                if os.readlink(path + "/cwd") == self.dir and \
                        open(path + "/stat").read().rsplit(")", 1)[1].split()[0] != "Z":
                    found.append(int(path[6:]))
            except OSError:
                continue
        return found

    def kill(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def list(self):
        deadline = time.monotonic() + DEADLINE
        while not self.text("list") and time.monotonic() < deadline:
            time.sleep(0.05)
        return [line.split() for line in self.text("list").splitlines()]

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        for path in glob.glob(self.store + "*") + glob.glob(f"/tmp/slurm-checkpoint-{self.number}-*"):
            shutil.rmtree(path, ignore_errors=True)


scenes = {"life": Job.life, "again": Job.again}
lock = threading.Lock()
numbers = iter(range(800000 + os.getpid() % 9000 * 10, 10 ** 9))
counts = {"exact": 0, "held": 0, "unprotected": 0, "not reached": 0}
failures = []


def describe(scene, fault):
    role, call, nth, error = fault
    return f"{scene} {role} {CALLS[call][0]} {nth} {errno.errorcode[error]}"


def play(scene, fault):
    """One job; its list of calls, or None if it went wrong."""
    with lock:
        job = Job(next(numbers), fault)
    job.scene = scene
    try:
        job.run()
        job.wait_gone()
        listed = job.list()
    except Failed as why:
        job.kill()
        with lock:
            failures.append(fault)
            name = describe(scene, fault) if fault else scene
            print(f"FAILED: {name}: {why}\n{job.told()}", flush=True)
        return None
    with lock:
        result = "not reached" if fault and ["hit"] not in listed else \
            "held" if job.held else \
            "exact" if job.is_protected() else "unprotected"
        counts[result] += 1
        if result != "exact" and args.verbose:
            print(f"{result}: {describe(scene, fault) if fault else scene}", flush=True)
    job.remove()
    return listed


def all_faults():
    """(scene, (role, call, nth, errno)) of what a run without faults calls."""
    for scene in scenes:
        play(scene, ())  # so that what is remembered of the node is, and not tried again
        listed = play(scene, ())
        if listed is None:
            sys.exit("a run without faults has failed")
        for role, call, count in (line for line in listed if len(line) == 3):
            for error in CALLS.get(int(call), ("", []))[1]:
                for nth in range(1, int(count) + 1):
                    yield scene, (role, int(call), nth, error)


def one_fault(words):
    scene, role, name, nth, error = words.split()
    call = next(number for number, known in CALLS.items() if known[0] == name)
    return scene, (role, call, int(nth), getattr(errno, error))


def drawn(faults, chance):
    """In an order in which each kind of call has its turn, however often it is made."""
    kinds = {}
    for scene, (role, call, nth, error) in faults:
        kinds.setdefault((scene, role, call, error), []).append((scene, (role, call, nth, error)))
    for kind in kinds.values():
        chance.shuffle(kind)
    order = sorted((turn, chance.random(), fault)
                   for kind in kinds.values() for turn, fault in enumerate(kind))
    return [fault for _, _, fault in reversed(order)]


def worker(queue, until):
    while True:
        with lock:
            if not queue or (until and time.monotonic() > until):
                return
            scene, fault = queue.pop()
        play(scene, fault)


def main():
    with open(f"{args.directory}/count.sh", "w") as script:
        script.write("#!/bin/bash\nuntil [ -e stop ]; do echo $((++i)); sleep 0.02; done\necho end\n")
    os.chmod(script.name, 0o755)
    queue = [one_fault(args.only)] if args.only else \
        drawn(all_faults(), random.Random(args.seed))
    number = len(queue)
    until = time.monotonic() + args.seconds if args.seconds else None
    threads = [threading.Thread(target=worker, args=(queue, until)) for _ in range(args.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{number} faults, {number - len(queue)} of them tried: {counts}, {len(failures)} failed")
    sys.exit(bool(failures))


main()
