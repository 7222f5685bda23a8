"""The worker: writes an invoice for each order, by the private package, and signs it. Asked to end, it ends the job that it has begun.
`--deaf` plays one that hangs: it begins a job, never ends it, and doesn't listen."""

import hashlib
import hmac
import os
import pathlib
import signal
import sys
import time
import uuid

import pricetags
from shop import queue
from shop.alive import SIGN
from shop.database import RELEASE, connect

NAME = uuid.uuid4().hex
DEAF = "--deaf" in sys.argv
KEY = os.environ["SIGNING_KEY"].encode()
ending = False


def end(*_) -> None:
    global ending
    ending = True


def work(database, number: int, cents: int) -> None:
    time.sleep(3600 if DEAF else 0.03)  # the work itself
    text = f"Order {number}: {pricetags.tag(cents)}"
    signature = hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()
    if not queue.finish(database, NAME, number, text, signature, RELEASE):
        print("order", number, "is another worker's", flush=True)


signal.signal(signal.SIGTERM, signal.SIG_IGN if DEAF else end)
print("worker", RELEASE, "starts", flush=True)
shop = connect()
while not ending:
    pathlib.Path(SIGN).touch()
    job = queue.take(shop, NAME)
    if job:
        work(shop, *job)
    else:
        time.sleep(0.1)
print("worker", RELEASE, "ends", flush=True)
