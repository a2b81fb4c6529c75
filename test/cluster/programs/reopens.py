#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""reopens.py HOST PORT [STEPS] - has each number said back to it by a server, over one
connection for as long as that lasts; "again" on standard error when it opens another.
Without STEPS until the file "over" is there."""
import itertools
import os
import socket
import sys
import time

host, port = sys.argv[1], int(sys.argv[2])
steps = int(sys.argv[3]) if len(sys.argv) > 3 else None


def is_last(step):
    return step == steps if steps else os.path.exists("over")


def connect():
    while True:
        try:
            return socket.create_connection((host, port), timeout=5).makefile("rw")
        except OSError:
            time.sleep(0.1)


def ask(stream, step):
    stream.write(f"{step}\n")
    stream.flush()
    line = stream.readline()
    if not line:
        raise ConnectionError
    return line


stream = connect()
for step in itertools.count(1):
    while True:
        try:
            print(ask(stream, step), end="", flush=True)
            break
        except OSError:
            print("again", file=sys.stderr, flush=True)
            stream = connect()
    if is_last(step):
        break
    time.sleep(0.1)
