"""What the readings of one meter have in common, and where they differ.

A meter says the same things in the same places every time: its DIFs, VIFs and header stay, the data
between them changes. A layout is a readout's telegrams with the data taken out, and a list of the
fields that it was taken out of. By it readings become columns (`host.store.columns`), and columns
become readings again, exact to the byte. Checksums are no data: they follow from the rest.

What has no layout (a telegram that cannot be decoded, or is encrypted) is kept as it is by `block`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Any, cast

from shared.errors import FrameError, MbuslinkError
from shared.mbus import dib, records, telegram

INTEGER, BCD, BYTES = range(3)
"""How the bytes of a field become a column: little-endian and signed, digits, as they are."""

LONGEST_INTEGER = 8

_HEADER = {0x72: 15, 0x76: 15, 0x7A: 7}
"""CI -> place of the access number in its frame; the status follows (EN 13757-3 clause 5)."""

_FIXED = (0x73, 0x77)
"""CIs of the fixed structure, whose records stand in no DIF and VIF (EN 1434-3:1997 6.6.2)."""
_FIXED_PLACES = ((11, 1), (12, 1), (15, 4), (19, 4))  # access number, status, two counters
_FIXED_LENGTH = 25

_LITTLE_ENDIAN = (0x72, 0x7A, 0x78)
"""CIs whose records are DIF, VIF and data, the least significant byte first."""

_dib = cast(Any, dib)
_records = cast(Any, records)
_telegram = cast(Any, telegram)


@dataclass(frozen=True, slots=True)
class Field:
    """One place where readings differ. offset: in the joined telegrams."""

    offset: int
    size: int
    coding: int


class Layout:
    """The layout of the joined telegrams `blob`.

    fields: where readings differ, in their order; blank: `blob` with zeros in all of them, which
    makes the layout again. Raises MbuslinkError for what has no layout.
    """

    def __init__(self, blob: bytes) -> None:
        frames = split(blob)
        self.fields = tuple(_fields(frames))
        self._sums = tuple(_checksums(frames))
        pattern, place = "<", 0
        for offset, size in self._gaps():
            pattern += f"{offset - place}s{size}s"
            place = offset + size
        self._struct = Struct(f"{pattern}{len(blob) - place}s")
        parts = self._struct.unpack(blob)
        self._heads = parts[::2]
        self.blank = self._join([bytes(len(part)) for part in parts[1::2]])
        self._at = [index for index, gap in enumerate(self._gaps()) if gap not in self._sums]

    def take(self, blob: bytes) -> Sequence[bytes] | None:
        """Return the bytes of each field of `blob`, None when it has another layout."""
        if len(blob) != self._struct.size:
            return None
        parts = self._struct.unpack(blob)
        if parts[::2] != self._heads:
            return None
        data = parts[1::2]
        if len(data) == len(self._at):
            return data
        for offset, _ in self._sums:
            if blob[offset] != _sum_at(blob, offset):
                return None
        return [data[index] for index in self._at]

    def fill(self, rows: Sequence[Sequence[bytes]]) -> list[bytes]:
        """Return the joined telegrams of each row of fields (bytes, in the order of `fields`)."""
        filled: list[bytes] = []
        zeros = [b"\0"] * (len(self._at) + len(self._sums))
        for row in rows:
            data = list(zeros)
            for index, part in zip(self._at, row, strict=True):
                data[index] = part
            blob = bytearray(self._join(data))
            for offset, _ in self._sums:
                blob[offset] = _sum_at(blob, offset)
            filled.append(bytes(blob))
        return filled

    def _gaps(self) -> list[tuple[int, int]]:
        """Return (offset, size) of all that the heads leave out: fields and checksums."""
        return sorted([(field.offset, field.size) for field in self.fields] + list(self._sums))

    def _join(self, data: Sequence[bytes]) -> bytes:
        joined = [b""] * (2 * len(data) + 1)
        joined[::2] = self._heads
        joined[1::2] = data
        return b"".join(joined)


@lru_cache(maxsize=4096)
def of(blank: bytes) -> Layout:
    """Return the layout that was stored as `blank`."""
    return Layout(blank)


def split(blob: bytes) -> list[bytes]:
    """Split joined long frames (68 L L 68 ... 16) by their L fields.

    Raises `FrameError` when the blob does not end where a frame ends.
    """
    frames: list[bytes] = []
    offset = 0
    while offset < len(blob):
        end = offset + blob[offset + 1] + 6 if offset + 1 < len(blob) else len(blob) + 1
        if end > len(blob):
            raise FrameError(f"stored telegram cut short at byte {offset}: {blob[offset:].hex()}")
        frames.append(blob[offset:end])
        offset = end
    return frames


def _fields(frames: Sequence[bytes]) -> list[Field]:
    found: list[Field] = []
    base = 0
    for frame in frames:
        decoded = _telegram.decode(_with_checksum(frame))
        if decoded.ci in _FIXED and len(frame) == _FIXED_LENGTH:
            found += [Field(base + place, size, INTEGER) for place, size in _FIXED_PLACES]
            base += len(frame)
            continue
        access = _HEADER.get(decoded.ci)
        if access is not None and access + 2 <= len(frame) - 2:
            found += [Field(base + access, 1, INTEGER), Field(base + access + 1, 1, INTEGER)]
        for record in decoded.records:
            inside, start, _, data, end, form = record[:6]
            if form == _records.BROKEN or inside != decoded.frame:
                raise MbuslinkError("a telegram that cannot be taken apart")
            if end > data:
                plain = decoded.ci in _LITTLE_ENDIAN
                coding = _coding(inside[start], end - data) if plain else BYTES
                found.append(Field(base + data, end - data, coding))
        base += len(frame)
    return found


def _coding(dif: int, size: int) -> int:
    coding: int = _dib.CODINGS[dif]
    if size > LONGEST_INTEGER or coding >= _dib.LVAR:
        return BYTES
    return BCD if _dib.BCD < coding < _dib.REAL else INTEGER


def _checksums(frames: Sequence[bytes]) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    end = 0
    for frame in frames:
        end += len(frame)
        places.append((end - 2, 1))
    return places


def _with_checksum(frame: bytes) -> bytes:
    """Return `frame` with the checksum of its bytes: that of a blank layout is none."""
    return frame[:-2] + bytes((sum(frame[4:-2]) & 0xFF,)) + frame[-1:]


def _sum_at(blob: bytes | bytearray, offset: int) -> int:
    """Return the checksum of the frame whose checksum lies at `offset`."""
    begin = 0
    while (end := begin + blob[begin + 1] + 4) < offset:
        begin = end + 2
    return sum(blob[begin + 4 : offset]) & 0xFF
