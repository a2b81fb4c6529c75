#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kill smigrate at random instants, and call it again.

smigrate_killed.py TIMES SEED JOB..., as root on the controller, while the jobs run. Each
time another node is drained on which one of them is, or one of them is sent elsewhere;
smigrate is killed in the middle of it and called once more. No job may be left behind
that does not run again by itself.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time

times, seed, jobs = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
chance = random.Random(seed)
counts = {}


def output(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def fail(what):
    sys.exit(f"seed {seed}: {what}\n" + output("squeue"))


def wait_until(what, condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            fail(f"not within its time: {what}")
        time.sleep(0.1)


def places():
    """Of the jobs that run: where."""
    lines = output("squeue", "-h", "-t", "RUNNING", "-o", "%i %N").splitlines()
    return dict(line.split() for line in lines)


def all_run():
    return set(jobs) <= set(places())


def folder(job):
    return "/shared/checkpoint/alice/testbed/" + output("squeue", "-h", "-j", job, "-O", "JobID").strip()


def may_leave():
    """They were told where to go, by a smigrate that may have been killed before it asked."""
    return any(os.path.exists(folder(job) + "/move") for job in jobs)


def settled():
    """
    Where they all are. One that was asked by a smigrate that was killed may yet leave, and
    others must not fill up the node that it was sent to in the meantime.
    """
    while True:
        end = time.monotonic() + 20
        while may_leave() and time.monotonic() < end:
            time.sleep(0.1)
        wait_until("all jobs run", all_run)
        for job in jobs:
            wait_until(f"job {job} has been restored", lambda job=job: restored(job))
        where = places()
        if set(jobs) <= set(where):
            return where


def restored(job):
    """It has continued as often as it was started again: there is somebody to be asked."""
    number, count = output("squeue", "-h", "-j", job, "-O", "JobID,RestartCnt").split()[:2]
    path = f"/shared/checkpoint/alice/testbed/{number}/events"
    events = [json.loads(line) for line in open(path)]
    return any(e["event"] in ("start", "restart") and e["restart"] == int(count) for e in events)


def command(where):
    node = where[chance.choice(jobs)]
    how = chance.choice(["drain", "drain", "exclude", "nodelist"])
    if how == "drain":
        return node, ["smigrate", "--drain-node", node]
    job = chance.choice(jobs)
    if how == "exclude":
        return None, ["smigrate", "--exclude", where[job], job]
    other = chance.choice([n for n in ("n1", "n2", "n3", "n4") if n != where[job]])
    return None, ["smigrate", "--nodelist", other, job]


def kill_one(words):
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(chance.choice([chance.uniform(0, 0.1), chance.uniform(0, 3)]))
    over = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    counts["over already" if over else "killed"] = counts.get("over already" if over else "killed", 0) + 1


def held():
    return output("squeue", "-h", "-t", "PENDING", "-o", "%i %r")


def one():
    node, words = command(settled())
    kill_one(words)
    if "eld" in held():
        fail(f"a job is held after {words}: {held()}")
    if node:
        again = subprocess.run(words + ["--timeout=120s"], capture_output=True, text=True)
        if again.returncode != 0:
            fail(f"again: {again.returncode} {again.stdout} {again.stderr}")
        if node in places().values():
            fail(f"{node} is not empty")
        output("scontrol", "update", f"NodeName={node}", "State=RESUME")


def main():
    for _ in range(times):
        one()
    settled()
    print(f"{times} times: {counts}")


main()
