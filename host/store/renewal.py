"""Brings an older copy of the database up to date in place, in one transaction on the copy.

A whole copy of ten years writes 1.3 GB, every night: more than a card bears. Most of it is days
that are over and stay as they are. Both files are read by their keys side by side and what differs
is written: killed at any moment, the copy is as it was once its journal is rolled back.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator, Sequence
from pathlib import Path

from host.store import database
from host.store.tables import DAY_MS, METER_BITS

_DAYS_AT_ONCE = 16
"""What differs in so many days is held in memory, at worst all of it."""

_MERGED: Sequence[tuple[str, str, int]] = (
    ("blocks", "data", _DAYS_AT_ONCE << METER_BITS),
    ("readings", "frames", DAY_MS << METER_BITS),
    ("dated_readings", "id", 400 * DAY_MS << METER_BITS),
)
"""(table, what is compared, keys at once); all other tables are small."""

_SCHEMA = "SELECT type, name, sql FROM {}.sqlite_master ORDER BY type, name"


def fits(copy: Path, live: Path) -> bool:
    """Tell whether `copy` has the schema of `live`. Raises `StoreFault`."""
    with _opened(copy, live) as connection:
        ours, theirs = (connection.execute(_SCHEMA.format(at)).fetchall() for at in _BOTH)
        versions = [
            connection.execute(f"SELECT version_num FROM {at}.alembic_version").fetchall()  # noqa: S608
            for at in _BOTH
            if ours == theirs
        ]
    return bool(versions) and versions[0] == versions[1]


def renew(copy: Path, live: Path) -> None:
    """Make `copy`, which `fits`, hold on the disk what was committed to `live` at one moment.

    `live` is only read and may be written to meanwhile. Raises `Damaged` when the copy is not
    sound, `StoreFault` when it cannot be written; it is as it was then.
    """
    with _opened(copy, live) as connection:
        connection.execute("BEGIN")
        for table, compared, step in _MERGED:
            _merge(connection, table, compared, step)
        _replace_small(connection)
        connection.execute("COMMIT")


def roll_back(copy: Path) -> None:
    """Take back what a killed `renew` has left half done in `copy`. Raises as `renew`."""
    with _translated(copy), contextlib.closing(_connect(copy)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


_BOTH = ("main", "live")


@contextlib.contextmanager
def _opened(copy: Path, live: Path) -> Generator[sqlite3.Connection]:
    """Give a connection to `copy` that reads `live` as well."""
    with _translated(copy), contextlib.closing(_connect(copy)) as connection:
        connection.execute("PRAGMA synchronous=EXTRA")  # its new name must not outlive its journal
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("ATTACH ? AS live", (f"{live.resolve().as_uri()}?mode=ro",))
        yield connection


def _connect(copy: Path) -> sqlite3.Connection:
    uri = f"{copy.resolve().as_uri()}?mode=rw"
    timeout_s = database.BUSY_TIMEOUT_MS / 1000
    return sqlite3.connect(uri, uri=True, timeout=timeout_s, isolation_level=None)


@contextlib.contextmanager
def _translated(copy: Path) -> Generator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise database.plain_fault(copy, error) from error


def _merge(connection: sqlite3.Connection, table: str, compared: str, step: int) -> None:
    """Make the rows of `table` those of the live one, `step` keys at once."""
    first = -1
    while True:
        keys = [
            connection.execute(_FIRST.format(at=at, table=table), (first,)).fetchone()
            for at in _BOTH
        ]
        begin = min((key for (key,) in keys if key is not None), default=None)
        if begin is None:
            return
        first = begin + step
        for statement in (_DELETE, _INSERT):
            text = statement.format(table=table, compared=compared)
            connection.execute(text, (begin, first))


_FIRST = "SELECT min(id) FROM {at}.{table} WHERE id >= ?"
_DELETE = """
    DELETE FROM main.{table} AS ours WHERE ours.id >= ? AND ours.id < ?
    AND NOT EXISTS (SELECT 1 FROM live.{table} AS theirs WHERE theirs.id = ours.id)
"""
_INSERT = """
    INSERT OR REPLACE INTO main.{table} SELECT theirs.* FROM live.{table} AS theirs
    WHERE theirs.id >= ? AND theirs.id < ? AND NOT EXISTS (
        SELECT 1 FROM main.{table} AS ours
        WHERE ours.id = theirs.id AND ours.{compared} = theirs.{compared}
    )
"""


def _replace_small(connection: sqlite3.Connection) -> None:
    """Take all other tables whole; nobody checks references meanwhile (SQLite's default)."""
    merged = {table for table, _, _ in _MERGED}
    query = "SELECT name FROM live.sqlite_master WHERE type = 'table'"
    for (table,) in connection.execute(query).fetchall():
        if table not in merged and not table.startswith("sqlite_stat"):
            connection.execute(f'DELETE FROM main."{table}"')  # noqa: S608
            connection.execute(f'INSERT INTO main."{table}" SELECT * FROM live."{table}"')  # noqa: S608
