"""Days of readings in a database: a few water meters, read every hour."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from host.store import arrivals, compaction, database, meters, readings
from host.store.arrivals import Arrival
from host.store.place import Place
from tests.fakes import installation

AT = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOARD = "board"


def arrival(meter_id: int, number: int, at: datetime) -> Arrival:
    """Return what the board delivers as `number` of its boot 1."""
    return Arrival(meter_id, at, installation.water("20000002", number), BOARD, 1, number)


def fill(session: Session, hours: int = 96, count: int = 3, first: datetime = AT) -> int:
    """Register `count` meters and store a reading of each an hour; return the last number."""
    for number in range(1, count + 1):
        meters.add(session, str(number))
    batch = [
        arrival(meter_id, count * hour + meter_id, first + hour * HOUR)
        for hour in range(hours)
        for meter_id in range(1, count + 1)
    ]
    arrivals.append(session, batch)
    return len(batch)


def filled(path: Place, hours: int = 96, count: int = 3, first: datetime = AT) -> None:
    """Fill the database at `path` and pack what is over of it, but the last two days."""
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        fill(session, hours, count, first)
        now = first + hours * HOUR
        for day in compaction.days_due(session, now):
            compaction.pack(session, day, compaction.meters_of(session, day))
            compaction.forget(session, day)
    engine.dispose()


def stored(path: Place) -> dict[int, list[bytes]]:
    """Return every stored reading: its telegrams by its key."""
    with database.reading(path) as session:
        return {
            reading.id: reading.frames
            for meter in meters.all(session)
            for reading in readings.list(session, meter.id)
        }
