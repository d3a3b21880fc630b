"""Packing days: nothing lost, nothing twice, whenever it is interrupted."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from host.store import arrivals, compaction, database, meters, readings
from host.store.arrivals import Arrival
from host.store.place import Place
from host.store.readings import Reading
from host.store.tables import DAY_MS, ReadingRow, to_ms
from tests.fakes import installation

AT = datetime(2026, 11, 20, tzinfo=UTC)
NOW = AT + timedelta(days=3, hours=1)
DAY = to_ms(AT) // DAY_MS
HOUR = timedelta(hours=1)


def put(session: Session, number: int, at: datetime, meter_id: int) -> None:
    frames = installation.water("20000002", number)
    arrivals.append(session, [Arrival(meter_id, at, frames, "b", 1, number)])


def fill(session: Session, hours: int = 96) -> None:
    """Three meters, read every hour from AT on."""
    for address in ("1", "2", "3"):
        meters.add(session, address)
    for hour in range(hours):
        for meter_id in (1, 2, 3):
            put(session, 3 * hour + meter_id, AT + hour * HOUR, meter_id)


def everything(session: Session) -> list[Reading]:
    return [r for meter_id in (1, 2, 3) for r in readings.list(session, meter_id)]


def rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(ReadingRow)) or 0


def test_all_days_but_the_last_two_are_due(session: Session) -> None:
    assert compaction.days_due(session, NOW) == []
    fill(session)
    put(session, 1000, AT - timedelta(days=10), 1)
    assert compaction.days_due(session, NOW) == [DAY - 10, DAY, DAY + 1]


def test_a_packed_day_reads_the_same_and_its_rows_are_gone(session: Session) -> None:
    fill(session)
    before = everything(session)
    for day in compaction.days_due(session, NOW):
        compaction.pack(session, day, compaction.meters_of(session, day))
        assert everything(session) == before
        assert compaction.forget(session, day)
        assert everything(session) == before
    assert rows(session) == 3 * 48
    assert compaction.days_due(session, NOW) == []


def test_packing_again_changes_nothing(session: Session) -> None:
    fill(session)
    before = everything(session)
    for _ in range(2):
        compaction.pack(session, DAY, [1, 2, 3])
    assert everything(session) == before
    assert compaction.forget(session, DAY)
    assert everything(session) == before


def test_a_reading_that_comes_between_the_steps_is_not_forgotten(session: Session) -> None:
    fill(session)
    compaction.pack(session, DAY, [1, 2, 3])
    put(session, 1000, AT + 0.5 * HOUR, 2)
    before = everything(session)
    assert not compaction.forget(session, DAY)
    assert everything(session) == before
    assert rows(session) == 3 * 72 + 1
    compaction.pack(session, DAY, compaction.meters_of(session, DAY))
    assert compaction.forget(session, DAY)
    assert everything(session) == before


class PowerCut(Exception):
    pass


@pytest.mark.parametrize("statement", range(12))
def test_an_end_at_any_statement_loses_nothing(place: Place, statement: int) -> None:
    """The transaction under way is undone, as a killed process leaves it; then it goes on."""
    engine = database.open_writer(place)
    with Session(engine) as session, session.begin():
        fill(session, hours=30)
        before = everything(session)
    count = 0

    def cut(*_: object) -> None:
        nonlocal count
        if count == statement:
            raise PowerCut
        count += 1

    def work() -> None:
        for meter_id in (1, 2, 3):
            with Session(engine) as session, session.begin():
                compaction.pack(session, DAY, [meter_id])
        with Session(engine) as session, session.begin():
            assert compaction.forget(session, DAY)

    event.listen(engine, "before_cursor_execute", cut)
    with pytest.raises(PowerCut):
        work()
    event.remove(engine, "before_cursor_execute", cut)
    with Session(engine) as session:
        assert everything(session) == before
    work()
    with Session(engine) as session:
        assert everything(session) == before
        assert rows(session) == 3 * 6
    engine.dispose()
