"""Orders, and the queue of invoices to write for them. A job is lost by no worker that dies, and has its effect once."""

import time

LEASE = 15
"""Seconds that a worker has for a job. Then it is another's, and what the first one makes of it doesn't count."""


def order(database, cents: int) -> int:
    database.execute("BEGIN IMMEDIATE")
    number = database.execute("INSERT INTO orders (cents) VALUES (?)", (cents,)).lastrowid
    database.execute("INSERT INTO jobs (order_id) VALUES (?)", (number,))
    database.execute("COMMIT")
    return number


def take(database, worker: str):
    """The next job as (order, cents), or None. Of several workers one gets it."""
    now = time.time()
    taken = database.execute(
        """UPDATE jobs SET state = 'taken', taken_by = ?, taken_until = ? WHERE order_id = (
             SELECT order_id FROM jobs WHERE state = 'waiting' OR (state = 'taken' AND taken_until < ?) ORDER BY order_id LIMIT 1)
           RETURNING order_id, (SELECT cents FROM orders WHERE id = order_id)""",
        (worker, now + LEASE, now),
    ).fetchall()
    return taken[0] if taken else None


def finish(database, worker: str, number: int, text: str, signature: str, release: str) -> bool:
    """Its effect and its end in one transaction; False where the job is another worker's by now."""
    database.execute("BEGIN IMMEDIATE")
    mine = "UPDATE jobs SET state = 'done' WHERE order_id = ? AND state = 'taken' AND taken_by = ?"
    if database.execute(mine, (number, worker)).rowcount == 0:
        database.execute("ROLLBACK")
        return False
    database.execute("INSERT INTO invoices VALUES (?, ?, ?, ?)", (number, text, signature, release))
    database.execute("COMMIT")
    return True


def report(database) -> dict:
    def count(query: str) -> int:
        return database.execute(f"SELECT count(*) FROM {query}").fetchone()[0]

    return {
        "orders": count("orders"),
        "open": count("jobs WHERE state <> 'done'"),
        "invoices": count("invoices"),
        "twice": count("(SELECT 1 FROM invoices GROUP BY order_id HAVING count(*) > 1)"),
        "releases": dict(database.execute("SELECT release, count(*) FROM invoices GROUP BY release")),
    }
