#!/usr/bin/env python3
"""Rewrites records of a file in place, each from what was there before."""
import os
import sys
import time

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 80
with open("records", "w+b", buffering=0) as file:
    file.write(bytes(8 * 64))
    for step in range(1, steps + 1):
        at = 8 * (step * 7 % 64)
        file.seek(at)
        old = int.from_bytes(file.read(8), "little")
        new = (old * 6364136223846793005 + step) % 2 ** 64
        file.seek(at)
        file.write(new.to_bytes(8, "little"))
        print(step, at, new, flush=True)
        time.sleep(float(os.environ.get("PACE", "0.1")))
