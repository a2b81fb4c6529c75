#!/usr/bin/python3
"""Sums up to N, and on SIGUSR1 saves that in a file and ends with 85.

self.py N FILE; PACE=0: without pausing between its steps. A step of srun's, as rank
SLURM_PROCID, has a file of its own.
"""
import os
import pickle
import signal
import sys
import time

asked = []
signal.signal(signal.SIGUSR1, lambda *_: asked.append(1))
rank = os.environ.get("SLURM_PROCID", "0")
last, path = int(sys.argv[1]), f"{sys.argv[2]}.{rank}"
step, total = 0, 0
if "SLURM_CHECKPOINT_RESTART" in os.environ:
    with open(path, "rb") as f:
        step, total = pickle.load(f)
while step < last:
    step += 1
    total += step * step
    print(f"rank {rank} step {step} total {total}", flush=True)
    if asked:
        with open(path + ".new", "wb") as f:
            pickle.dump((step, total), f)
        os.rename(path + ".new", path)
        sys.exit(85)
    if os.environ.get("PACE") != "0":
        time.sleep(0.05)
print(f"rank {rank} ends with {total}", flush=True)
