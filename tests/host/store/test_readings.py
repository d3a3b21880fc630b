from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from host.store import meters, readings
from host.store.tables import METER_BITS, from_ms, reading_id, to_ms
from shared.errors import FrameError

AT = datetime(2026, 1, 26, 16, 12, 3, 123000, tzinfo=UTC)
SHORT = bytes.fromhex("6803036808057285 16".replace(" ", ""))
LONG = b"\x68\xff\xff\x68" + bytes(255) + b"\x00\x16"


def put(session: Session, number: int, at: datetime = AT, meter_id: int = 1, boot: int = 7):
    return readings.append(
        session, meter_id=meter_id, at=at, frames=[SHORT], board="b", boot=boot, number=number
    )


def test_a_reading_comes_back_as_it_was_stored(session: Session) -> None:
    meter = meters.add(session, "10", primary=10)
    stored = readings.append(
        session, meter_id=meter.id, at=AT, frames=[LONG, SHORT], board="b", boot=7, number=1
    )
    found = readings.latest(session, meter.id)
    assert found == stored
    assert found is not None
    assert (found.at, found.frames, found.boot, found.number) == (AT, [LONG, SHORT], 7, 1)


def test_a_repeated_delivery_is_stored_once(session: Session) -> None:
    meters.add(session, "10")
    assert put(session, 1) is not None
    assert put(session, 1) is None
    assert put(session, 1, boot=8) is not None
    assert len(readings.list(session, 1)) == 2


def test_a_board_that_counts_its_boots_anew_loses_nothing(session: Session) -> None:
    meters.add(session, "10")
    put(session, 1)
    later = AT + timedelta(days=1)
    again = put(session, 1, later)
    assert again is not None
    assert (again.boot, again.at) == (7 + (1 << 32), later)
    assert put(session, 1, later) is None
    assert put(session, 1) is None
    assert len(readings.list(session, 1)) == 2


def test_two_readings_in_one_millisecond_are_both_kept(session: Session) -> None:
    meters.add(session, "10")
    put(session, 1)
    put(session, 2)
    assert [r.at - AT for r in readings.list(session, 1, oldest_first=True)] == [
        timedelta(0),
        timedelta(milliseconds=1),
    ]


def test_list_takes_a_span_a_limit_and_an_order(session: Session) -> None:
    meters.add(session, "10")
    meters.add(session, "11")
    for number in range(10):
        put(session, number, AT + timedelta(hours=number))
        put(session, 100 + number, AT + timedelta(hours=number), meter_id=2)
    numbers = [r.number for r in readings.list(session, 1, limit=3)]
    assert numbers == [9, 8, 7]
    span = readings.list(
        session, 1, AT + timedelta(hours=2), AT + timedelta(hours=5), oldest_first=True
    )
    assert [r.number for r in span] == [2, 3, 4]


def test_a_cut_blob_is_refused() -> None:
    assert readings.unpack(LONG + SHORT) == [LONG, SHORT]
    with pytest.raises(FrameError, match="byte 261"):
        readings.unpack(LONG + SHORT[:-1])
    with pytest.raises(FrameError):
        readings.unpack(b"\x68")


@given(st.integers(0, to_ms(datetime(2200, 1, 1, tzinfo=UTC))), st.integers(1, 65535))
def test_moments_and_keys_are_exact(ms: int, meter_id: int) -> None:
    assert to_ms(from_ms(ms)) == ms
    assert reading_id(ms, meter_id) >> METER_BITS == ms
    assert reading_id(ms, meter_id) < 1 << 63
