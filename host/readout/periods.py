"""Quarter hours, hours, days and months of a site, as moments: they begin where its clocks say so.

A day that changes to or from summer time has 23 or 25 hours; none is left out, none counts twice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from shared.errors import BadSetting

Period = Literal["quarter", "hour", "day", "month"]
"""A quarter is one of an hour."""

HOUR_MS = 3_600_000
MOST = 100_000
"""Periods at once: eleven years of hours."""

_HOURS: dict[Period, float] = {"quarter": 0.25, "hour": 1, "day": 24, "month": 720}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def boundaries(period: Period, since: datetime, until: datetime, zone: ZoneInfo) -> Sequence[int]:
    """Return where periods begin, in ms since 1970, and where the last one ends.

    since, until: moments with a zone; the first period has `since` in it, the last one the moment
    before `until`. Raises `BadSetting` for more than `MOST` periods, or none.
    """
    if since >= until:
        raise BadSetting("the period ends before it begins; choose a later end")
    if (until - since) / timedelta(hours=1) > MOST * _HOURS[period]:
        raise BadSetting(f"more than {MOST} {period}s; choose a shorter period")
    first = since.astimezone(zone).date()
    if period == "month":
        first = first.replace(day=1)
    begins = [_begin(first, zone)]
    end_ms = _ms(until)
    while begins[-1] < end_ms:
        first = _next_month(first) if period == "month" else first + timedelta(days=1)
        begins.append(_begin(first, zone))
    if period in ("day", "month"):
        return begins
    step = int(_HOURS[period] * HOUR_MS)
    parts = [at for day, end in pairwise(begins) for at in range(day, end, step)] + [begins[-1]]
    return parts[bisect_right(parts, _ms(since)) - 1 : bisect_left(parts, end_ms) + 1]


def _begin(day: date, zone: ZoneInfo) -> int:
    return _ms(datetime.combine(day, time(), zone))


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
