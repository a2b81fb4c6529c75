#!/usr/bin/env python3
"""pmi.py STEPS [STATUS]: tasks that exchange a number by PMI-1 in each step, without any MPI:
rank 0 prints a line a step, from which a wrong, lost or late number is seen. PACE is the
milliseconds between steps, 20 by default. They end with STATUS plus their rank."""
import os
import sys
import time

rank, size = int(os.environ["PMI_RANK"]), int(os.environ["PMI_SIZE"])
line = os.fdopen(int(os.environ["PMI_FD"]), "r+b", buffering=0)
pace = int(os.environ.get("PACE", "20")) / 1000
rest = b""


def ask(command):
    global rest
    line.write(command.encode() + b"\n")
    while b"\n" not in rest:
        rest += line.read(4096)
    answer, rest = rest.split(b"\n", 1)
    return dict(word.split("=", 1) for word in answer.decode().split() if "=" in word)


ask("cmd=init pmi_version=1 pmi_subversion=1")
name = ask("cmd=get_my_kvsname")["kvsname"]
state = 1
for step in range(1, int(sys.argv[1]) + 1):
    ask(f"cmd=put kvsname={name} key=s{step}-{rank} value={(state * (rank + 3)) % 1000003}")
    ask("cmd=barrier_in")
    others = [ask(f"cmd=get kvsname={name} key=s{step}-{i}")["value"] for i in range(size)]
    state = (state * 31 + sum(map(int, others))) % 1000003
    if rank == 0:
        print(step, state, flush=True)
    time.sleep(pace)
ask("cmd=finalize")
sys.exit((int(sys.argv[2]) if len(sys.argv) > 2 else 0) + rank)
