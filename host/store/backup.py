"""Copies of the database: made while it is written to, kept beside it, put back in its place.

A whole copy is made in one step of SQLite's backup: the writer goes on meanwhile and the copy is of
one moment. The nightly ones take turns: the older is brought up to date in place (`renewal`), under
another name. A copy has its name only once it is whole, on the disk and checked. What a copy put in
place displaces is set aside, never deleted.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from host.store import database, migrate, renewal
from host.store.database import Damaged, DiskFull, StoreFault

FOLDER = "backups"
KEPT = 2
RESERVE_BYTES = 64 * 1024 * 1024
"""What a nightly backup leaves free: it must not be what fills the disk."""

_NAME = re.compile(r"mbuslink-(\d{6,})-(\d{8}T\d{6}Z)\.db")
_MOMENT = "%Y%m%dT%H%M%SZ"
_RENEWING = ".renewing"


def make(path: Path, target: Path) -> None:
    """Copy the database at `path` to `target`, live, as a sound file of its own.

    Raises `Damaged` when the database is not sound, `StoreFault` when `target` cannot be written.
    """
    part = _part(target)
    try:
        with _without_leftovers(part):
            _copy(path, part)
            reason = database.damage(part)
            if reason is not None:
                _raise_damaged(path, target, reason)
            os.replace(part, target)
            _sync(target.parent)
    except (OSError, sqlite3.OperationalError) as error:
        raise StoreFault(f"{target}: the backup was not made ({_words(error)})") from error
    except sqlite3.DatabaseError as error:
        raise Damaged(f"{path}: the database is damaged ({error})") from error


def put(source: Path, path: Path, aside: Path) -> None:
    """Make a copy of the backup `source`, brought to the newest schema, the database at `path`.

    Nobody has the database open. What was there lies at `aside` then, its log at `aside`-wal.
    Raises `StoreFault`, and nothing is changed, when `source` is no sound database of ours.
    """
    part = _part(path)
    try:
        if not source.is_file():
            raise StoreFault(f"{source}: there is no such file")
        reason = database.damage(source)
        if reason is not None:
            raise Damaged(f"{source}: this backup is damaged ({reason}); nothing was changed")
        with _without_leftovers(part):
            _copy(source, part)
            _bring_up(source, part)
            if path.exists():
                _set_aside(path, aside)
            os.replace(part, path)
            _sync(path.parent)
    except (OSError, sqlite3.DatabaseError) as error:
        raise StoreFault(f"{source}: could not be put in place ({_words(error)})") from error


def kept(data: Path) -> Sequence[Path]:
    """Return the backups that the nightly job keeps in the data folder, the newest first."""
    found = [file for file in (data / FOLDER).glob("*.db") if _NAME.fullmatch(file.name)]
    return sorted(found, key=lambda file: int(_parts(file)[0]), reverse=True)


def made_at(backup: Path) -> datetime:
    """Return the moment (UTC) at which a kept backup was made, by the clock of then."""
    return datetime.strptime(_parts(backup)[1], _MOMENT).replace(tzinfo=UTC)


def keep(data: Path, now: datetime) -> Path:
    """Have a backup of now in the data folder, beside the newest one before it; return it.

    They are counted, so that a clock that is set back does not mistake the old for the new. Raises
    `DiskFull` when there is no room for it, `Damaged` and `StoreFault` as `make`.
    """
    path = database.database_path(data)
    folder = data / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        recover(data)
        known = kept(data)
        number = int(_parts(known[0])[0]) + 1 if known else 1
        target = folder / f"mbuslink-{number:06}-{now.astimezone(UTC):{_MOMENT}}.db"
        if len(known) < KEPT or not _renewed(known[KEPT - 1], path, target):
            _check_room(folder, path.stat().st_size)
            make(path, target)
        for old in kept(data)[KEPT:]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise StoreFault(f"{folder}: no backup can be made there ({error.strerror})") from error
    return target


def recover(data: Path) -> None:
    """Make what a killed `keep` has left a kept backup again, or remove it."""
    folder = data / FOLDER
    for part in folder.glob("*.part*"):
        part.unlink()
    for renewing in folder.glob(f"*.db{_RENEWING}"):
        try:
            renewal.roll_back(renewing)
            os.replace(renewing, renewing.with_suffix(""))
        except Damaged:
            renewing.unlink()


def _renewed(older: Path, path: Path, target: Path) -> bool:
    """Bring the kept backup `older` up to date, as `target`; tell whether it was fit for that.

    One that is damaged is removed. Raises as `keep`; then `older` is as it was.
    """
    reason = database.damage(path)
    if reason is not None:
        raise Damaged(f"{path}: the database is damaged ({reason})")
    _check_room(target.parent, max(0, path.stat().st_size - older.stat().st_size))
    renewing = older.with_name(older.name + _RENEWING)
    os.replace(older, renewing)
    try:
        if not renewal.fits(renewing, path):
            os.replace(renewing, older)
            return False
        renewal.renew(renewing, path)
        reason = database.damage(renewing)
        if reason is not None:
            raise Damaged(f"{renewing}: {reason}")
    except Damaged:
        renewing.unlink()
        return False
    except StoreFault:
        os.replace(renewing, older)
        raise
    os.replace(renewing, target)
    _sync(target.parent)
    return True


def _parts(backup: Path) -> tuple[str, str]:
    """Return number and moment of a kept backup, as they stand in its name."""
    match = _NAME.fullmatch(backup.name)
    assert match is not None
    return match[1], match[2]


def _check_room(folder: Path, size: int) -> None:
    """Raise `DiskFull` when `size` more bytes leave too little in `folder`."""
    free = shutil.disk_usage(folder).free
    if free < size + RESERVE_BYTES:
        wanted = (size + RESERVE_BYTES - free) // 1_000_000 + 1
        raise DiskFull(f"{folder}: no room for the nightly backup; free {wanted} MB")


def _copy(source: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    with database.open_plain(source) as connection:
        copy = sqlite3.connect(part, isolation_level=None)
        try:
            copy.execute("PRAGMA synchronous=OFF")  # synced below, all at once
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, readable in a read-only folder
        finally:
            copy.close()
    _sync(part)


def _bring_up(source: Path, part: Path) -> None:
    try:
        if not _is_ours(part):
            raise StoreFault(f"{source}: this is no backup of the host's database")
        migrate.upgrade(part)
        _sync(part)
    except StoreFault as error:
        said = str(error).replace(str(part), str(source))
        raise StoreFault(f"{said} (nothing was changed)") from error


def _is_ours(path: Path) -> bool:
    query = "SELECT count(*) FROM sqlite_master WHERE name IN ('alembic_version', 'meters')"
    with database.open_plain(path) as connection:
        (count,) = connection.execute(query).fetchone()
    return count == 2


def _set_aside(path: Path, aside: Path) -> None:
    """Give the database a second name, then take its log away: `path` never stands empty."""
    for suffix in ("", "-wal"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            os.link(file, aside.with_name(aside.name + suffix))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _raise_damaged(path: Path, target: Path, reason: str) -> None:
    """Raise what is wrong: the database, or the disk that its copy was written to."""
    own = database.damage(path)
    if own is not None:
        raise Damaged(f"{path}: the database is damaged ({own})")
    raise StoreFault(
        f"{target}: the copy came out damaged ({reason}) though the database is sound;"
        f" the disk fails, replace it"
    )


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


@contextlib.contextmanager
def _without_leftovers(part: Path) -> Generator[None]:
    try:
        yield
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                part.with_name(part.name + suffix).unlink(missing_ok=True)


def _sync(place: Path) -> None:
    file = os.open(place, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
