"""The database on the volume, which web and worker share, and so do the old and the new release while one takes the other's place."""

import os
import pathlib
import sqlite3

RELEASE = pathlib.Path("VERSION").read_text().strip()


def connect() -> sqlite3.Connection:
    """Each statement is a transaction of its own, but between BEGIN and COMMIT. Who finds it locked waits."""
    database = sqlite3.connect(os.environ.get("SHOP_DATABASE", "/data/shop.sqlite3"), timeout=20, isolation_level=None)
    database.execute("PRAGMA synchronous = NORMAL")
    return database
