#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""damage.py FOLDER COUNT SEED FORGE: COUNT copies of a job's folder beside it, numbered on
from it, in each of which something is damaged at random. FORGE closes a manifest with the
digest that fits, so that half of the manifests are whole, whatever their lines are."""

import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile

folder, count, seed, forge = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
chance = random.Random(seed)
first = int(os.path.basename(folder))
# By a link that is planted here a later damage may reach the folder itself.
good = os.path.join(tempfile.mkdtemp(), "good")
shutil.copytree(folder, good, symlinks=True)

WORDS = [b"attr job 4294967296", b"attr job -1", b"attr user root", b"attr user alice",
         b"attr array-job 1", b"attr array-task 99999999999", b"attr end x", b"attr end 1",
         b"attr kept-nodelist =n[1-99999999]", b"attr kept-restart 0", b"attr node \x1b[2J",
         b"attr reason %1B%5B", b"attr restart 18446744073709551615", b"attr time 1e300",
         b"attr generation 4294967295", b"attr partition ;rm -rf /",
         b"file 9223372036854775807 " + b"0" * 32 + b" pages-1.img",
         b"file 1 " + b"0" * 32 + b" ../../x", b"output 1 - /etc/passwd",
         b"output 1 nothing /x", b"output 9223372036854775807 - /dev/zero", b"", b"%", b"attr"]
EVENTS = [b'{"time":1e308,"event":"checkpoint","bytes":9223372036854775807,"node":"x"}',
          b'{"time":1,"event":"restart","generation":4294967295}', b'{"time":1,"event":"end"',
          b'[' * 1000, b'{"time":2,"event":"failed","text":"\\u001b[2J"}', b'\0' * 100, b'x' * 70000,
          b'{"time":3,"event":"unprotected","restart":4294967295,"text":null}']


def flip(path):
    data = bytearray(open(path, "rb").read())
    for _ in range(chance.randint(1, 8)):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    open(path, "wb").write(data)


def cut(path):
    os.truncate(path, chance.randint(0, os.path.getsize(path)))


def grow(path):
    os.truncate(path, chance.choice([1 << 20, 1 << 26, 1 << 40]))


def rewrite(path):
    """Other lines; with the right digest in half of the cases."""
    lines = open(path, "rb").read().split(b"\n")
    what = EVENTS if os.path.basename(path) == "events" else WORDS
    for _ in range(chance.randint(1, 5)):
        lines.insert(chance.randint(1, len(lines)), chance.choice(what))
    data = b"\n".join(lines)
    if what is WORDS and chance.random() < 0.5:
        data = b"\n".join(l for l in lines if not l.startswith(b"end ")).rstrip(b"\n") + b"\n"
        data = subprocess.run([forge], input=data, stdout=subprocess.PIPE, check=True).stdout
    open(path, "wb").write(data)


def replace(path):
    os.unlink(path)
    kind = chance.randrange(7)
    if kind == 0:
        os.mkfifo(path)
    elif kind == 1:
        os.mkdir(path)
    elif kind == 2:
        os.symlink(chance.choice(["/dev/zero", "/etc/shadow", "x" * 300 + "/y", os.path.basename(path), "/proc/self/mem"])[:4000], path)
    elif kind == 3:
        os.link(os.path.join(folder, "job"), path)
    elif kind == 4:
        open(path, "wb").close()
        os.chmod(path, 0)
    elif kind == 5:
        open(path, "wb").write(chance.randbytes(chance.randint(0, 100000)))


def deep(path):
    here = os.open(os.path.dirname(path), os.O_RDONLY)
    for _ in range(chance.randint(1, 200)):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def whole(path):
    """The folder itself becomes something else."""
    top = os.path.dirname(path)
    shutil.rmtree(top)
    kind = chance.randrange(4)
    if kind == 0:
        os.symlink(chance.choice([str(first), str(first + count), "/", "..", os.path.basename(top), "x" * 255]), top)
    elif kind == 1:
        os.mkfifo(top)
    elif kind == 2:
        os.mkdir(top, 0)
    else:
        open(top, "w").close()


for number in range(first + 1, first + count + 1):
    copy = os.path.join(os.path.dirname(folder), str(number))
    shutil.copytree(good, copy, symlinks=True)
    files = [os.path.join(root, name) for root, _, names in os.walk(copy) for name in names]
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(files)
        act = chance.choice([flip, cut, grow, rewrite, rewrite, replace, replace, deep, whole])
        try:
            # A pipe would be waited for, another name is the good folder's file, and what
            # has grown is not read.
            found = os.lstat(path)
            if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_size < 1 << 24:
                act(path)
        except (OSError, ValueError):
            pass # what was damaged before
