"""One day of one meter's readings as one compressed blob, column by column, exact to the byte.

    version | count | first moment | width | layouts | mixed | moments
    | which layout each reading has, when mixed
    | a layout: its readings, its blank telegrams, width codes, first values, columns
    | readings without a layout: lengths, bytes

all in one zlib stream, which carries a checksum. Whoever wants one value of a day takes its column
(`Part.column`), and touches no other. Telegrams, not values, are kept: so a better decoder serves
the whole history.

It knows no database and no meaning of a value (`host.store.series` does).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

from host.store import columns, layouts
from host.store.layouts import Layout
from shared.errors import MbuslinkError

Row = tuple[int, bytes]
"""(moment in ms since 1970, joined telegrams)"""

_VERSION = 1
_LEVEL = 9
_LAYOUTS_MAX = 16
"""More in one day: texts that change all the time, which no layout makes smaller."""

_HEAD = struct.Struct("<BIqBB?")
_PART = struct.Struct("<IHH")
_BARE = 255
_ALL, _LAST = slice(None), slice(-1, None)


class BlockFault(MbuslinkError):
    """A block is damaged, or of a later release."""

    key = "store_fault"


def pack(rows: Sequence[Row]) -> bytes:
    """Return the block of `rows`, which are in order of time; at least one."""
    return zlib.compress(_plain(rows), _LEVEL)


def loose(rows: Sequence[Row]) -> Block:
    """Return `rows`, as `pack` takes them, as a block that is not stored."""
    return Block(zlib.compress(_plain(rows), 0))


def _plain(rows: Sequence[Row]) -> bytes:
    moments = [moment for moment, _ in rows]
    which, parts, bare = _sorted_out([blob for _, blob in rows])
    width, steps = columns.encode(moments)
    mixed = bool(bare) or len(parts) > 1
    body = [_HEAD.pack(_VERSION, len(rows), moments[0], width, len(parts), mixed), steps]
    if mixed:
        body.append(bytes(which))
    for layout, cells in parts:
        body += _packed(layout, cells)
    if bare:
        body.append(struct.pack(f"<{len(bare)}I", *map(len, bare)))
        body += bare
    return b"".join(body)


def _sorted_out(
    blobs: Sequence[bytes],
) -> tuple[bytearray, list[tuple[Layout, list[Sequence[bytes]]]], list[bytes]]:
    """Return which layout each reading has, the layouts with their cells, and the bare ones."""
    which = bytearray()
    parts: list[tuple[Layout, list[Sequence[bytes]]]] = []
    bare: list[bytes] = []
    for blob in blobs:
        for index, (layout, cells) in enumerate(parts):
            taken = layout.take(blob)
            if taken is not None:
                cells.append(taken)
                which.append(index)
                break
        else:
            layout = _layout(blob) if len(parts) < _LAYOUTS_MAX else None
            taken = layout.take(blob) if layout else None
            if layout is None or taken is None:
                which.append(_BARE)
                bare.append(blob)
            else:
                which.append(len(parts))
                parts.append((layout, [taken]))
    return which, parts, bare


def _layout(blob: bytes) -> Layout | None:
    """Return the layout of `blob` if it leads back to it when it is stored, else None."""
    try:
        stored = layouts.of(Layout(blob).blank)
    except (MbuslinkError, ValueError):
        return None
    taken = stored.take(blob)
    return stored if taken is not None and stored.fill([taken]) == [blob] else None


def _packed(layout: Layout, cells: Sequence[Sequence[bytes]]) -> list[bytes]:
    widths, firsts, data = bytearray(), bytearray(), bytearray()
    for field, parts in zip(layout.fields, zip(*cells, strict=True), strict=True):
        numbers = columns.to_numbers(parts, field.coding)
        try:
            if numbers is None:
                raise OverflowError
            width, steps = columns.encode(numbers)
            firsts += struct.pack("<q", numbers[0])
            data += steps
        except OverflowError:
            width = columns.RAW
            data += b"".join(parts)
        widths.append(width)
    head = _PART.pack(len(cells), len(layout.blank), len(widths))
    return [head, layout.blank, bytes(widths), bytes(firsts), bytes(data)]


class Part:
    """The readings of one day that share a layout.

    count: how many they are; places: which of the day's readings they are
    """

    def __init__(
        self,
        layout: Layout,
        count: int,
        widths: bytes,
        starts: Sequence[tuple[int, int]],
        data: memoryview,
    ) -> None:
        self.layout = layout
        self.count = count
        self.places: Sequence[int] = range(count)
        self._widths = widths
        self._starts = starts  # of each field: place of its first number, place of its column
        self._data = data

    def column(self, index: int) -> Sequence[int] | None:
        """Return the numbers of field `index`, None when it is kept byte by byte."""
        width = self._widths[index]
        if width == columns.RAW:
            return None
        first, place = self._starts[index]
        (start,) = struct.unpack_from("<q", self._data, first)
        end = place + columns.size(width, self.count)
        return columns.decode(start, width, self.count, self._data[place:end])

    def cells(self, index: int, some: slice = _ALL) -> Sequence[bytes]:
        """Return the bytes of field `index`, of all readings or of `some`."""
        field = self.layout.fields[index]
        numbers = self.column(index)
        if numbers is None:
            _, place = self._starts[index]
            data = bytes(self._data[place : place + field.size * self.count])
            return [data[at : at + field.size] for at in range(0, len(data), field.size)][some]
        numbers = numbers[some]
        if self._widths[index] == 0:
            return columns.from_numbers(numbers[:1], field.coding, field.size) * len(numbers)
        return columns.from_numbers(numbers, field.coding, field.size)

    def blobs(self, some: slice = _ALL) -> list[bytes]:
        """Return the joined telegrams, of all readings or of `some`."""
        cells = [self.cells(index, some) for index in range(len(self._widths))]
        rows = list(zip(*cells, strict=True)) if cells else [()] * len(self.places[some])
        return self.layout.fill(rows)


class Block:
    """A packed day. moments: ms since 1970, one a reading; parts: the readings by layout; bare:
    (place, joined telegrams) of those without one.

    Raises BlockFault when `packed` is damaged.
    """

    def __init__(self, packed: bytes) -> None:
        try:
            self._read(memoryview(zlib.decompress(packed)))
        except (zlib.error, struct.error, ValueError, IndexError, MbuslinkError) as error:
            raise BlockFault(f"a day of readings is damaged: {error}") from error

    def _read(self, data: memoryview) -> None:
        version, count, first, width, layout_count, mixed = _HEAD.unpack_from(data)
        if version != _VERSION:
            raise BlockFault(f"a later release wrote it (format {version})")
        place = _HEAD.size + columns.size(width, count)
        self.moments = columns.decode(first, width, count, data[_HEAD.size : place])
        which = bytes(data[place : place + count]) if mixed else bytes(count)
        place += len(which) if mixed else 0
        self.parts: list[Part] = []
        for index in range(layout_count):
            part, place = _part(data, place)
            part.places = _places(which, index)
            self.parts.append(part)
        self.bare = _bare(data, place, _places(which, _BARE))

    def rows(self) -> Iterator[Row]:
        """Yield the readings in order of time."""
        blobs = [b""] * len(self.moments)
        for part in self.parts:
            for place, blob in zip(part.places, part.blobs(), strict=True):
                blobs[place] = blob
        for place, blob in self.bare:
            blobs[place] = blob
        return zip(self.moments, blobs, strict=True)

    def last(self) -> Row:
        """Return the newest reading; no other is put together."""
        place = len(self.moments) - 1
        for part in self.parts:
            if part.places[-1] == place:
                return self.moments[-1], part.blobs(_LAST)[0]
        return self.moments[-1], self.bare[-1][1]


def _places(which: bytes, index: int) -> Sequence[int]:
    """Return where in `which` the layout `index` stands."""
    if which.count(index) == len(which):
        return range(len(which))
    return [place for place, one in enumerate(which) if one == index]


def _part(data: memoryview, place: int) -> tuple[Part, int]:
    count, length, fields = _PART.unpack_from(data, place)
    place += _PART.size
    layout = layouts.of(bytes(data[place : place + length]))
    place += length
    widths = bytes(data[place : place + fields])
    place += fields
    first, place = place, place + 8 * (fields - widths.count(columns.RAW))
    starts: list[tuple[int, int]] = []
    for field, width in zip(layout.fields, widths, strict=True):
        starts.append((first, place))
        if width == columns.RAW:
            place += field.size * count
        else:
            first += 8
            place += width * (count - 1)
    return Part(layout, count, widths, starts, data), place


def _bare(data: memoryview, place: int, places: Sequence[int]) -> list[tuple[int, bytes]]:
    lengths = struct.unpack_from(f"<{len(places)}I", data, place)
    place += 4 * len(places)
    found: list[tuple[int, bytes]] = []
    for at, length in zip(places, lengths, strict=True):
        found.append((at, bytes(data[place : place + length])))
        place += length
    return found
