#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""reopens.py HOST PORT STEPS - has each number said back to it by a server, over one
connection for as long as that lasts; "again" on standard error when it opens another."""
import socket
import sys
import time

host, port, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


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
for step in range(1, steps + 1):
    while True:
        try:
            print(ask(stream, step), end="", flush=True)
            break
        except OSError:
            print("again", file=sys.stderr, flush=True)
            stream = connect()
    time.sleep(0.1)
