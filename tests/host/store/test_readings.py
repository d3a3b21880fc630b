from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from host.store import arrivals, compaction, meters, readings
from host.store.arrivals import Arrival
from host.store.block import Block
from host.store.readings import Reading
from host.store.tables import DAY_MS, METER_BITS, from_ms, reading_id, to_ms
from tests.fakes import installation

AT = datetime(2026, 1, 26, 16, 12, 3, 123000, tzinfo=UTC)
HOUR = timedelta(hours=1)


def put(
    session: Session, number: int, at: datetime = AT, meter_id: int = 1, boot: int = 7
) -> Reading | None:
    frames = installation.water("20000002", number)
    (stored,) = arrivals.append(session, [Arrival(meter_id, at, frames, "b", boot, number)])
    return None if stored is None else readings.get(session, stored)


def pack(session: Session, day: int) -> None:
    """Pack a day as the core does at night."""
    compaction.pack(session, day, compaction.meters_of(session, day))
    assert compaction.forget(session, day)


def test_a_reading_comes_back_as_it_was_stored(session: Session) -> None:
    meter = meters.add(session, "10", primary=10)
    frames = installation.electricity("30000006", 48123456)
    (stored,) = arrivals.append(session, [Arrival(meter.id, AT, frames, "b", 7, 1)])
    assert stored is not None
    found = readings.get(session, stored)
    assert found is not None
    assert (found.id, found.meter_id, found.at, found.frames) == (stored, meter.id, AT, frames)
    assert readings.latest(session, meter.id) == found


def test_list_takes_a_span_a_limit_and_an_order(session: Session) -> None:
    meters.add(session, "10")
    meters.add(session, "11")
    for number in range(10):
        put(session, number, AT + number * HOUR)
        put(session, 100 + number, AT + number * HOUR, meter_id=2)
    newest = readings.list(session, 1, limit=3)
    assert [reading.at for reading in newest] == [AT + hour * HOUR for hour in (9, 8, 7)]
    span = readings.list(session, 1, AT + 2 * HOUR, AT + 5 * HOUR, oldest_first=True)
    assert [reading.at for reading in span] == [AT + hour * HOUR for hour in (2, 3, 4)]


@pytest.mark.parametrize("packed", [(), (0,), (1,), (0, 1, 2), (0, 2)])
def test_where_a_reading_lies_changes_no_answer(session: Session, packed: tuple[int, ...]) -> None:
    """Three days, some of them in blocks, and one reading that came late for a packed day."""
    meters.add(session, "10")
    every: list[Reading] = []
    for number in range(30):
        for meter_id in (1, 2):
            reading = put(session, 2 * number + meter_id, AT + 2.5 * number * HOUR, meter_id)
            if meter_id == 1 and reading is not None:
                every.append(reading)
    first = to_ms(AT) // DAY_MS
    for day in packed:
        pack(session, first + day)
    late = put(session, 100, AT + 30 * HOUR)
    assert late is not None
    every = sorted([*every, late], key=lambda reading: reading.id)
    assert list(readings.list(session, 1, oldest_first=True)) == every
    assert list(readings.list(session, 1)) == every[::-1]
    assert list(readings.list(session, 1, limit=12)) == every[:-13:-1]
    since, until = AT + 5 * HOUR, AT + 50 * HOUR
    span = [reading for reading in every if since <= reading.at < until]
    assert list(readings.list(session, 1, since, until, oldest_first=True)) == span
    assert list(readings.iterate(session, 1, since, until)) == span
    assert readings.latest(session, 1) == every[-1]
    assert all(readings.get(session, reading.id) == reading for reading in every)
    assert readings.get(session, every[3].id + (1 << METER_BITS)) is None


def test_the_latest_reading_is_found_without_the_others_of_its_day(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    meters.add(session, "10")
    assert readings.latest(session, 1) is None
    for number in range(3):
        last = put(session, number + 1, AT + number * HOUR)
    pack(session, to_ms(AT) // DAY_MS)
    monkeypatch.setattr(Block, "rows", lambda _: pytest.fail("unpacked them all"))
    assert readings.latest(session, 1) == last
    newer = put(session, 4, AT + 24 * HOUR)
    assert readings.latest(session, 1) == newer


def test_a_deleted_meter_leaves_no_reading_and_takes_no_other_along(session: Session) -> None:
    meters.add(session, "10")
    meters.add(session, "11")
    for number in range(1, 30):
        put(session, 2 * number, AT + 3 * number * HOUR, meter_id=1)
        put(session, 2 * number + 1, AT + 3 * number * HOUR, meter_id=2)
    pack(session, to_ms(AT) // DAY_MS + 1)
    others = readings.list(session, 2)
    meters.delete(session, "10", AT)
    assert readings.list(session, 1), "it can still be had back"
    meters.purge_deleted(session, AT + timedelta(days=1))
    assert readings.list(session, 1) == []
    assert readings.list(session, 2) == others


def test_old_days_can_be_deleted(session: Session) -> None:
    meters.add(session, "10")
    for number in range(1, 30):
        put(session, number, AT + 3 * number * HOUR)
    day = to_ms(AT) // DAY_MS
    pack(session, day)
    pack(session, day + 1)
    readings.delete_before(session, day + 2)
    oldest = readings.list(session, 1, oldest_first=True)[0]
    assert to_ms(oldest.at) // DAY_MS == day + 2


def test_a_reading_dates_readings_are_found_wherever_they_lie(session: Session) -> None:
    meters.add(session, "10")
    frames = installation.water("20000002", 5)
    dated = Arrival(1, AT + HOUR, frames, "b", 7, 2, dated=True)
    put(session, 1)
    (number,) = arrivals.append(session, [dated])
    stored = readings.get(session, number or 0)
    assert stored is not None
    assert readings.dated(session, 1) == [stored]
    pack(session, to_ms(AT) // DAY_MS)
    assert readings.dated(session, 1) == [stored]
    assert readings.dated(session, 2) == []
    at_ms = to_ms(stored.at)
    assert readings.dated(session, 1, at_ms, at_ms + 1) == [stored]
    assert readings.dated(session, 1, at_ms + 1) == readings.dated(session, 1, 0, at_ms) == []


@given(st.integers(0, to_ms(datetime(2200, 1, 1, tzinfo=UTC))), st.integers(1, 65535))
def test_moments_and_keys_are_exact(ms: int, meter_id: int) -> None:
    assert to_ms(from_ms(ms)) == ms
    assert reading_id(ms, meter_id) >> METER_BITS == ms
    assert reading_id(ms, meter_id) < 1 << 63


def test_all_readings_lie_between_two_moments(session: Session) -> None:
    assert readings.span(session) is None
    meters.add(session, "10")
    meters.add(session, "11")
    put(session, 1)
    put(session, 2, AT + timedelta(days=5), meter_id=2)
    assert readings.span(session) == (to_ms(AT), to_ms(AT + timedelta(days=5)) + 1)
    pack(session, to_ms(AT) // DAY_MS)
    first, end = readings.span(session) or (0, 0)
    assert first == to_ms(AT) // DAY_MS * DAY_MS
    assert end == to_ms(AT + timedelta(days=5)) + 1
