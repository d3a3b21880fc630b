"""Old days go, one by one; a clock that jumps deletes nothing."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from host.settings.storage import StorageSettings
from host.store import arrivals, compaction, readings, retention, settings
from host.store.tables import DAY_MS, to_ms
from tests.fakes import history
from tests.fakes.history import AT, HOUR

DAY = to_ms(AT) // DAY_MS
NOW = AT + timedelta(days=9, hours=1)


def days_deleted(session: Session, now=NOW) -> list[int]:
    days: list[int] = []
    while (day := retention.day_due(session, now)) is not None:
        readings.delete_before(session, day + 1)
        days.append(day - DAY)
    return days


def test_nothing_goes_unless_it_is_wanted(session: Session) -> None:
    assert retention.day_due(session, NOW) is None
    history.fill(session, hours=24 * 9)
    assert retention.day_due(session, NOW) is None


@pytest.mark.parametrize(("keep", "gone"), [(10, []), (9, [0]), (6, [0, 1, 2, 3]), (100, [])])
def test_days_that_are_too_old_go(session: Session, keep: int, gone: list[int]) -> None:
    history.fill(session, hours=24 * 9 + 2)
    settings.save(session, StorageSettings(keep_days=keep))
    assert days_deleted(session) == gone
    assert readings.days(session)[0] == DAY + len(gone)


def test_a_clock_that_jumps_ahead_deletes_nothing(session: Session) -> None:
    """Nor do readings that the board dates by it, for a day."""
    last = history.fill(session, hours=24 * 9 + 2)
    settings.save(session, StorageSettings(keep_days=30))
    later = NOW + timedelta(days=4000)
    assert days_deleted(session, later) == []
    arrivals.append(
        session, [history.arrival(1, last + 1, later), history.arrival(2, last + 2, later)]
    )
    assert days_deleted(session, later + HOUR) == []
    assert days_deleted(session, AT - timedelta(days=4000)) == []


def test_the_days_with_readings_are_found_wherever_they_lie(session: Session) -> None:
    assert readings.days(session) == ()
    last = history.fill(session, hours=2)
    assert readings.days(session) == (DAY, DAY, DAY)
    arrivals.append(session, [history.arrival(1, last + 1, AT + timedelta(days=7))])
    compaction.pack(session, DAY, [1, 2, 3])
    compaction.forget(session, DAY)
    assert readings.days(session) == (DAY, DAY, DAY + 7)
