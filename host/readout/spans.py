"""What a chart shows at a time: a day, a week, a month or a year of the site, and what it is
compared with.

Pure, in calendar days. A span may begin on any day; a year begins with a month. Its parts have a
`Slot`, which says where in the span they are: what has the same slot in another span of the kind is
compared with it. So 14:00 is compared with 14:00 also where the clocks were changed in between.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from host.readout.periods import Period
from shared.errors import BadSetting

SpanKind = Literal["day", "week", "month", "year"]
KINDS: tuple[SpanKind, ...] = ("day", "week", "month", "year")
FIRST, LAST = date(1990, 1, 1), date(2150, 12, 31)
"""The days that a span may begin on."""

Slot = tuple[int, int, int, int, int]
"""Month and day in the span, hour, whether the clocks show that hour again, minute; a year has days
and no hours."""

_BARS: dict[SpanKind, Period] = {"day": "hour", "week": "day", "month": "day", "year": "month"}
_LINES: dict[SpanKind, Period] = {"day": "hour", "week": "hour", "month": "hour", "year": "day"}
_QUARTER_CYCLE_S = 450
"""With a cycle up to this each quarter of an hour has a reading or more."""


@dataclass(frozen=True, slots=True)
class Span:
    """The span `kind` that begins with the day `start`. Raises `BadSetting` for too far a day."""

    kind: SpanKind
    start: date

    def __post_init__(self) -> None:
        if not FIRST <= self.start <= LAST:
            raise BadSetting(f"{self.start}: choose a day from {FIRST} to {LAST}")

    @property
    def end(self) -> date:
        """The first day after it."""
        return _moved(self.kind, self.start, 1)

    @property
    def is_calendar(self) -> bool:
        """Tell whether it is a week, month or year as calendars have them."""
        return self == holding(self.kind, self.start)

    def moved(self, count: int) -> Span:
        """Return the span of this kind `count` spans later. Raises `BadSetting`."""
        return Span(self.kind, _moved(self.kind, self.start, count))

    def year_before(self) -> Span:
        """Return the same span a year before; a week begins on the same day of the week."""
        if self.kind == "week":
            return self.moved(-52)
        return Span(self.kind, _months_later(self.start, -12))

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return where it begins and ends, by the clocks of the site."""
        return _midnight(self.start, zone), _midnight(self.end, zone)

    def slot(self, at: datetime) -> Slot:
        """Return where `at`, in the zone of the site, is in this span."""
        day = at.date()
        if self.kind == "year":
            month = 12 * (day.year - self.start.year) + day.month - self.start.month
            return month, day.day, 0, 0, 0
        return 0, (day - self.start).days, at.hour, at.fold, at.minute


def holding(kind: SpanKind, day: date) -> Span:
    """Return the week, month or year of the calendar that has `day` in it."""
    if kind == "week":
        return Span(kind, day - timedelta(days=day.weekday()))
    if kind == "month":
        return Span(kind, day.replace(day=1))
    return Span(kind, day.replace(month=1, day=1) if kind == "year" else day)


def beginning(kind: SpanKind, day: date) -> Span:
    """Return the span that begins with `day`, a year with the month of it."""
    return Span(kind, day.replace(day=1) if kind == "year" else day)


def parts(kind: SpanKind, cycle_s: int, *, is_counter: bool) -> Period:
    """Return the periods that a span is shown by, for a value read every `cycle_s` seconds."""
    if is_counter:
        return _BARS[kind]
    return "quarter" if kind == "day" and cycle_s <= _QUARTER_CYCLE_S else _LINES[kind]


def _moved(kind: SpanKind, day: date, count: int) -> date:
    if kind in ("day", "week"):
        return day + timedelta(days=count * (7 if kind == "week" else 1))
    return _months_later(day, count * (12 if kind == "year" else 1))


def _months_later(day: date, count: int) -> date:
    """Return the same day of another month, or its last where it has none such."""
    year, month = divmod(12 * day.year + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
