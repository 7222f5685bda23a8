"""What serves: the page, orders, and a report. It ends when it is asked to, once nobody waits for an answer any more."""

import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from shop import queue
from shop.database import RELEASE, connect

waiting = 0
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        pages = {"/": page, "/up": up, "/report": report}
        self.answer(pages.get(self.path, lambda _: (404, "There is no such page.\n")))

    def do_POST(self) -> None:
        fields = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        self.answer(lambda database: (202, f"{queue.order(database, int(fields['cents'][0]))}\n"))

    def answer(self, ask) -> None:
        global waiting
        with lock:
            waiting += 1
        database = connect()
        try:
            status, text = ask(database)
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        finally:
            database.close()
            with lock:
                waiting -= 1

    def log_message(self, *_) -> None:
        pass


def page(database):
    (orders,) = database.execute("SELECT count(*) FROM orders").fetchone()
    return 200, f"<!doctype html><title>Shop</title><p>Shop {RELEASE}: {orders} orders\n"


def up(database):
    database.execute("SELECT 1 FROM jobs").fetchone()
    return 200, "ok\n"


def report(database):
    return 200, json.dumps(queue.report(database)) + "\n"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def end(*_) -> None:
    threading.Thread(target=when_nobody_waits).start()


def when_nobody_waits() -> None:
    while waiting:
        time.sleep(0.05)
    os._exit(0)


signal.signal(signal.SIGTERM, end)
print("shop", RELEASE, "starts", flush=True)
Server(("", 8000), Handler).serve_forever()
