#!/usr/bin/env python3
"""Processes that leave their parents and sessions, as daemons do: each prints its steps.

detached.py STEPS

PACE=SECONDS  pause between the steps (0.1)
"""
import os
import sys
import time

steps = int(sys.argv[1])
pace = float(os.environ.get("PACE", "0.1"))


def work(name):
    with open(name, "w") as out:
        for i in range(steps):
            print(name, i, file=out, flush=True)
            end = time.monotonic() + pace
            while time.monotonic() < end:
                time.sleep(max(0, end - time.monotonic()))


def in_child(body):
    if os.fork() == 0:
        body()
        os._exit(0)


def daemon():
    """Its session's leader ends."""
    os.setsid()
    in_child(lambda: (in_child(lambda: work("grandchild")), work("daemon")))


def leader():
    """It stays, but who began its child does not."""
    os.setsid()
    in_child(lambda: in_child(lambda: work("orphan")))
    os.wait()
    work("leader")


def is_done(name):
    try:
        with open(name) as out:
            return out.read().count("\n") >= steps
    except FileNotFoundError:
        return False


in_child(daemon)
os.wait()
in_child(leader)
work("first")
for name in ("daemon", "grandchild", "orphan", "leader"):
    while not is_done(name):
        time.sleep(0.1)
    print(name, "is done", flush=True)
