#!/usr/bin/env python3
"""Threads that write files of their own, in a fixed order of steps."""
import hashlib
import os
import sys
import threading
import time

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 80
barrier = threading.Barrier(4)
digests = [b"", b"", b""]


def work(me):
    with open(f"threads.{me}", "w") as out:
        for step in range(steps):
            digests[me] = hashlib.sha256(digests[me] + bytes([me, step % 256])).digest()
            print(step, digests[me].hex(), file=out, flush=True)
            barrier.wait()
            barrier.wait()


for me in range(3):
    threading.Thread(target=work, args=(me,)).start()
for step in range(steps):
    barrier.wait()
    print(step, hashlib.sha256(b"".join(digests)).hexdigest(), flush=True)
    time.sleep(float(os.environ.get("PACE", "0.1")))
    barrier.wait()
