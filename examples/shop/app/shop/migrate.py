"""The release command: brings the database to what this release needs. Files count up; one of them is done whole or not at all."""

import pathlib

from shop.database import connect


def migrate() -> None:
    database = connect()
    database.execute("PRAGMA journal_mode = WAL")  # readers don't wait for who writes
    (done,) = database.execute("PRAGMA user_version").fetchone()
    files = {int(file.name.partition("-")[0]): file for file in pathlib.Path("migrations").glob("*.sql")}
    for number in sorted(files):
        if number > done:
            print("migration", files[number].name, flush=True)
            database.executescript(f"BEGIN IMMEDIATE; {files[number].read_text()}; PRAGMA user_version = {number}; COMMIT;")


if __name__ == "__main__":
    migrate()
