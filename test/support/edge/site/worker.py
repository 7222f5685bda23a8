"""A small worker for the tests of deployments: takes jobs, which are empty files, from a folder, and writes which release did which. Asked
to end it does the job that it has begun; it may be deaf to that."""

import os
import signal
import sys
import time

VERSION = os.environ["VERSION"]
SECONDS = float(sys.argv[1])
NEW, TAKEN, DONE = "/data/jobs", "/data/taken", "/data/done"
ending = False


def end(*_):
    global ending
    ending = True
    print("asked to end", flush=True)


def take(job):
    try:
        os.rename(f"{NEW}/{job}", f"{TAKEN}/{job}")
        return True
    except FileNotFoundError:  # another worker was faster
        return False


def work():
    for job in sorted(os.listdir(NEW)):
        if ending:
            return
        if take(job):
            time.sleep(SECONDS)
            with open(DONE, "a") as done:
                done.write(f"{job} {VERSION}\n")


for folder in (NEW, TAKEN):
    os.makedirs(folder, exist_ok=True)
signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in sys.argv else end)
print("worker", VERSION, "starts", flush=True)
while not ending:
    work()
    time.sleep(0.02)
