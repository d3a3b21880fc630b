"""What a meter says: its newest values, one of them over time, its raw telegrams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from flask import abort, current_app
from pydantic import Field
from sqlalchemy.orm import Session

from host.readout import history as histories
from host.readout.charts import Gained
from host.readout.history import History
from host.readout.own_values import settings_of
from host.readout.periods import Period as By
from host.readout.telegrams import RecordLine
from host.settings.value import PLAIN
from host.store.tables import from_ms, to_ms
from host.web.api.meters import Value, next_page, row_of, view
from host.web.api.models import Asked, Moment, Told, Whole, written
from host.web.api.operations import Group
from host.web.api.problems import wrong
from host.web.meters_view import MeterRow, anatomies
from host.web.settings import STALE_AFTER_CYCLES, WebSettings

group = Group("Values")

_MOST_READINGS = 100
_MOST_NUMBERS = 10_000
_MOST_PERIODS = 10_000
_SHORTEST = {
    "quarter": timedelta(minutes=15),
    "hour": timedelta(hours=1),
    "day": timedelta(hours=23),
    "month": timedelta(days=28),
}


class NumberedValue(Value):
    """A value of a meter, with its place among them."""

    number: int = Field(description="Its place among the values of the meter, from 1.")


class Values(Told):
    """The newest reading of a meter. `at`: when it was read, null before the first time."""

    at: Moment | None
    status: list[str] = Field(description="Flags that the meter has set.")
    values: list[NumberedValue]


class Span(Asked):
    value: Whole | None = Field(
        None, ge=1, le=1_000_000, description="Number of the value; without it the main value."
    )
    from_: Moment = Field(alias="from", description="The first moment that counts.")
    to: Moment | None = Field(
        None, description="The first moment that no longer counts; without it: now."
    )

    @property
    def until(self) -> datetime:
        return datetime.now(UTC) if self.to is None else self.to


class PeriodsWanted(Span):
    by: By = Field("day", description="How long a period is; days and months are the site's.")


class NumbersWanted(Span):
    limit: Whole = Field(1000, ge=1, le=_MOST_NUMBERS, description="At most so many.")


class ReadingsWanted(Asked):
    from_: Moment | None = Field(None, alias="from", description="The first moment that counts.")
    to: Moment | None = Field(None, description="The first moment that no longer counts.")
    limit: Whole = Field(20, ge=1, le=_MOST_READINGS, description="At most so many.")


class Period(Told):
    """A period. Of a counter it has `gained`; of any other value the other figures."""

    begin: Moment
    end: Moment
    gained: str | None = Field(description="What a counter gained; null: there is no reading.")
    marks: list[str] = Field(
        description="What is to be known: `exchanged`, `gap`, `overflowed`, `partial`, `reset`."
    )
    readings: int | None = Field(description="How many there are of a value that is no counter.")
    low: str | None
    high: str | None
    sum: str | None = Field(description="Of all readings: divided by them it is the mean.")


class Periods(Told):
    """How a value moved, by periods."""

    value: NumberedValue
    is_counter: bool = Field(description="Whether it only grows: then `gained` counts.")
    by: By
    zone: str = Field(description="Whose days and months: a name of the IANA.")
    periods: list[Period]


class Number(Told):
    at: Moment
    value: str = Field(description="An exact decimal.", examples=["148213000"])


class Numbers(Told):
    """The numbers of a value, the oldest first."""

    value: NumberedValue
    numbers: list[Number]
    next: str | None = Field(description="Address of the next page; null: this is the last one.")


class RawReading(Told):
    at: Moment
    telegrams: list[str] = Field(description="Whole frames (RSP_UD) in hex, in their order.")


class RawReadings(Told):
    """Readings as the meter sent them, the newest first."""

    readings: list[RawReading]
    next: str | None = Field(description="Address of the next page; null: this is the last one.")


@group.get("/meters/<int:meter_id>/values")
def newest(meter_id: int) -> Values:
    """Tell the newest values of a meter.

    They come from the database; the bus is not asked."""
    row = row_of(meter_id)
    for reading in view().readings(meter_id, 1):
        lines = view().values(row.meter, reading)
        return Values(
            at=reading.at,
            status=[flag for part in anatomies(reading) for flag in part.status],
            values=[NumberedValue.of(line, number=at) for at, line in enumerate(lines, 1)],
        )
    return Values(at=None, status=[], values=[])


@group.get("/meters/<int:meter_id>/history")
def history(meter_id: int, query: PeriodsWanted) -> Periods:
    """Tell how a value moved, by quarters of an hour, hours, days or months.

    As the charts have it: what a counter gained, interpolated at the ends of periods, or lowest and
    highest of any other value. At most 10,000 periods."""
    row, until = row_of(meter_id), _until(query)
    if (until - query.from_) / _SHORTEST[query.by] > _MOST_PERIODS:
        raise wrong("query.to", "too_many", f"more than {_MOST_PERIODS} periods")
    settings: WebSettings = current_app.extensions["settings"]
    zone, cycle_s = settings.zone, row.stale_after_s // STALE_AFTER_CYCLES

    def work(session: Session) -> tuple[int, History]:
        number, _ = _value(session, row, query.value)
        return number, histories.history(
            session, row.meter, number - 1, query.by, query.from_, until, zone, cycle_s
        )

    number, found = view().read(work)
    return Periods(
        value=NumberedValue.of(found.record, number=number),
        is_counter=found.is_counter,
        by=query.by,
        zone=zone.key,
        periods=list(_periods(found)),
    )


@group.get("/meters/<int:meter_id>/numbers")
def numbers(meter_id: int, query: NumbersWanted) -> Numbers:
    """List the numbers of a value, one for each reading.

    What is no number at some moment is left out there."""
    row, until = row_of(meter_id), _until(query)

    def work(session: Session) -> tuple[int, RecordLine, list[tuple[int, int, int]]]:
        number, record = _value(session, row, query.value)
        found = histories.numbers(session, row.meter, number - 1, query.from_, until)
        return number, record, list(islice(found, query.limit + 1))

    number, record, found = view().read(work)
    page = found[: query.limit]
    more = len(found) > len(page)
    return Numbers(
        value=NumberedValue.of(record, number=number),
        numbers=[
            Number(at=from_ms(ms), value=_text(record, mantissa, exponent))
            for ms, mantissa, exponent in page
        ],
        next=_next(found[-1][0], "from") if more else None,
    )


@group.get("/meters/<int:meter_id>/readings")
def raw(meter_id: int, query: ReadingsWanted) -> RawReadings:
    """List the readings of a meter as it sent them: raw telegrams."""
    row_of(meter_id)
    found = view().readings(meter_id, query.limit + 1, query.from_, query.to)
    page = found[: query.limit]
    return RawReadings(
        readings=[
            RawReading(at=one.at, telegrams=[bytes(frame).hex() for frame in one.frames])
            for one in page
        ],
        next=_next(to_ms(page[-1].at), "to") if len(found) > len(page) else None,
    )


def _until(query: Span) -> datetime:
    if query.until <= query.from_:
        raise wrong("query.to", "no_period", "the period ends before it begins")
    return query.until


def _value(session: Session, row: MeterRow, number: int | None) -> tuple[int, RecordLine]:
    """Return a value of the meter and its number; None: the main one. Aborts with 404."""
    known = histories.records(session, row.meter)
    number = histories.main_number(row.meter, known) if number is None else number
    return (number, known[number - 1]) if number and number <= len(known) else abort(404)


def _periods(found: History) -> Iterator[Period]:
    for one in found.periods:
        begin, end = from_ms(one.begin_ms), from_ms(one.end_ms)
        if isinstance(one, Gained):
            gained, marks, figures = one.mantissa, list(one.marks), (None, None, None)
            count = None
        else:
            gained, marks, count = None, list[str](), one.readings
            figures = (one.low, one.high, one.total if one.readings else None)
        texts = [_figure(found, mantissa) for mantissa in (gained, *figures)]
        yield Period(
            begin=begin,
            end=end,
            gained=texts[0],
            marks=marks,
            readings=count,
            low=texts[1],
            high=texts[2],
            sum=texts[3],
        )


def _figure(found: History, mantissa: int | None) -> str | None:
    return None if mantissa is None else _text(found.record, mantissa, found.exponent)


def _text(record: RecordLine, mantissa: int, exponent: int) -> str:
    return (settings_of(record) or PLAIN).scaled_text(mantissa, exponent)


def _next(at_ms: int, name: str) -> str:
    return next_page(**{name: written(from_ms(at_ms))})
