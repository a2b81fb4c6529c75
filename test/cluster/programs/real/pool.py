#!/usr/bin/env python3
"""Processes of multiprocessing: a pool, a queue with a reader, and memory that they share."""
import hashlib
import multiprocessing
import sys


def begin(shared_total, shared_last):
    global total, last
    total, last = shared_total, shared_last


def work(step):
    digest = str(step).encode()
    for _ in range(20000):
        digest = hashlib.sha256(digest).digest()
    with total.get_lock():
        total.value += step
        last[step % len(last)] = digest[0]
    return step, digest.hex()


def read(queue, steps):
    with open("pool.log", "w") as log:
        for _ in range(steps):
            print(*queue.get(), file=log, flush=True)


if __name__ == "__main__":
    steps = int(sys.argv[1])
    total = multiprocessing.Value("q", 0)
    last = multiprocessing.Array("B", 16)
    queue = multiprocessing.Queue()
    reader = multiprocessing.Process(target=read, args=(queue, steps))
    reader.start()
    with multiprocessing.Pool(2, begin, (total, last)) as pool:
        for result in pool.imap(work, range(steps)):
            queue.put(result)
            print(*result, flush=True)
    reader.join()
    print(total.value, bytes(last).hex())
