"""The history of one value of a meter by hours, days or months: what charts and tables show.

A counter (energy, volume, mass, heat cost units) is shown by what it gained in each period, any
other value by how it moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from host.readout import charts, own_values, periods, telegrams
from host.readout.charts import Gained, Moved
from host.readout.main_value import main_record
from host.readout.periods import Period
from host.readout.telegrams import RecordLine
from host.store import layouts, readings, series, value_settings
from host.store.layouts import Layout
from host.store.meters import Meter
from host.store.readings import Reading
from host.store.tables import to_ms
from shared.errors import BadSetting

_COUNTERS = ("Energy", "Volume", "Mass", "H.C.A.")
_GAP_CYCLES = 3
_SHORTEST_GAP_MS = 60_000
_AROUND_MS = 7 * 86_400_000
"""How far before and after the period a reading is looked for, to interpolate its ends."""


@dataclass(frozen=True, slots=True)
class History:
    """record: what the value is, with its settings, which `told` applies. exponent: of all
    mantissas, in the record's base unit, as the meter says them.

    periods: `Gained` for a counter, `Moved` for any other.
    """

    record: RecordLine
    exponent: int
    periods: Sequence[Gained] | Sequence[Moved]

    @property
    def is_counter(self) -> bool:
        return is_counter(self.record)


def is_counter(record: RecordLine) -> bool:
    """Tell whether a value only grows: a present total, of whatever tariff."""
    present = record["function"] == "instantaneous" and not record["storage"]
    return present and record["quantity"] in _COUNTERS


def records(session: Session, meter: Meter) -> Sequence[RecordLine]:
    """Return the values of a meter's newest reading, explained, with their settings."""
    return _explained(session, meter, readings.latest(session, meter.id))


def history(
    session: Session,
    meter: Meter,
    index: int | None,
    period: Period,
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
    cycle_s: int,
) -> History:
    """Return the history of a meter's value, by its place in `records` (None: its main value).

    since, until: moments with a zone, the second no longer in it. zone: whose days and months.
    cycle_s: the readout cycle; readings much further apart are a gap. Raises `BadSetting` for a
    value that the meter does not have, or a period that is none.
    """
    newest = readings.latest(session, meter.id)
    known = _explained(session, meter, newest)
    if index is None:
        index = main_number(meter, known) - 1
    if newest is None or not 0 <= index < len(known):
        raise BadSetting(
            f"meter {meter.address} has no such value; it has {len(known)}, numbered from 1"
        )
    record = known[index]
    bounds = periods.boundaries(period, since, until, zone)
    margin = _AROUND_MS if is_counter(record) else 0
    key = _key(newest, index)
    pieces = list(series.numbers(session, meter.id, key, bounds[0] - margin, bounds[-1] + margin))
    if is_counter(record):
        gap_ms = max(_GAP_CYCLES * cycle_s * 1000, _SHORTEST_GAP_MS)
        gained, exponent = charts.gained(pieces, bounds, gap_ms)
        return History(record, exponent, gained)
    moved, exponent = charts.moved(pieces, bounds)
    return History(record, exponent, moved)


def main_number(meter: Meter, known: Sequence[RecordLine]) -> int:
    """Return the number of a meter's main value among its `records`, from 1; 0 for none."""
    main = main_record(meter.medium, known)
    return known.index(main) + 1 if main is not None else 0


def numbers(
    session: Session, meter: Meter, index: int, since: datetime, until: datetime
) -> Iterator[tuple[int, int, int]]:
    """Yield the numbers of a meter's value, the oldest first: moment (ms), mantissa, exponent.

    index: its place in `records`, which has it. since, until: as in `history`.
    """
    newest = readings.latest(session, meter.id)
    if newest is None:
        return
    key = _key(newest, index)
    for piece in series.numbers(session, meter.id, key, to_ms(since), to_ms(until)):
        for moment, mantissa in zip(piece.moments, piece.mantissas, strict=True):
            yield moment, mantissa, piece.exponent


def _explained(session: Session, meter: Meter, reading: Reading | None) -> Sequence[RecordLine]:
    frames = reading.frames if reading else []
    lines = [line for frame in frames for line in telegrams.explain(telegrams.decode(frame))]
    return own_values.with_own(lines, value_settings.of(session, meter))


def _key(reading: Reading, index: int) -> series.Key:
    layout = layouts.of(Layout(b"".join(reading.frames)).blank)
    return series.values(layout)[index].key
