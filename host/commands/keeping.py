"""`check`, `backup`, `restore`, `retention`: the database looked after from the command line."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from host import assemble
from host.commands.configuring import change
from host.lock import FolderLock
from host.settings.storage import StorageSettings
from host.store import backup as copies
from host.store import check as checking
from host.store import database, place, settings
from host.store import move as moving
from host.store.database import StoreFault

SOUND = 0
NOT_SOUND = 1

_PROGRESS_S = 1.0


def check(data: Path, file: Path | None, *, as_json: bool) -> int:
    """Check the database of the data folder, or the backup `file`; return the exit status."""
    path = _file(data) if file is None else file
    report = checking.run(path, progress())
    if as_json:
        told = {
            "ok": not report.found,
            "file": str(path),
            "bytes": path.stat().st_size,
            "meters": report.meters,
            "blocks": report.blocks,
            "readings": report.readings,
            "found": report.found,
            "problems": report.problems,
        }
        print(json.dumps(told))
        return NOT_SOUND if report.found else SOUND
    for problem in report.problems:
        print(problem)
    if report.found > len(report.problems):
        print(f"... and {report.found - len(report.problems)} more")
    verdict = f"{report.found} problems" if report.found else "sound"
    print(
        f"{path}: {verdict}; {report.meters} meters, {report.readings} readings,"
        f" {report.blocks} days in blocks"
    )
    return NOT_SOUND if report.found else SOUND


def backup(data: Path, file: Path) -> int:
    """Copy the database to the new file `file`, whether a core runs or not; return the status."""
    path = _file(data)
    if file.exists():
        raise StoreFault(f"{file}: is there already; choose another name")
    copies.make(path, file)
    print(f"{file}: {file.stat().st_size} bytes")
    return 0


def restore(data: Path, file: Path) -> int:
    """Put the backup `file` in the place of the database; return the exit status.

    Raises `Busy` while a host or core runs, `StoreFault` when `file` is not sound; the database is
    as it was then.
    """
    assemble.prepare(data)
    locks = [FolderLock(data, name) for name in ("host", "core")]
    try:
        for lock in locks:
            lock.take()
        path = database.file_of(data)
        had = path.exists()
        aside = data / f"mbuslink-replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
        copies.put(file, path, aside)
    finally:
        for lock in locks:
            lock.release()
    print(f"{path}: restored from {file}")
    if had:
        print(f"{aside}: the database before; delete it when you do not need it")
    return 0


def move(data: Path, url: str) -> int:
    """Move the database from its file to the server at `url` ("-": a line of standard input).

    Ended anywhere, the next run goes on; the host uses the server once all is there. Raises `Busy`
    while a host or core runs, here or there.
    """
    text = sys.stdin.readline().strip() if url == "-" else url
    server = place.server(text)
    path = database.database_path(data)
    if not path.exists():
        raise StoreFault(f"{path}: no database there to be moved; check --data")
    if (data / place.URL_FILE).exists():
        raise StoreFault(f"{data / place.URL_FILE}: the host uses a server already")
    locks = [FolderLock(data, name) for name in ("host", "core")]
    try:
        for lock in locks:
            lock.take()
        count = moving.run(path, server, progress())
        place.write(data, text)
    finally:
        for lock in locks:
            lock.release()
    print(f"{server}: {count} days in blocks and all else moved; the host uses it from now on")
    print(f"{path}: as it was; delete it when you do not need it")
    return 0


async def retention(data: Path, keep_days: int | None) -> int:
    """Keep readings for so many days, 0 for ever; None: only say for how many."""
    if keep_days is None:
        with database.reading(database.existing(data)) as session:
            kept = settings.load(session, StorageSettings)
        print(_told(kept))
        return 0
    wanted = StorageSettings(keep_days=keep_days)
    await change(data, {"storage": {"keep_days": keep_days}})
    print(_told(wanted))
    return 0


def _file(data: Path) -> Path:
    """Return the database's file. Raises `StoreFault` when there is none."""
    database.existing(data)
    return database.file_of(data)


def _told(kept: StorageSettings) -> str:
    if not kept.keep_days:
        return "readings are kept for ever"
    return f"readings are kept for {kept.keep_days} days; older ones are deleted every night"


def progress() -> Callable[[int], None]:
    """Return who tells progress and the time that is left on standard error, once a second."""
    began = said = time.monotonic()
    width = shutil.get_terminal_size().columns

    def tell(permille: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said < _PROGRESS_S or not permille:
            return
        said = now
        left_s = (now - began) * (1000 - permille) / permille
        line = f"{permille / 10:.1f} %, {left_s:.0f} s left"
        end = "\r" if sys.stderr.isatty() else "\n"
        print(line.ljust(min(width - 1, 40)), end=end, file=sys.stderr, flush=True)

    return tell
