"""A chart: what a value did in a span, and in the one it is compared with, from the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from host.readout import comparison, spans
from host.readout import history as histories
from host.readout.comparison import Row
from host.readout.history import History
from host.readout.main_value import main_record
from host.readout.spans import Span, SpanKind
from host.readout.telegrams import RecordLine
from host.web.meters_view import MeterRow, MetersView
from host.web.settings import STALE_AFTER_CYCLES
from shared.errors import BadSetting

With = Literal["before", "year", "none"]
"""What a span is compared with: the one before, the same a year before, nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see. number: the value, from 1; None: the main one.

    start: the first day; None: the calendar's span with the last readout in it.
    """

    number: int | None = None
    kind: SpanKind = "month"
    start: date | None = None
    compare: With = "before"


@dataclass(frozen=True, slots=True)
class Chart:
    """number: the value's, from 1. values: all that can be drawn, with their numbers.

    other: the span that `span` is compared with. step: what a row stands for. gap_s: readings
    further apart (s) are a gap. now: when it was made.
    """

    meter: MeterRow
    number: int
    record: RecordLine
    values: Sequence[tuple[int, RecordLine]]
    is_counter: bool
    span: Span
    other: Span | None
    compare: With
    step: str
    rows: Sequence[Row]
    gap_s: float
    zone: ZoneInfo
    now: datetime

    @property
    def is_under_way(self) -> bool:
        """Tell whether the span is not over yet."""
        return self.span.moments(self.zone)[1] > self.now


class NoSuchValue(LookupError):
    """The meter has no such value, or none that can be drawn."""


def look(view: MetersView, row: MeterRow, asked: Asked, zone: ZoneInfo) -> Chart:
    """Return the chart of a meter's value.

    Raises `NoSuchValue`, `BadSetting` for a day too far away, `StoreFault`.
    """
    now = datetime.now(UTC)
    span = _span(asked, row, now, zone)
    other = _other(span, asked.compare)
    cycle_s = row.stale_after_s // STALE_AFTER_CYCLES

    def work(session: Session) -> Chart:
        known = histories.records(session, row.meter)
        values = [(at, record) for at, record in enumerate(known, 1) if _is_drawn(record)]
        number = _main(row, known) if asked.number is None else asked.number
        record = dict(values).get(number)
        if record is None:
            raise NoSuchValue(number)
        is_counter = histories.is_counter(record)
        step = spans.parts(span.kind, cycle_s, is_counter=is_counter)

        def history(one: Span) -> History:
            since, until = one.moments(zone)
            return histories.history(
                session, row.meter, number - 1, step, since, until, zone, cycle_s
            )

        rows = comparison.rows(history(span), span, history(other) if other else None, other, zone)
        gap_s = max(STALE_AFTER_CYCLES * cycle_s, 60)
        return Chart(
            row, number, record, values, is_counter, span, other, asked.compare, step, rows,
            gap_s, zone, now,
        )  # fmt: skip

    return view.read(work)


def _span(asked: Asked, row: MeterRow, now: datetime, zone: ZoneInfo) -> Span:
    if asked.start is not None:
        return spans.beginning(asked.kind, asked.start)
    last = (row.meter.last_read_at or now) - timedelta(microseconds=1)
    return spans.holding(asked.kind, last.astimezone(zone).date())


def _other(span: Span, compare: With) -> Span | None:
    try:
        if compare == "year":
            return span.year_before()
        return span.moved(-1) if compare == "before" else None
    except BadSetting:
        return None


def _main(row: MeterRow, known: Sequence[RecordLine]) -> int:
    main = main_record(row.meter.medium, known)
    if main is not None:
        return known.index(main) + 1
    return next((at for at, record in enumerate(known, 1) if _is_drawn(record)), 0)


def _is_drawn(record: RecordLine) -> bool:
    """Tell whether a value is a measured one: a number with a unit, or an error in its place."""
    value = record["value"]
    is_number = value is None or str(value).lstrip("-")[:1].isdigit()
    return bool(record["unit"]) and is_number and record.get("factor") != ""
