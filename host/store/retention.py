"""Which days of readings are kept no longer.

Days count back from today, but never from later than the day after the last but one that has
readings: a clock that jumps ahead, and the readings that it dates, delete nothing for a day.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from host.settings.storage import StorageSettings
from host.store import readings, settings
from host.store.tables import DAY_MS, to_ms


def day_due(session: Session, now: datetime) -> int | None:
    """Return the oldest day (UTC, since 1970) if its readings are to go at `now`, else None."""
    keep_days = settings.load(session, StorageSettings).keep_days
    found = readings.days(session)
    if not keep_days or not found:
        return None
    oldest, last_but_one, _ = found
    today = min(to_ms(now) // DAY_MS, last_but_one + 1)
    return oldest if oldest <= today - keep_days else None
