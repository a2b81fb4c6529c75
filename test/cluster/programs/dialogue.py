#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dialogue.py STEPS [FILE] - two processes that speak by TCP, with more on its way than a
socket takes at once; a line a step that depends on all that was said. They stay connected
until FILE is there."""
import hashlib
import os
import socket
import sys
import time

steps = int(sys.argv[1])
SIZE = 300_000


def read(connection):
    data = b""
    while len(data) < SIZE:
        data += connection.recv(SIZE - len(data))
    return data


def message(seed):
    return hashlib.shake_128(seed).digest(SIZE)


server = socket.create_server(("127.0.0.1", 0))
if os.fork() == 0:
    client = socket.create_connection(server.getsockname())
    for _ in range(steps):
        client.sendall(message(hashlib.sha256(read(client)).digest()))
    client.recv(1)
    os._exit(0)
connection, _ = server.accept()
said = b"begin"
for step in range(1, steps + 1):
    connection.sendall(message(said))
    said = hashlib.sha256(read(connection)).digest()
    print(step, said.hex(), flush=True)
    time.sleep(0 if "PACE" in os.environ else 0.04)
while len(sys.argv) > 2 and not os.path.exists(sys.argv[2]):
    time.sleep(0.1)
connection.close()
os.wait()
