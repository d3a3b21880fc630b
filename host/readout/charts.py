"""What a chart shows of a value: what a counter gained in each period, or how a level moved.

Pure: numbers in (`host.store.series.Numbers`), figures for each period out, all exact integers.

A counter's reading at a boundary is interpolated between the readings around it, so that periods
add up to the whole. It never runs backwards: where the numbers do, the meter was exchanged, its
counter went over its end, or it was reset. What it gained over its end is counted; what an
exchanged or reset meter gained in between nobody knows, and counts as nothing. Each is marked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import sub
from typing import NamedTuple

from host.store.series import Numbers

EXCHANGED = "exchanged"
OVERFLOWED = "overflowed"
RESET = "reset"
GAP = "gap"
PARTIAL = "partial"

_NEAR_END = 20
"""Over its end went a counter whose last twentieth it was in, and whose first it is in now."""

_BINARY_ENDS = tuple(1 << bits for bits in (15, 16, 23, 24, 31, 32, 47, 48, 63, 64))
_SHORTEST_DISPLAY = 1000


class Gained(NamedTuple):
    """What a counter gained from `begin_ms` to `end_ms`: mantissa, None: there is no reading.

    marks: what to know of it (`EXCHANGED` ... `PARTIAL`), in alphabetical order.
    """

    begin_ms: int
    end_ms: int
    mantissa: int | None
    marks: Sequence[str] = ()


class Moved(NamedTuple):
    """How a level moved: lowest, highest and sum (mantissas) of so many `readings`."""

    begin_ms: int
    end_ms: int
    readings: int
    low: int | None = None
    high: int | None = None
    total: int = 0


@dataclass(frozen=True, slots=True)
class _Counter:
    """A counter made to run on: readings, and where it was marked.

    events: (moment, mark) of the readings before which something happened
    """

    moments: Sequence[int]
    numbers: Sequence[int]
    events: Sequence[tuple[int, str]]


def gained(
    pieces: Sequence[Numbers], boundaries: Sequence[int], gap_ms: int
) -> tuple[Sequence[Gained], int]:
    """Return what a counter gained between boundaries (ms since 1970), and the exponent of it.

    pieces: its numbers, a reading before and after the boundaries among them where there are any.
    gap_ms: readings further apart are marked as a gap.
    """
    exponent = min((piece.exponent for piece in pieces), default=0)
    counter = _run_on(pieces, exponent)
    moments = counter.moments
    if not moments:
        return [Gained(*pair, None) for pair in _pairs(boundaries)], exponent
    events = dict[int, set[str]]()
    for moment, mark in counter.events:
        place = bisect_left(boundaries, moment) - 1  # in (begin, end]
        events.setdefault(place, set()).add(mark)
    levels = [_level(counter, at, gap_ms) for at in boundaries]
    found: list[Gained] = []
    for place, (begin, end) in enumerate(_pairs(boundaries)):
        first, last = levels[place], levels[place + 1]
        if end <= moments[0] or begin >= moments[-1]:
            found.append(Gained(begin, end, None))
            continue
        is_partial = begin < moments[0] or end > moments[-1]
        if is_partial or first[1] or last[1] or place in events:
            marks = events.setdefault(place, set())
            marks.update([PARTIAL] * is_partial + [GAP] * (first[1] or last[1]))
            found.append(Gained(begin, end, last[0] - first[0], tuple(sorted(marks))))
        else:
            found.append(Gained(begin, end, last[0] - first[0]))
    return found, exponent


def moved(pieces: Sequence[Numbers], boundaries: Sequence[int]) -> tuple[Sequence[Moved], int]:
    """Return how a level moved between boundaries (ms since 1970), and the exponent of it."""
    exponent = min((piece.exponent for piece in pieces), default=0)
    moments, numbers = _joined(pieces, exponent)
    sums = list(accumulate(numbers, initial=0))
    found: list[Moved] = []
    for begin, end in _pairs(boundaries):
        first, last = bisect_left(moments, begin), bisect_left(moments, end)
        if first == last:
            found.append(Moved(begin, end, 0))
            continue
        some = numbers[first:last]
        total = sums[last] - sums[first]
        found.append(Moved(begin, end, last - first, min(some), max(some), total))
    return found, exponent


def _run_on(pieces: Sequence[Numbers], exponent: int) -> _Counter:
    """Return the counter that gains what the pieces gain and never loses."""
    moments, numbers = _joined(pieces, exponent)
    exchanged = _exchanges(pieces)
    steps = list(map(sub, numbers[1:], numbers))
    if not exchanged and min(steps, default=0) >= 0:
        return _Counter(moments, numbers, ())
    events: list[tuple[int, str]] = []
    for place, step in enumerate(steps):
        if place + 1 in exchanged:
            steps[place] = 0
            events.append((moments[place + 1], EXCHANGED))
        elif step < 0:
            steps[place] = _over_the_end(numbers[place], numbers[place + 1])
            mark = OVERFLOWED if steps[place] else RESET
            events.append((moments[place + 1], mark))
    return _Counter(moments, list(accumulate(steps, initial=numbers[0])), events)


def _exchanges(pieces: Sequence[Numbers]) -> set[int]:
    """Return the places of the first readings of another meter."""
    places: set[int] = set()
    count, who = 0, pieces[0].who if pieces else b""
    for piece in pieces:
        if piece.who != who:
            places.add(count)
            who = piece.who
        count += len(piece.moments)
    return places


def _over_the_end(before: int, after: int) -> int:
    """Return what a counter gained that went from `before` over its end to `after`; 0: it did not.

    It ends where its display does, at a power of ten, or where its binary number does.
    """
    display = _SHORTEST_DISPLAY
    while display <= before:
        display *= 10
    for end in (display, *_BINARY_ENDS):
        near = end // _NEAR_END
        if end - near <= before < end and 0 <= after < near:
            return end - before + after
    return 0


def _level(counter: _Counter, at: int, gap_ms: int) -> tuple[int, bool]:
    """Return the counter at a moment, and whether it was guessed over a gap."""
    moments, numbers = counter.moments, counter.numbers
    place = bisect_right(moments, at)
    if place == 0:
        return numbers[0], False
    before = place - 1
    if place == len(moments) or moments[before] == at:
        return numbers[before], False
    span = moments[place] - moments[before]
    gain = numbers[place] - numbers[before]
    return numbers[before] + gain * (at - moments[before]) // span, span > gap_ms


def _joined(pieces: Sequence[Numbers], exponent: int) -> tuple[list[int], list[int]]:
    """Return moments and numbers of all pieces at one exponent."""
    moments: list[int] = []
    numbers: list[int] = []
    for piece in pieces:
        moments += piece.moments
        scale = 10 ** (piece.exponent - exponent)
        numbers += piece.mantissas if scale == 1 else [n * scale for n in piece.mantissas]
    return moments, numbers


def _pairs(boundaries: Sequence[int]) -> Sequence[tuple[int, int]]:
    return list(pairwise(boundaries))
