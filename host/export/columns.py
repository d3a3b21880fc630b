"""From the columns of a block to the columns of a file: what a value is called, and its cells.

A layout is asked once what its records are called. Numbers that are linear in their column become
text all at once, without a telegram being decoded; of all others (floats, dates, texts) each
distinct field is decoded by itself, as a record of its own. Readings that no layout serves, or one
of the fixed or big-endian structures, are decoded one by one (`decoded`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol, TypeVar, cast

from host.export import fast
from host.readout import own_values, telegrams
from host.readout.telegrams import Record, Telegram
from host.settings.value import NOTHING, OwnValues, ValueKey, ValueSettings
from host.store import layouts, series
from host.store.block import Block, Part
from host.texts.catalogue import DEFAULT_LANGUAGE, gettext
from shared import scaled
from shared.errors import MbuslinkError
from shared.mbus import records

T = TypeVar("T")
Cell = TypeVar("Cell", covariant=True)

_UNNAMED = "Unreadable"
_PLAIN = (0x72, 0x78, 0x7A)
"""CIs whose records mean the same wherever they stand."""

_INT32, _REAL32 = 4, 5
_NEW_YEAR = bytes.fromhex("00004131")
_ONE = bytes.fromhex("0000803f")

_from_text = cast(Callable[[str], tuple[int, int]], cast(Any, scaled).from_text)
_read = cast(Callable[[bytes, int, int], list[Record]], cast(Any, records).read)


class Style(Protocol[Cell]):
    """How one kind of file writes a value."""

    def numbers(self, mantissas: Sequence[int], exponent: int) -> Sequence[Cell]:
        """Return the cells of mantissas x 10**exponent (0 or less)."""
        ...

    def decimals(self, texts: Sequence[str]) -> Sequence[Cell]:
        """Return the cells of numbers in decimal text."""
        ...

    def moments(self, seconds: Sequence[int]) -> Sequence[Cell]:
        """Return the cells of moments in Unix seconds."""
        ...

    def cell(self, record: Record) -> Cell:
        """Return the cell of any value."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """One value of a readout. nth: which of its equal names, from 0; index: of all its records.

    record: it with some data, asked for all that does not depend on the data. key: by which its
    settings are kept. own: those that are applied to name, unit and cells, None without any.
    """

    name: str
    nth: int
    unit: str
    index: int
    record: Record
    key: ValueKey
    own: ValueSettings | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How the numbers of a field become values, as the file has them.

    kind: "linear", times factor x 10**exponent; "real", floats x 10**exponent; "moment", type F.
    """

    kind: str
    field: int
    exponent: int = 0
    factor: int = 1
    unsigned: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What readings of one layout have in common. said: the telegram that tells the identity."""

    said: Telegram | None
    columns: Sequence[Column]


def is_plain(part: Part) -> bool:
    """Tell whether the cells of a part follow from its columns alone."""
    return _is_plain(part.layout.blank)


@lru_cache(maxsize=4096)
def _is_plain(blank: bytes) -> bool:
    return all(frame[6] in _PLAIN for frame in layouts.split(blank))


def sheet(part: Part, language: str, own: OwnValues = NOTHING) -> Sheet:
    """Return what the readings of a part have in common; own: settings that are applied."""
    return _sheet(part.layout.blank, language, own)


@lru_cache(maxsize=1024)
def _sheet(blank: bytes, language: str, own: OwnValues) -> Sheet:
    layout = layouts.of(blank)
    (blob,) = layout.fill([[bytes(field.size) for field in layout.fields]])
    return decoded(blob, language, own)


def decoded(blob: bytes, language: str, own: OwnValues = NOTHING) -> Sheet:
    """Return what joined telegrams say; one that cannot be decoded says nothing."""
    found: list[Telegram] = []
    for frame in layouts.split(blob):
        try:
            found.append(telegrams.decode(frame))
        except MbuslinkError:
            continue
    columns: list[Column] = []
    seen: dict[str, int] = {}
    counter = own_values.Counter()
    index = -1
    for telegram in found:
        for record in telegram.records:
            index += 1
            key = counter.key(telegrams.head(record).hex())
            if not _has_data(record):
                continue
            settings = own.get(key)
            name = _name(record, language, settings) or _UNNAMED
            nth = seen.get(name, 0)
            seen[name] = nth + 1
            unit = (settings and settings.unit) or telegrams.csv_unit(record)
            columns.append(Column(name, nth, unit, index, record, key, settings))
    said = next((telegram for telegram in found if telegram.id is not None), None)
    return Sheet(said, columns)


def cells(
    same: Sequence[Part], column: Column, style: Style[T]
) -> tuple[Sequence[T], Sequence[str] | None]:
    """Return the cells of a value for the readings of plain parts of one layout, and their units.

    The units are None when all are `column.unit`, as nearly always.
    """
    way = _way(same[0].layout.blank, column.index, column.own)
    numbers = _numbers(same, way.field) if way else None
    found = _at_once(numbers, way, style) if way and numbers is not None else None
    return _one_by_one(same, column, style) if found is None else (found, None)


def cell(column: Column, style: Style[T]) -> T:
    """Return the cell of the record of a column."""
    return _cell(column.record, column.own, style)


def _cell(record: Record, own: ValueSettings | None, style: Style[T]) -> T:
    if own is None or not own.scales or telegrams.scaled(record) is None:
        return style.cell(record)
    return style.decimals([own.scaled(telegrams.csv_value(record))])[0]


def stays(found: Sequence[object]) -> bool:
    """Tell whether all cells, or numbers, of a column (at least one) are equal."""
    first = found[0]
    return found[-1] == first and found.count(first) == len(found)


def _numbers(same: Sequence[Part], field: int) -> Sequence[int] | None:
    """Return a field's numbers, one part after the other; None when one is kept byte by byte."""
    if len(same) == 1:
        return same[0].column(field)
    numbers: list[int] = []
    for part in same:
        found = part.column(field)
        if found is None:
            return None
        numbers += found
    return numbers


def _at_once(numbers: Sequence[int], way: Way, style: Style[T]) -> Sequence[T] | None:
    """Return the cells of a column of numbers; None when some of them are out of the ordinary."""
    if len(numbers) > 1 and stays(numbers):
        one = _at_once(numbers[:1], way, style)
        return None if one is None else [*one] * len(numbers)
    if way.kind == "linear":
        return style.numbers(_mantissas(numbers, way), way.exponent)
    if way.kind == "moment":
        seconds = fast.moments(numbers)
        return None if seconds is None else style.moments(seconds)
    texts = fast.reals(numbers, way.exponent)
    return None if None in texts else style.decimals(cast(Sequence[str], texts))


def _one_by_one(
    same: Sequence[Part], column: Column, style: Style[T]
) -> tuple[Sequence[T], Sequence[str] | None]:
    value = series.values(same[0].layout)[column.index]
    if value.field is None:
        return [cell(column, style)] * sum(part.count for part in same), None
    raw = [data for part in same for data in part.cells(value.field)]
    found = {data: _record(value.key.head, data) for data in set(raw)}
    told = {data: _cell(record, column.own, style) for data, record in found.items()}
    if column.own and column.own.unit:
        return [told[data] for data in raw], None
    units = {data: telegrams.csv_unit(record) for data, record in found.items()}
    alike = all(unit == column.unit for unit in units.values())
    return [told[data] for data in raw], None if alike else [units[data] for data in raw]


def _way(blank: bytes, index: int, own: ValueSettings | None) -> Way | None:
    """Return how the numbers of a record's column become values; None: each by itself."""
    way = _raw_way(blank, index)
    if way is None or way.kind == "moment" or own is None or not own.scales:
        return way
    factor, exponent = own.times
    exponent += way.exponent
    if way.kind == "real":
        return replace(way, exponent=exponent) if factor == 1 else None
    factor *= way.factor * 10 ** max(exponent, 0)
    return replace(way, factor=factor, exponent=min(exponent, 0))


@lru_cache(maxsize=16384)
def _raw_way(blank: bytes, index: int) -> Way | None:
    layout = layouts.of(blank)
    value = series.values(layout)[index]
    if value.field is None:
        return None
    head, size = value.key.head, layout.fields[value.field].size
    if value.factor:
        one = telegrams.csv_value(_record(head, b"\x01".ljust(size, b"\0")))
        factor, exponent = _from_text(one)
        return Way("linear", value.field, exponent, factor, value.unsigned)
    if size == len(_NEW_YEAR) and head[0] & 15 == _INT32:
        if telegrams.csv_value(_record(head, _NEW_YEAR)) == "2026-01-01T00:00:00":
            return Way("moment", value.field)
    elif head[0] & 15 == _REAL32:
        one = _record(head, _ONE)
        if telegrams.scaled(one) is not None:
            factor, exponent = _from_text(telegrams.csv_value(one))
            exponent += len(str(factor)) - 1
            return Way("real", value.field, exponent)
    return None


def _mantissas(numbers: Sequence[int], way: Way) -> Sequence[int]:
    if way.unsigned and min(numbers) < 0:
        whole = 1 << way.unsigned
        numbers = [number + whole if number < 0 else number for number in numbers]
    return numbers if way.factor == 1 else [number * way.factor for number in numbers]


def _record(head: bytes, data: bytes) -> Record:
    whole = head + data
    return _read(whole + b"\0\0", 0, len(whole))[0]


def _has_data(record: Record) -> bool:
    """Tell whether there is a value: not after DIF 00h, nor after a DIF 0Fh or 1Fh at the end."""
    text = telegrams.value_text(record)
    return bool(text) or (text == "" and telegrams.quantity(record) != "Manufacturer specific")


def _name(record: Record, language: str, own: ValueSettings | None) -> str:
    if own is not None:
        return own_values.name(record, own, lambda word: _word(word, language))
    if language == DEFAULT_LANGUAGE:
        return telegrams.name(record)
    return telegrams.name_in(record, lambda word: gettext(language, word))


def _word(word: str, language: str) -> str:
    return word if language == DEFAULT_LANGUAGE else gettext(language, word)


def parts(packed: Block) -> tuple[list[Part], list[tuple[int, bytes]]]:
    """Return the plain parts of a block, and (place, joined telegrams) of all other readings."""
    plain: list[Part] = []
    others = list(packed.bare)
    for part in packed.parts:
        if is_plain(part):
            plain.append(part)
        else:
            others += zip(part.places, part.blobs(), strict=True)
    return plain, others


@dataclass(frozen=True, slots=True)
class Run:
    """Readings one after the other. same: their parts, when they are plain and of one layout, else
    `packed` is the block in which layouts take turns.
    """

    moments: Sequence[int]
    same: Sequence[Part]
    packed: Block | None = None


def runs(piece: Sequence[Block]) -> Iterator[Run]:
    """Yield the readings of a piece, in as few runs as they allow."""
    moments: list[int] = []
    same: list[Part] = []
    for packed in piece:
        alone = len(packed.parts) == 1 and not packed.bare and is_plain(packed.parts[0])
        if same and not (alone and packed.parts[0].layout.blank == same[0].layout.blank):
            yield Run(moments, same)
            moments, same = [], []
        if alone:
            moments += packed.moments
            same.append(packed.parts[0])
        else:
            yield Run(packed.moments, (), packed)
    if same:
        yield Run(moments, same)
