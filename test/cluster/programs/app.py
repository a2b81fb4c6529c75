#!/usr/bin/env python3
"""Saves itself on SIGUSR1: writes where it is to a file, and ends with exit code 85."""
import os
import signal
import sys
import time

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 80
asked = False


def ask(signum, frame):
    global asked
    asked = True


signal.signal(signal.SIGUSR1, ask)
step, value = 0, 1
if os.path.exists("state"):
    step, value = map(int, open("state").read().split())
while step < steps:
    step += 1
    value = (value * 6364136223846793005 + step) % 2 ** 64
    print(step, value, flush=True)
    time.sleep(float(os.environ.get("PACE", "0.1")))
    if asked:
        with open("state.new", "w") as state:
            print(step, value, file=state)
            state.flush()
            os.fsync(state.fileno())
        os.rename("state.new", "state")
        sys.exit(85)
if os.path.exists("state"):
    os.unlink("state")
