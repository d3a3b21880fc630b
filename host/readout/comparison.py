"""A span of a meter's value beside another span of it, part by part: what a chart draws.

Pure: two histories in, rows out, values as exact decimals in the record's base unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from host.readout.charts import GAP, Gained, Moved
from host.readout.history import History
from host.readout.spans import Slot, Span


@dataclass(frozen=True, slots=True)
class Part:
    """What a counter gained, or a level's mean, lowest and highest, from `begin` to `end`.

    value: None where there is no reading. readings, total: of a level. marks: as in `charts`.
    """

    begin: datetime
    end: datetime
    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    readings: int = 0
    total: Decimal = Decimal(0)
    marks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """The parts at one place of both spans; None: that span has no such place."""

    now: Part | None
    before: Part | None

    @property
    def shown(self) -> Part:
        """The part that tells when it is."""
        part = self.now or self.before
        assert part is not None
        return part


def rows(
    now: History, span: Span, before: History | None, other: Span | None, zone: ZoneInfo
) -> list[Row]:
    """Return the rows of `span`, beside those of `other` when there is a history `before`."""
    found: dict[Slot, list[Part | None]] = {}
    for place, (history, one) in enumerate(((now, span), (before, other))):
        for part in parts(history, zone) if history else ():
            if one is not None:
                found.setdefault(one.slot(part.begin), [None, None])[place] = part
    return [Row(*found[slot]) for slot in sorted(found)]


def parts(history: History, zone: ZoneInfo) -> Iterator[Part]:
    """Yield the periods of a history, at the clocks of the site."""
    exponent = history.exponent
    digits = 0 if history.record["unit"] == "s" else 1
    for one in history.periods:
        begin, end = (datetime.fromtimestamp(at / 1000, zone) for at in (one.begin_ms, one.end_ms))
        if isinstance(one, Gained):
            gained = None if one.mantissa is None else _decimal(one.mantissa, exponent)
            yield Part(begin, end, gained, marks=one.marks)
        elif one.low is None or one.high is None:
            yield Part(begin, end, None)
        else:
            mean = _mean(one, exponent, digits)
            low, high = _decimal(one.low, exponent), _decimal(one.high, exponent)
            total = _decimal(one.total, exponent)
            yield Part(begin, end, mean, low, high, one.readings, total)


def gaps(found: Sequence[Part | None], gap_s: float) -> Sequence[tuple[int, int]]:
    """Return (first, last) place of each run without readings between two that have some.

    A run not longer than `gap_s` (seconds) is none: there was no reading due in it. What a counter
    is guessed to have gained over a gap is told by its mark, and is none of these.
    """
    known = [place for place, part in enumerate(found) if part and part.value is not None]
    return [
        (first + 1, last - 1)
        for first, last in pairwise(known)
        if last - first > 1 and _apart_s(found[first], found[last]) > gap_s
    ]


def total(found: Sequence[Part]) -> Decimal | None:
    """Return what a counter gained in all; None: there is no reading."""
    values = [part.value for part in found if part.value is not None]
    return sum(values, Decimal(0)) if values else None


def mean(found: Sequence[Part]) -> Decimal | None:
    """Return the mean of all readings of a level; None: there is none."""
    count = sum(part.readings for part in found)
    if not count:
        return None
    exact = next(part.value for part in found if part.value is not None)
    whole = sum((part.total for part in found), Decimal(0)) / count
    return whole.quantize(Decimal(1).scaleb(int(exact.as_tuple().exponent)))


def extreme(
    found: Sequence[Part], pick: Callable[[Part], Decimal | None], *, most: bool
) -> Part | None:
    """Return the first part whose `pick` is the highest (or lowest); None: there is none."""
    known = [
        (value, -place) for place, part in enumerate(found) if (value := pick(part)) is not None
    ]
    if not known:
        return None
    if most:
        return found[-max(known)[1]]
    return found[-min(known, key=lambda one: (one[0], -one[1]))[1]]


def is_guessed(part: Part | None) -> bool:
    """Tell whether a counter's part is what it gained over a gap, spread evenly."""
    return part is not None and part.value is not None and GAP in part.marks


def _mean(one: Moved, exponent: int, digits: int) -> Decimal:
    exact = _decimal(one.total, exponent) / one.readings
    return exact.quantize(Decimal(1).scaleb(exponent - digits if digits else max(exponent, 0)))


def _decimal(mantissa: int, exponent: int) -> Decimal:
    return Decimal(mantissa).scaleb(exponent)


def _apart_s(first: Part | None, last: Part | None) -> float:
    assert first is not None
    assert last is not None
    return last.begin.timestamp() - first.end.timestamp()
