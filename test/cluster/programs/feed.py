#!/usr/bin/env python3
# feed.py KIND FILE: gives whoever connects to /tmp/feed.sock a descriptor of KIND
# (pipe, tty, removed), and appends what is written to that to FILE.
import os, select, socket, sys, threading, tty

kind, path = sys.argv[1:]


def ends():
    """What is read here, and what is given away."""
    if kind == "pipe":
        return os.pipe()
    if kind == "tty":
        master, slave = os.openpty()
        tty.setraw(slave)
        return master, slave
    given = os.open(path + ".removed", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    os.unlink(path + ".removed")
    return os.dup(given), given


def copy(source, out):
    try:
        while data := os.read(source, 65536):
            os.write(out, data)
    except OSError:  # of a terminal that nobody has open
        pass


def serve(connection):
    pid = int.from_bytes(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)
    task = os.pidfd_open(pid)
    source, given = ends()
    socket.send_fds(connection, [b"x"], [given])
    os.close(given)
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    if kind == "removed":  # all of it, when the task has ended
        select.select([task], [], [])
        os.lseek(source, 0, os.SEEK_SET)
    copy(source, out)


listener = socket.socket(socket.AF_UNIX)
listener.bind("/tmp/feed.sock")
os.chmod("/tmp/feed.sock", 0o666)
listener.listen()
while True:
    threading.Thread(target=serve, args=[listener.accept()[0]]).start()
