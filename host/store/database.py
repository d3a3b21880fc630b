"""Opens the SQLite file: the one place that knows its pragmas and what can be wrong with it.

WAL with synchronous=FULL: what was committed survives a power cut. (Measured: WAL with NORMAL
loses all of the last commits.) It refuses a file that is read-only, damaged or made by a newer
release before anything is written to it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Generator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from shared.errors import MbuslinkError

FILE_NAME = "mbuslink.db"
QUICK_CHECK_LIMIT_BYTES = 64 * 1024 * 1024
"""A larger file is not walked at start: at 40 MB/s from an SD card that would take too long."""


class StoreFault(MbuslinkError):
    """The database cannot be used; the text says which file, what is wrong and what to do."""

    key = "store_fault"


def database_path(data: Path) -> Path:
    """Return where the database lies in the data folder `data`."""
    return data / FILE_NAME


def existing(data: Path) -> Path:
    """Return the database of the data folder `data`. Raises `StoreFault` when there is none."""
    path = database_path(data)
    if not path.exists():
        raise StoreFault(
            f"{path}: no database there; give the --data folder that the host runs with"
        )
    return path


def check(path: Path) -> None:
    """Raise `StoreFault` when the file at `path` must not be written to; it is left untouched.

    A file that does not exist yet is in order when its folder can be written.
    """
    if not path.exists():
        if not os.access(path.parent, os.W_OK):
            raise StoreFault(f"{path.parent}: cannot be written; make the folder writable")
        return
    writable = stat.S_IMODE(path.stat().st_mode) & 0o222
    if not writable or not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise StoreFault(
            f"{path}: the database is read-only; make the file and its folder writable"
            f" (chmod u+w) or choose another --data folder"
        )
    if path.stat().st_size == 0:
        return
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\x00":
            raise _damaged(path, "it does not begin as an SQLite file")
    uri = f"{path.resolve().as_uri()}?mode=ro"
    try:
        connection = sqlite3.connect(uri, uri=True, timeout=5)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if path.stat().st_size <= QUICK_CHECK_LIMIT_BYTES:
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                if verdict != "ok":
                    raise _damaged(path, verdict)
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, reason: str) -> StoreFault:
    return StoreFault(
        f"{path}: the database is damaged ({' '.join(reason.split())}); it was not changed."
        f" Move it aside and put a backup in its place, or start with an empty --data folder"
    )


def open_writer(path: Path) -> Engine:
    """Return the engine for the one writer of `path`; each transaction takes the lock at once."""
    return _engine(path, read_only=False)


def open_reader(path: Path) -> sessionmaker[Session]:
    """Return a maker of read-only sessions, for any number of threads and processes."""
    return sessionmaker(_engine(path, read_only=True), expire_on_commit=False)


@contextlib.contextmanager
def reading(path: Path) -> Generator[Session]:
    """Give a session that only reads. Raises `StoreFault` for whatever SQLite says against it."""
    try:
        with open_reader(path)() as session:
            yield session
    except DatabaseError as error:
        raise fault(path, error) from error


def fault(path: Path, error: DatabaseError) -> StoreFault:
    """Return what SQLite said of the file at `path`, with the next step."""
    return StoreFault(f"{path}: {_advice(error)}")


def _engine(path: Path, *, read_only: bool) -> Engine:
    # One connection a session when reading: opening costs 0.1 ms, and no thread keeps one open.
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": 10.0, "check_same_thread": False},
        **({"poolclass": NullPool} if read_only else {}),
    )

    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's begin event speaks BEGIN, not the driver
        cursor = connection.cursor()
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        else:
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begin)
    return engine


def _advice(error: DatabaseError) -> str:
    """Return what went wrong first and the next step.

    On a full disk SQLite ends the whole transaction, so releasing a savepoint fails after it.
    """
    while isinstance(error.__context__, DatabaseError):
        error = error.__context__
    reason = str(error.orig)
    if "full" in reason:
        return f"{reason}; free some space, the board keeps its readings meanwhile"
    if "locked" in reason:
        return f"{reason}; another program holds the database open for writing, close it"
    if "readonly" in reason:
        return f"{reason}; make the file and its folder writable (chmod u+w)"
    if "malformed" in reason or "not a database" in reason:
        return f"{reason}; the file is damaged, move it aside and put a backup in its place"
    if "no such table" in reason:
        return f"{reason}; this is not the host's database, check --data"
    return reason
