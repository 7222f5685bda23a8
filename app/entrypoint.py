"""Prepares the database on the volume, then becomes the command it was given (gunicorn).

Migrations run here, at every start. An old container may still serve while a new one starts, and a
rollback starts old code on a newer schema: so migrations only ever add, and what is no longer
needed is removed one release later.
"""

import fcntl
import os
import signal
import sqlite3
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command


def main(command: list[str]) -> None:
    # Process 1 has no default action for SIGTERM: without this, a stop during a migration would hang.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    data_dir = Path(os.environ.get("BLOG_DATA_DIR", ".data"))
    try:
        prepare(data_dir)
    except (PermissionError, sqlite3.OperationalError) as error:
        sys.exit(
            f"blog: can't prepare the database in {data_dir} as user {os.getuid()}: {error}. "
            f"Make the volume writable for that user (chown -R {os.getuid()} on the volume)."
        )
    os.execvp(command[0], command)


def prepare(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    # One container at a time: a second one waits here, and then finds nothing left to do.
    with open(data_dir / ".migrate.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        django.setup()
        # Kept in the file: readers go on while another container writes. Both see the same kernel's locks.
        connection = sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
        call_command("migrate", interactive=False, verbosity=1)


if __name__ == "__main__":
    main(sys.argv[1:])
