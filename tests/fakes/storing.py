"""A process that stores readings for ever and says which are committed: to be killed.

It is a fork, which starts at once. Between cycles it packs days and makes backups, as the core does
at night.
"""

import os
import select
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from host.store import arrivals, backup, compaction, database
from tests.fakes import history
from tests.fakes.history import AT, HOUR

METERS = 5


def cycle(number: int) -> list[arrivals.Arrival]:
    """Return the readings of the cycle `number` (from 1), four a day."""
    return [
        history.arrival(meter, number * METERS + meter, AT + 6 * number * HOUR)
        for meter in range(1, METERS + 1)
    ]


def until_killed(data: Path, first: int, after_s: float) -> int:
    """Store cycles from `first` on; kill that process `after_s` seconds after its first.

    Returns the last cycle that it said was committed.
    """
    process, said = _start(data, first)
    time.sleep(after_s)
    os.kill(process, signal.SIGKILL)
    return _end(process, said)


def until_cut(data: Path, first: int, after_s: float, cut: Callable[[], None]) -> int:
    """Store cycles from `first` on until `cut()` takes the disk away, and it ends by itself.

    Returns the last cycle that was committed before the cut began: what comes in the midst of it
    nobody would hear any more.
    """
    process, said = _start(data, first)
    time.sleep(after_s)
    os.set_blocking(said, False)
    heard = os.read(said, 1 << 16)
    cut()
    os.set_blocking(said, True)
    _end(process, said)
    return _last(heard)


def _start(data: Path, first: int) -> tuple[int, int]:
    """Return the process and what it says, once it has committed a cycle."""
    said, pipe = os.pipe()
    process = os.fork()
    if not process:
        try:
            _store(data, first, pipe)
        finally:
            os._exit(1)
    os.close(pipe)
    select.select([said], [], [], 30)
    return process, said


def _end(process: int, said: int) -> int:
    with open(said, "rb") as rest:
        last = _last(rest.read())
    os.waitpid(process, 0)
    return last


def _last(said: bytes) -> int:
    lines = said.splitlines(keepends=True)
    return max((int(line) for line in lines if line.endswith(b"\n")), default=0)


def _store(data: Path, number: int, pipe: int) -> None:
    engine = database.open_writer(database.database_path(data))
    while True:
        with Session(engine) as session, session.begin():
            arrivals.append(session, cycle(number))
        os.write(pipe, f"{number}\n".encode())
        if number % 8 == 0:
            now = AT + 6 * number * HOUR
            with Session(engine) as session:
                days = compaction.days_due(session, now)
            for day in days:
                with Session(engine) as session, session.begin():
                    compaction.pack(session, day, compaction.meters_of(session, day))
                with Session(engine) as session, session.begin():
                    compaction.forget(session, day)
        if number % 60 == 0:
            backup.keep(data, AT + timedelta(hours=number))
        number += 1
