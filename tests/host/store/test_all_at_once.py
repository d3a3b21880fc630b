"""Two exports, a backup, a check and packing at once, while readings come in."""

import threading
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from host.store import arrivals, backup, check, compaction, database, readings
from host.store.tables import DAY_MS, to_ms
from tests.fakes import history
from tests.fakes.history import AT

HOURS = 240
COUNT = 8
FIRST_DAY = to_ms(AT) // DAY_MS


def test_everything_at_once_disturbs_nobody(path: Path, tmp_path: Path) -> None:
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        last = history.fill(session, HOURS, COUNT)
    before = history.stored(path)
    packed = threading.Event()
    failed: list[str] = []

    def export() -> None:
        """Read everything again and again: what was there stays as it was."""
        while True:
            over = packed.is_set()
            with database.reading(path) as session:
                found = {
                    reading.id: reading.frames
                    for meter in range(1, COUNT + 1)
                    for reading in readings.iterate(session, meter)
                }
            if not before.items() <= found.items():
                failed.append("an export misses readings")
            if over:
                return

    def back_up() -> None:
        number = 0
        while not packed.is_set():
            number += 1
            copy = tmp_path / f"copy{number}.db"
            backup.make(path, copy)
            if check.run(copy).found or not before.items() <= history.stored(copy).items():
                failed.append(f"backup {number} is not whole")
            copy.unlink()

    def look() -> None:
        while not packed.is_set():
            failed.extend(check.run(path).problems)

    others = [threading.Thread(target=do) for do in (export, export, back_up, look)]
    for other in others:
        other.start()
    number = last
    try:
        for day in range(HOURS // 24 - 2):
            for some in ([1, 2, 3], [4, 5, 6], [7, 8]):
                with Session(engine) as session, session.begin():
                    compaction.pack(session, FIRST_DAY + day, some)
                number += 1
                with Session(engine) as session, session.begin():  # late, for this very day
                    at = AT + timedelta(days=day, milliseconds=number)
                    arrivals.append(session, [history.arrival(1, number, at)])
            with Session(engine) as session, session.begin():
                compaction.forget(session, FIRST_DAY + day)
    finally:
        packed.set()
        for other in others:
            other.join()
    engine.dispose()
    assert not failed, failed[:5]
    assert len(history.stored(path)) == len(before) + number - last
