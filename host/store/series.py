"""One value of one meter over time, as exact numbers, straight from the columns of its blocks.

A value is told by its DIF and VIF bytes and, where a readout has the same ones twice, by which of
them it is (`Key`). What its numbers mean is asked of the decoder once a layout, with trial data in
the field: if a field of 0 is 0 and one of 1 is the unit, numbers are mantissas as they stand in the
column, times a factor. All else (floats, dates, sums with an addend) is decoded reading by reading.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple, cast

from sqlalchemy.orm import Session

from host.store import block, layouts, readings
from host.store.block import Block, Part
from host.store.layouts import BCD, INTEGER, Layout
from host.store.tables import DAY_MS
from shared import reading
from shared.mbus import telegram

_reading = cast(Any, reading)
_telegram = cast(Any, telegram)

Record = tuple[Any, ...]


class Key(NamedTuple):
    """head: DIF, DIFEs, VIF, VIFEs; nth: which of the records with this head, from 0."""

    head: bytes
    nth: int


@dataclass(frozen=True, slots=True)
class Value:
    """One record of a layout.

    index: which of the layout's records it is, over all its telegrams. field: where its data
    stands in `Layout.fields`, None without data. factor, exponent: a number of the column times
    factor x 10**exponent is the value in its base unit; factor 0: it must be decoded. unsigned: the
    bits to add 2**bits to negative numbers, 0: none.
    """

    key: Key
    index: int
    field: int | None
    factor: int
    exponent: int
    unsigned: int


class Numbers(NamedTuple):
    """Numbers of one value and meter in order of time: `mantissas[n]` x 10**exponent at
    `moments[n]` (ms since 1970). who: identification, manufacturer, version and medium as on the
    wire: a change means another meter.
    """

    moments: Sequence[int]
    mantissas: Sequence[int]
    exponent: int
    who: bytes


def values(layout: Layout) -> Sequence[Value]:
    """Return the records of a layout, in their order."""
    return _values(layout.blank)


@lru_cache(maxsize=2048)
def _values(blank: bytes) -> Sequence[Value]:
    layout = layouts.of(blank)
    fields = {field.offset: place for place, field in enumerate(layout.fields)}
    trials = [_records(layout, trial) for trial in (b"\x00", b"\x01", b"\xff")]
    seen: dict[bytes, int] = {}
    found: list[Value] = []
    for index, (base, record) in enumerate(trials[0]):
        head = _head(record)
        nth = seen.get(head, 0)
        seen[head] = nth + 1
        place = fields.get(base + record[3]) if record[4] > record[3] else None
        linear = (0, 0, 0)
        if place is not None and layout.fields[place].coding in (INTEGER, BCD):
            scaled = [_reading.scaled(trial[index][1]) for trial in trials]
            linear = _linear(scaled, layout.fields[place])
        found.append(Value(Key(head, nth), index, place, *linear))
    return tuple(found)


def _linear(scaled: Sequence[tuple[int, int] | None], field: layouts.Field) -> tuple[int, int, int]:
    """Return (factor, exponent, unsigned) of the values that 0, 1 and all bits set have."""
    zero, one, ones = scaled
    if zero is None or one is None or zero[0] != 0 or zero[1] != one[1] or one[0] == 0:
        return 0, 0, 0
    factor, exponent = one
    if field.coding == BCD:
        return factor, exponent, 0
    bits = 8 * field.size
    if ones == (-factor, exponent):
        return factor, exponent, 0
    if ones == (((1 << bits) - 1) * factor, exponent):
        return factor, exponent, bits
    return 0, 0, 0


def _records(layout: Layout, trial: bytes) -> list[tuple[int, Record]]:
    """Return (place of its telegram, record) of the layout with `trial` in its numbers.

    All bits set is minus one, or the largest there is; of the others the lowest byte is set.
    """
    row = [
        trial * field.size if trial == b"\xff" else trial.ljust(field.size, b"\0")
        for field in layout.fields
    ]
    (blob,) = layout.fill([row])
    return records(blob)


def records(blob: bytes) -> list[tuple[int, Record]]:
    """Return (place of its telegram, record) for each record of joined telegrams."""
    found: list[tuple[int, Record]] = []
    base = 0
    for frame in layouts.split(blob):
        found += [(base, record) for record in _telegram.decode(frame).records]
        base += len(frame)
    return found


def _head(record: Record) -> bytes:
    """Return DIB and VIB of a record; those of the fixed structure follow from its status."""
    return bytes(record[0][record[1] : record[3]])


def mantissas(part: Part, value: Value) -> Sequence[int] | None:
    """Return a value's numbers, for the part's readings in order; None: they must be decoded."""
    if not value.factor or value.field is None:
        return None
    numbers = part.column(value.field)
    if numbers is None:
        return None
    if value.unsigned:
        whole = 1 << value.unsigned
        numbers = [number + whole if number < 0 else number for number in numbers]
    return numbers if value.factor == 1 else [number * value.factor for number in numbers]


def numbers(
    session: Session, meter_id: int, key: Key, since_ms: int, until_ms: int
) -> Iterator[Numbers]:
    """Yield a value's numbers from `since_ms` until before `until_ms` (ms since 1970) in order.

    What is no number at some moment (an error, no data) is left out there.
    """
    for packed in days(session, meter_id, since_ms, until_ms):
        for found in numbers_of(packed, key):
            if since_ms <= found.moments[0] and found.moments[-1] < until_ms:
                yield found
                continue
            begin = bisect_left(found.moments, since_ms)
            end = bisect_left(found.moments, until_ms)
            if begin < end:
                moments, mantissas = found.moments[begin:end], found.mantissas[begin:end]
                yield found._replace(moments=moments, mantissas=mantissas)


def days(session: Session, meter_id: int, since_ms: int, until_ms: int) -> Iterator[Block]:
    """Yield a meter's readings as blocks in order of time, of whole days where they are packed."""
    late = readings.hot(session, meter_id, since_ms, until_ms)
    place = 0
    for day, packed in readings.blocks(session, meter_id, since_ms, until_ms):
        before, same = (bisect_left(late, ((day + more) * DAY_MS, b""), place) for more in (0, 1))
        if place < before:
            yield block.loose(late[place:before])
        if before < same:  # some came late, or packing is under way
            packed = block.loose(readings.merged(list(packed.rows()), late[before:same]))
        yield packed
        place = same
    if place < len(late):
        yield block.loose(late[place:])


def numbers_of(packed: Block, key: Key) -> Sequence[Numbers]:
    """Return the numbers of a value in a block, a piece for each meter and exponent, in order.

    A day of one layout is one piece; where layouts take turns, readings are put in order.
    """
    if len(packed.parts) == 1 and not packed.bare:
        piece = _piece(packed, packed.parts[0], key)
        return piece if len(piece) < 2 else _in_order(piece)
    pieces = [piece for part in packed.parts for piece in _piece(packed, part, key)]
    return _in_order(pieces)


def _piece(packed: Block, part: Part, key: Key) -> list[Numbers]:
    value = next((one for one in values(part.layout) if one.key == key), None)
    if value is None:
        return []
    who = part.layout.blank[7:15]
    columnar = mantissas(part, value)
    if columnar is None:
        return _decoded(packed, part, value, who)
    everything = len(part.places) == len(packed.moments)
    moments = packed.moments if everything else [packed.moments[at] for at in part.places]
    return [Numbers(moments, columnar, value.exponent, who)]


def _decoded(packed: Block, part: Part, value: Value, who: bytes) -> list[Numbers]:
    """Return the numbers of a value that columns do not tell, a piece a reading."""
    found: list[Numbers] = []
    for place, blob in zip(part.places, part.blobs(), strict=True):
        record = records(blob)[value.index][1]
        scaled = _reading.scaled(record)
        if scaled is not None and _head(record) == value.key.head:
            mantissa, exponent = scaled
            found.append(Numbers([packed.moments[place]], [mantissa], exponent, who))
    return found


def _in_order(pieces: Sequence[Numbers]) -> Sequence[Numbers]:
    """Return the same numbers in order of time, in as few pieces as that allows."""
    rows = sorted(
        (moment, mantissa, piece.exponent, piece.who)
        for piece in pieces
        for moment, mantissa in zip(piece.moments, piece.mantissas, strict=True)
    )
    found: list[Numbers] = []
    for (exponent, who), group in groupby(rows, lambda row: row[2:]):
        moments, mantissas, *_ = zip(*group, strict=True)
        found.append(Numbers(moments, mantissas, exponent, who))
    return found
