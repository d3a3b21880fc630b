"""Opens the database: the one place that knows SQLite's pragmas and what can be wrong with a file.

A server's is opened by `host.store.postgresql`. A file: WAL with synchronous=FULL, so what was
committed survives a power cut. (Measured: WAL with NORMAL loses all of the last commits.) One that
is read-only, damaged or made by a newer release is refused before anything is written to it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from host.store import postgresql
from host.store.place import FILE_NAME, Place, Server
from host.store.place import of as place_of
from shared.errors import MbuslinkError

QUICK_CHECK_LIMIT_BYTES = 64 * 1024 * 1024
"""A larger file is not walked at start: at 40 MB/s from an SD card that would take too long."""


BUSY_TIMEOUT_MS = 10_000
"""So long a connection waits for another that writes."""

RESTART = "restart the host: it puts the newest good backup in its place"
_NO_DAMAGE = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
"""What SQLite says of the system, not of the file (its primary result codes)."""

_TO_DO = "put a backup in its place: python -m host restore FILE"


class StoreFault(MbuslinkError):
    """The database cannot be used; the text says which file, what is wrong and what to do."""

    key = "store_fault"


class Damaged(StoreFault):
    """The file is not, or no longer, a sound database."""


class DiskFull(StoreFault):
    """There is no room for what was to be stored; nothing of it was."""


class Unreachable(StoreFault):
    """The server of the database does not answer; it may do so later."""


def database_path(data: Path) -> Path:
    """Return where a database in a file lies in the data folder `data`."""
    return data / FILE_NAME


def file_of(data: Path) -> Path:
    """Return the file that the database of `data` is. Raises `StoreFault` when it is a server's."""
    place = place_of(data)
    if isinstance(place, Server):
        raise StoreFault(
            f"{place}: not a file of ours; PostgreSQL has its own (pg_dump, pg_restore)"
        )
    return place


def existing(data: Path) -> Place:
    """Return the database of the data folder `data`. Raises `StoreFault` when there is none."""
    path = place_of(data)
    if isinstance(path, Path) and not path.exists():
        raise StoreFault(
            f"{path}: no database there; give the --data folder that the host runs with"
        )
    return path


def check(path: Path, *, whole: bool = False) -> None:
    """Raise `StoreFault` when the file at `path` must not be written to; it is left untouched.

    A file that does not exist yet is in order when its folder can be written. whole: walk the
    whole file, however large it is. Raises `Damaged` when it is not sound.
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
    reason = damage(path, whole=whole or path.stat().st_size <= QUICK_CHECK_LIMIT_BYTES)
    if reason is not None:
        raise Damaged(
            f"{path}: the database is damaged ({reason}); it was not changed."
            f" Now {_TO_DO}, or start with an empty --data folder"
        )


def damage(path: Path, *, whole: bool = True) -> str | None:
    """Return what is wrong with the SQLite file at `path`, None when it is sound.

    whole: walk all of it, which takes as long as reading it; else its schema alone. Raises OSError,
    and `StoreFault` when it cannot be told: a full disk or one that fails is no damage.
    """
    with path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\x00":
            return "it does not begin as an SQLite file"
    try:
        with open_plain(path) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            verdict = "ok"
            if whole:
                (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        found = plain_fault(path, error)
        if not isinstance(found, Damaged):
            raise found from error
        verdict = str(error)
    return None if verdict == "ok" else " ".join(verdict.split())


def suspect(path: Path) -> None:
    """Have the whole file at `path` looked at when it is opened next, however large it is."""
    with contextlib.suppress(OSError):
        suspicion(path).touch()


def suspicion(path: Path) -> Path:
    """Return the file that is there while the database at `path` is suspected to be damaged."""
    return path.with_name(f"{path.name}.suspect")


@contextlib.contextmanager
def open_plain(path: Path) -> Generator[sqlite3.Connection]:
    """Give a connection without SQLAlchemy that only reads the file at `path`."""
    uri = f"{path.resolve().as_uri()}?mode=ro"
    timeout_s = BUSY_TIMEOUT_MS / 1000
    connection = sqlite3.connect(uri, uri=True, timeout=timeout_s, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def open_writer(place: Place) -> Engine:
    """Return the engine for the one writer of `place`; each transaction takes the lock at once."""
    return _engine(place, read_only=False)


def open_reader(place: Place, *, keep: bool = False) -> sessionmaker[Session]:
    """Return a maker of read-only sessions, for any number of threads and processes.

    keep: one session after the other, which have their connection in common.
    """
    return sessionmaker(_engine(place, read_only=True, keep=keep), expire_on_commit=False)


@contextlib.contextmanager
def reading(path: Place) -> Generator[Session]:
    """Give a session that only reads. Raises `StoreFault` for whatever SQLite says against it."""
    with translated(path), open_reader(path)() as session:
        yield session


@contextlib.contextmanager
def translated(path: Place) -> Generator[None]:
    """Make whatever the database at `path` says against it a `StoreFault`."""
    try:
        yield
    except DatabaseError as error:
        raise fault(path, error) from error


def fault(path: Place, error: DatabaseError) -> StoreFault:
    """Return what the database at `path` said, with the next step.

    What went wrong first counts: on a full disk SQLite ends the whole transaction, so releasing a
    savepoint fails after it.
    """
    while isinstance(error.__context__, DatabaseError):
        error = error.__context__
    reason = " ".join(str(error.orig).split())
    return _server_fault(path, error, reason) if isinstance(path, Server) else _fault(path, reason)


def _server_fault(server: Server, error: DatabaseError, reason: str) -> StoreFault:
    """Tell by its code what a server says: its words are in its administrator's language."""
    code = getattr(error.orig, "sqlstate", None) or _NO_CODE
    for begin, kind, advice in _SERVER_ADVICE:
        if code.startswith(begin):
            return kind(f"{server}: {reason}; {advice}")
    return StoreFault(f"{server}: {reason}")


def plain_fault(path: Path, error: sqlite3.DatabaseError) -> StoreFault:
    """Return what SQLite itself said of the file at `path`: `Damaged`, or what the system did."""
    if error.sqlite_errorcode & 0xFF in _NO_DAMAGE:
        return _fault(path, str(error))
    return Damaged(f"{path}: {error}")


def _fault(path: Place, reason: str) -> StoreFault:
    for part, kind, advice in _ADVICE:
        if part in reason:
            return kind(f"{path}: {reason}; {advice}")
    return StoreFault(f"{path}: {reason}")


_NO_CODE = "none"  # the driver's own: there is no connection
_AWAY = (
    "the database's server does not answer or refuses us (a full disk ends it, too: see its log);"
    " the board keeps its readings meanwhile"
)
_SERVER_ADVICE: Sequence[tuple[str, type[StoreFault], str]] = (
    (
        "53100",
        DiskFull,
        "free some space on the database's server; the board keeps its readings meanwhile",
    ),
    ("57P", Unreachable, _AWAY),  # shutting down, starting, ended by its administrator
    ("08", Unreachable, _AWAY),
    (_NO_CODE, Unreachable, _AWAY),
)
"""How codes begin (PostgreSQL, appendix A)."""

_ADVICE: Sequence[tuple[str, type[StoreFault], str]] = (
    (
        "full",
        DiskFull,
        "free some space, or keep readings for fewer days (python -m host retention DAYS);"
        " the board keeps its readings meanwhile",
    ),
    ("locked", StoreFault, "another program holds the database open for writing, close it"),
    ("readonly", StoreFault, "make the file and its folder writable (chmod u+w)"),
    ("malformed", Damaged, f"the file is damaged; {RESTART}"),
    ("not a database", Damaged, f"the file is damaged; {RESTART}"),
    ("no such table", StoreFault, "this is not the host's database, check --data"),
    (
        "disk I/O error",
        StoreFault,
        "the disk is full or fails: free some space, see what the system says of it (dmesg);"
        " the board keeps its readings meanwhile",
    ),
)


def _engine(path: Place, *, read_only: bool, keep: bool = True) -> Engine:
    if isinstance(path, Server):
        return postgresql.open_engine(path, read_only=read_only, keep=keep)
    # One connection a session when reading: opening costs 0.5 ms, and no thread keeps one open.
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"check_same_thread": False},
        **({} if keep else {"poolclass": NullPool}),
    )

    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's begin event speaks BEGIN, not the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
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
