#!/usr/bin/env python3
"""QR iteration of a matrix that changes at random; its trace to a file and the output."""
import sys

import numpy as np

random = np.random.default_rng(1)
a = random.standard_normal((200, 200))
with open("trace.txt", "w") as file:
    for i in range(int(sys.argv[1])):
        q, r = np.linalg.qr(a)
        a = r @ q + 0.001 * random.standard_normal(a.shape)
        print(i, float(np.trace(a)), file=file)
        if i % 50 == 0:
            print(i, float(np.linalg.norm(a)), flush=True)
np.save("result.npy", a)
