"""The worker's health check: whether it went round its loop in the last seconds."""

import os
import sys
import time

SIGN = "/tmp/alive"

if __name__ == "__main__":
    if not os.path.exists(SIGN):
        sys.exit("the worker hasn't begun")
    if time.time() - os.stat(SIGN).st_mtime > 10:
        sys.exit("the worker has stood still for more than 10 s")
