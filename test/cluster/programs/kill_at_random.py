#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kill a runner, criu, or everything, at random instants of checkpoints and restarts.

kill_at_random.py DIRECTORY TIMES SEED, as root on a node: what Slurm does for a batch
task is done here, without a scheduler in between, so that hundreds of kills take
minutes. After each, every committed generation must verify, and the job must go on from
the newest one. At the end the output has every line once.
"""
import glob
import os
import pwd
import random
import signal
import subprocess
import sys
import time

RUNNER = "/usr/libexec/slurm-checkpoint/runner"
JOB = 900000 + os.getpid() % 90000
USER = pwd.getpwnam("alice")
CREATE = 41
STORE = f"/shared/checkpoint/alice/testbed/{JOB}"

directory, times, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)


def fail(what):
    sys.exit(f"seed {seed}: {what}\n" + open(f"{directory}/err").read()[-2000:])


def processes(name=None):
    """The user's, on this host, of this name or of any."""
    for path in glob.glob("/proc/[0-9]*"):
        try:
            if os.stat(path).st_uid != USER.pw_uid:
                continue
            comm = open(path + "/comm").read().strip()
            state = open(path + "/stat").read().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if state != "Z" and name in (None, comm):
            yield int(path[6:])


def describe(pid):
    """What it is, whose child, and what it does."""
    def text(name):
        try:
            return open(f"/proc/{pid}/{name}").read().replace("\0", " ").strip()
        except OSError:
            return ""

    fields = text("stat").rsplit(")", 1)[-1].split()
    return f"{pid} {text('comm')} ({text('cmdline')}) {fields[:2]} {text('wchan')}"


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def left():
    return "\n".join(describe(pid) for pid in processes())


def wait_until(what, condition, details=lambda: ""):
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            fail(f"not within its time: {what}\n{details()}")
        time.sleep(0.002)


def output(name):
    """As Slurm opens it: the user's, appended to."""
    file = open(f"{directory}/{name}", "a")
    os.fchown(file.fileno(), USER.pw_uid, USER.pw_gid)
    return file


def start(restart):
    env = {
        "PATH": os.environ["PATH"], "HOME": directory, "SLURM_JOB_ID": str(JOB),
        "SLURM_CLUSTER_NAME": "testbed", "SLURMD_NODENAME": "n1",
        "SLURM_JOB_NUM_NODES": "1", "SLURM_CHECKPOINT_APPEND": "1",
        "SLURM_CHECKPOINT_SCRIPT": f"{directory}/count.sh",
        "SLURM_CHECKPOINT_CONF": "/etc/slurm/checkpoint.conf",
    }
    if restart:
        env["SLURM_RESTART_COUNT"] = str(restart)
    return subprocess.Popen(
        [RUNNER, f"{directory}/count.sh"], env=env, cwd=directory, user="alice",
        group=USER.pw_gid, extra_groups=os.getgrouplist("alice", USER.pw_gid),
        stdin=subprocess.DEVNULL, stdout=output("out"),
        stderr=output("err"), start_new_session=True,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, range(40, 48)))


def size():
    return os.stat(f"{directory}/out").st_size


def scheckpoint(*words):
    return subprocess.run(["scheckpoint", *words], user="alice", group=USER.pw_gid,
                          extra_groups=[], capture_output=True, text=True)


def check_store():
    done = scheckpoint("verify", str(JOB))
    if done.returncode != 0 and glob.glob(STORE + "/[0-9]*"):
        fail("verify: " + done.stderr)


def newest():
    return max((int(n) for n in os.listdir(STORE) if n.isdigit()), default=0)


def kill_in_restart():
    """At any instant from before the folder is opened until it continues."""
    time.sleep(chance.uniform(0, 0.3))


def kill_in_checkpoint(runner):
    """Or of a checkpoint, of its commit, or of the removal of older ones."""
    before = size()
    wait_until("it continues", lambda: size() > before or runner.poll() is not None)
    if runner.poll() is None:
        runner.send_signal(CREATE)
    time.sleep(chance.choice([chance.uniform(0, 0.05), chance.uniform(0, 0.3)]))


def one(restart, counts):
    target = chance.choice(["runner", "runner", "criu", "worker", "everything"])
    runner = start(restart)
    if chance.random() < 0.3:
        kill_in_restart()
    else:
        kill_in_checkpoint(runner)
    if target == "criu":
        victims = list(processes("criu"))
        counts["criu at work"] = counts.get("criu at work", 0) + bool(victims)
        kill(victims)
        time.sleep(chance.uniform(0, 0.1))
    elif target == "worker":
        kill(pid for pid in processes("runner") if pid != runner.pid)
        time.sleep(chance.uniform(0, 0.1))
    counts[target] = counts.get(target, 0) + 1
    if target == "everything":
        kill(processes())
    else:
        kill([runner.pid])
    runner.wait()
    wait_until("nothing is left running", lambda: not list(processes()), left)
    check_store()


def main():
    counts = {}
    for restart in range(times):
        one(restart, counts)
    runner = start(times)
    before = size()
    wait_until("it continues", lambda: size() > before or runner.poll() is not None)
    committed = newest()
    open(f"{directory}/stop", "w").close()
    if runner.wait(60) != 0:
        fail(f"the job ended with {runner.returncode}")
    lines = open(f"{directory}/out").read().split()
    if lines != [str(i) for i in range(1, len(lines) + 1)]:
        fail("lines are missing or doubled")
    for bad in ("refused", "cannot continue", "no checkpoint can be restored", "unprotected"):
        if bad in open(f"{directory}/err").read():
            fail(f"the runner said: {bad}")
    if scheckpoint("purge", "--older=0").returncode != 0 or os.path.exists(STORE):
        fail("purge left something: " + str(os.listdir(os.path.dirname(STORE))))
    if glob.glob("/tmp/slurm-checkpoint-*"):
        fail("something is left on the node: " + str(glob.glob("/tmp/slurm-checkpoint-*/*")))
    print(f"{times} kills: {counts}; {committed} generations, {len(lines)} lines")


main()
