"""Checks everything that lies in a database, as far as it can be known to be wrong.

The file (every page, every reference), then what is in it: every block unpacks to its own day,
every reading is whole telegrams, and belongs to a meter that there is. It only reads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from host.store import database, layouts
from host.store.block import Block
from host.store.database import StoreFault
from host.store.tables import DAY_MS, METER_BITS, METER_ID_MAX, from_ms
from shared.errors import MbuslinkError

MOST_PROBLEMS = 100
"""More are counted, not told one by one."""

_STEP = 256
_EPOCH = date(1970, 1, 1)

Progress = Callable[[int], None]
"""Is told now and then how much is done, in parts of a thousand."""


@dataclass
class Report:
    """What was looked at, and what is wrong with it. found: problems in all, `problems` the first.

    readings: those in blocks too.
    """

    meters: int = 0
    blocks: int = 0
    readings: int = 0
    found: int = 0
    problems: list[str] = field(default_factory=list[str])

    def add(self, problem: str) -> None:
        self.found += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


def run(path: Path, on_progress: Progress = lambda _permille: None) -> Report:
    """Check the database at `path`, while it is written to or not.

    Raises `StoreFault` when it cannot be read or is none of ours.
    """
    report = Report()
    try:
        reason = database.damage(path, whole=False)
        if reason is not None:
            report.add(f"the file: {reason}")
            return report
        with database.open_plain(path) as connection:
            connection.execute("BEGIN")  # all of it as it is at one moment
            _check(connection, report, on_progress)
    except OSError as error:
        raise StoreFault(f"{path}: cannot be read ({error.strerror})") from error
    except sqlite3.OperationalError as error:
        raise StoreFault(f"{path}: cannot be checked ({error})") from error
    except sqlite3.DatabaseError as error:
        report.add(f"the file: {error}")
    on_progress(1000)
    return report


def _check(connection: sqlite3.Connection, report: Report, on_progress: Progress) -> None:
    for (verdict,) in connection.execute("PRAGMA quick_check"):
        if verdict != "ok":
            report.add(f"the file: {' '.join(verdict.split())}")
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        report.add(f"a row of {table} belongs to nothing in {parent}")
    meters = {number for (number,) in connection.execute("SELECT id FROM meters")}
    report.meters = len(meters)
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    looks = {name: look for name, look in _LOOKS.items() if name in known}  # of an older release
    whole = sum(_count(connection, table) for table in looks) or 1
    done = 0
    for look in looks.values():
        for found in look(connection, report, meters):
            for problem in found:
                report.add(problem)
            done += 1
            if done % _STEP == 0:
                on_progress(min(999, 1000 * done // whole))


def _count(connection: sqlite3.Connection, table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return count


def _blocks(
    connection: sqlite3.Connection, report: Report, meters: set[int]
) -> Iterator[Sequence[str]]:
    """Yield what is wrong with each block."""
    for key, data in connection.execute("SELECT id, data FROM blocks ORDER BY id"):
        report.blocks += 1
        day, meter = key >> METER_BITS, key & METER_ID_MAX
        named = f"meter {meter} on {_EPOCH + timedelta(days=day)}"
        found = [] if meter in meters else [f"{named}: readings of no meter"]
        try:
            moments: list[int] = []
            for at_ms, blob in Block(data).rows():
                moments.append(at_ms)
                layouts.split(blob)
            report.readings += len(moments)
            if moments != sorted(set(moments)) or {at // DAY_MS for at in moments} != {day}:
                found.append(f"{named}: readings out of order or of another day")
        except (MbuslinkError, ValueError, IndexError) as error:
            found.append(f"{named}: {error}")
        yield found


def _readings(
    connection: sqlite3.Connection, report: Report, meters: set[int]
) -> Iterator[Sequence[str]]:
    """Yield what is wrong with each reading that has a row of its own."""
    for key, blob in connection.execute("SELECT id, frames FROM readings ORDER BY id"):
        report.readings += 1
        found = [] if key & METER_ID_MAX in meters else [f"{_named(key)}: a reading of no meter"]
        try:
            layouts.split(blob)
        except MbuslinkError as error:
            found.append(f"{_named(key)}: {error}")
        yield found


def _dated(
    connection: sqlite3.Connection, report: Report, meters: set[int]
) -> Iterator[Sequence[str]]:
    """Yield what is wrong with each note that a reading was taken for a reading date."""
    for (key,) in connection.execute("SELECT id FROM dated_readings"):
        known = key & METER_ID_MAX in meters
        yield () if known else (f"{_named(key)}: taken for a reading date of no meter",)


_LOOKS = {"blocks": _blocks, "readings": _readings, "dated_readings": _dated}


def _named(key: int) -> str:
    moment = from_ms(key >> METER_BITS)
    return f"meter {key & METER_ID_MAX} at {moment:%Y-%m-%d %H:%M:%S} UTC"
