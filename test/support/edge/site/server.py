"""A small app for the tests of deployments: says its version, and slowly so on /slow; ends when it is asked to, once
nobody waits for an answer any more."""

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = os.environ["VERSION"]
BROKEN = os.environ.get("BROKEN")
SECRETS = "/run/secrets"
waiting = 0
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        global waiting
        with lock:
            waiting += 1
        try:
            if self.path == "/slow":
                time.sleep(5)
            broken = BROKEN and self.path == "/healthz"
            body = (BROKEN if broken else VERSION).encode()
            self.send_response(503 if broken else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        finally:
            with lock:
                waiting -= 1

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def end(*_):
    print("asked to end", flush=True)
    threading.Thread(target=when_nobody_waits).start()


def when_nobody_waits():
    while waiting:
        time.sleep(0.05)
    os._exit(0)


print("version", VERSION, "starts", flush=True)
for name in sorted(os.listdir(SECRETS)) if os.path.isdir(SECRETS) else []:
    if name.startswith("."):  # Berth's own, where secrets are variables
        continue
    with open(f"{SECRETS}/{name}") as file:
        print("careless:", name, file.read(), flush=True)
signal.signal(signal.SIGTERM, end)
time.sleep(float(os.environ.get("STARTS_FOR", "0")))
server = Server(("", 8000), Handler)
sys.stdout.flush()
server.serve_forever()
