from datetime import UTC, datetime, timedelta

from sqlalchemy import event
from sqlalchemy.orm import Session

from host.store import arrivals, compaction, meters, readings
from host.store.arrivals import Arrival
from host.store.readings import Reading
from host.store.tables import DAY_MS, to_ms
from tests.fakes import installation

AT = datetime(2026, 1, 26, 16, 12, 3, tzinfo=UTC)
LITRES = 312456


def put(
    session: Session,
    number: int,
    at: datetime = AT,
    boot: int = 7,
    litres: int = LITRES,
) -> Reading | None:
    frames = installation.water("20000002", litres)
    (stored,) = arrivals.append(session, [Arrival(1, at, frames, "b", boot, number)])
    return None if stored is None else readings.get(session, stored)


def test_a_repeated_delivery_is_stored_once(session: Session) -> None:
    meters.add(session, "10")
    assert put(session, 1) is not None
    assert put(session, 1) is None
    assert put(session, 1, boot=8) is not None
    assert len(readings.list(session, 1)) == 2


def test_a_repeat_is_known_in_the_same_batch_and_after_its_day_was_packed(
    session: Session,
) -> None:
    meters.add(session, "10")
    both = [Arrival(1, AT, installation.water("20000002", LITRES), "b", 7, 1)] * 2
    first, again = arrivals.append(session, both)
    assert first is not None
    assert again is None
    day = to_ms(AT) // DAY_MS
    compaction.pack(session, day, [1])
    compaction.forget(session, day)
    assert put(session, 1) is None
    assert len(readings.list(session, 1)) == 1


def test_a_clockless_boards_repeat_is_known_by_its_telegrams(session: Session) -> None:
    """Its moment is that of the delivery, which is another the second time."""
    meters.add(session, "10")
    assert put(session, 1) is not None
    assert put(session, 1, AT + timedelta(minutes=5)) is None


def test_a_board_that_counts_its_boots_anew_loses_nothing(session: Session) -> None:
    meters.add(session, "10")
    for number in (1, 2, 3):
        put(session, number, AT + timedelta(minutes=number), litres=number)
    later = AT + timedelta(days=1)
    for number in (1, 2, 3):
        again = put(session, number, later + timedelta(minutes=number), litres=10 + number)
        assert again is not None
        assert again.at == later + timedelta(minutes=number)
    assert put(session, 2, later + timedelta(minutes=2), litres=12) is None
    assert put(session, 2, AT + timedelta(minutes=2), litres=2) is None
    assert len(readings.list(session, 1)) == 6


def test_two_readings_in_one_millisecond_are_both_kept(session: Session) -> None:
    meters.add(session, "10")
    put(session, 1, litres=1)
    put(session, 2, litres=2)
    day = to_ms(AT) // DAY_MS
    compaction.pack(session, day, [1])
    compaction.forget(session, day)
    put(session, 3, litres=3)
    assert [r.at - AT for r in readings.list(session, 1, oldest_first=True)] == [
        timedelta(0),
        timedelta(milliseconds=1),
        timedelta(milliseconds=2),
    ]


def test_a_batch_over_several_days_finds_what_is_taken_on_each(session: Session) -> None:
    meters.add(session, "10")
    tomorrow = AT + timedelta(days=1)
    put(session, 1, litres=1)
    put(session, 2, tomorrow, litres=2)
    day = to_ms(AT) // DAY_MS
    compaction.pack(session, day, [1])
    compaction.forget(session, day)
    frames = installation.water("20000002", 3)
    batch = [Arrival(1, at, frames, "b", 7, 3 + n) for n, at in enumerate((AT, tomorrow, tomorrow))]
    assert None not in arrivals.append(session, batch)
    millisecond = timedelta(milliseconds=1)
    assert [r.at for r in readings.list(session, 1, oldest_first=True)] == [
        AT,
        AT + millisecond,
        tomorrow,
        tomorrow + millisecond,
        tomorrow + 2 * millisecond,
    ]


def test_a_cycle_of_all_meters_is_a_handful_of_statements(session: Session) -> None:
    said: list[str] = []
    put(session, 1)
    frames = installation.water("20000002", LITRES)
    later = AT + timedelta(minutes=15)
    cycle = [
        Arrival(n, later + n * timedelta(seconds=1), frames, "b", 7, 1 + n) for n in range(1, 251)
    ]

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", count)
    stored = arrivals.append(session, cycle)
    event.remove(engine, "before_cursor_execute", count)
    assert len(set(stored)) == 250
    assert len(said) == 6, said
