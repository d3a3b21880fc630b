"""A ZIP that is written as it is read: nothing is kept but the list of its files.

Every entry is streamed with its sizes behind it, and may pass 4 GB (zip64). Deflate's level 1:
these files repeat themselves so much that higher levels save little and cost a lot. isal does it in
a fraction of the time where it is installed (the extra `fast`), else the standard library's zlib.

Source: PKWARE APPNOTE.TXT 6.3.10, clauses 4.3 and 4.5.3.
"""

from __future__ import annotations

import importlib
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

LEVEL = 1
_MEMORY = 5
"""zlib's tables then fit the first cache of any processor; rows this much alike need no more."""

_VERSION = 45  # zip64
_FLAGS = 0x0808  # sizes follow the data; names are UTF-8
_DEFLATED = 8
_MOST_32 = 0xFFFFFFFF
_MOST_16 = 0xFFFF
_PIECE = 1 << 16
"""At least so many bytes are compressed, and so many sent, at once."""

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_DESCRIPTOR = struct.Struct("<4sLQQ")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")


class Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Deflate:
    """A way to deflate. start(): a new stream; crc32(data, before): the checksum so far."""

    name: str
    start: Callable[[], Compressor]
    crc32: Callable[[bytes, int], int]


def _standard() -> Deflate:
    return Deflate(
        "zlib",
        lambda: zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, _MEMORY),
        zlib.crc32,
    )


def _isal() -> Deflate | None:
    try:
        isal: Any = importlib.import_module("isal.isal_zlib")
    except ImportError:
        return None
    return Deflate(
        "isal", lambda: isal.compressobj(LEVEL, isal.DEFLATED, -isal.MAX_WBITS), isal.crc32
    )


STANDARD = _standard()
FASTEST = _isal() or STANDARD


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    moment: int
    crc: int
    packed: int
    size: int
    place: int


class Archive:
    """Writes a ZIP. now: the moment of all its files, as it is shown."""

    def __init__(self, now: datetime, deflate: Deflate = FASTEST) -> None:
        self._deflate = deflate
        self._moment = _dos(now)
        self._entries: list[_Entry] = []
        self._place = 0

    def entry(self, name: str, data: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the bytes of the file `name` with the content `data`, its head at once."""
        text, begin, size, crc = name.encode(), self._place, 0, 0
        head = _LOCAL.pack(
            *(b"PK\x03\x04", _VERSION, _FLAGS, _DEFLATED, self._moment & _MOST_16),
            *(self._moment >> 16, 0, _MOST_32, _MOST_32, len(text), 20),
        )
        yield self._counted(head + text + struct.pack("<HHQQ", 1, 16, 0, 0))
        start = self._place
        compressor, checksum = self._deflate.start(), self._deflate.crc32
        out: list[bytes] = []
        for piece in _gathered(data):
            size += len(piece)
            crc = checksum(piece, crc)
            out.append(compressor.compress(piece))
            if sum(map(len, out)) >= _PIECE:
                yield self._counted(b"".join(out))
                out.clear()
        out.append(compressor.flush())
        yield self._counted(b"".join(out))
        packed = self._place - start
        yield self._counted(_DESCRIPTOR.pack(b"PK\x07\x08", crc, packed, size))
        self._entries.append(_Entry(text, self._moment, crc, packed, size, begin))

    def end(self) -> Iterator[bytes]:
        """Yield the list of the files, with which the ZIP ends."""
        begin = self._place
        for entry in self._entries:
            yield self._counted(_central(entry))
        size, count = self._place - begin, len(self._entries)
        if begin > _MOST_32 or size > _MOST_32 or count > _MOST_16:
            place = self._place
            yield self._counted(
                _END_64.pack(
                    *(b"PK\x06\x06", _END_64.size - 12, _VERSION, _VERSION, 0, 0),
                    *(count, count, size, begin),
                )
                + _LOCATOR_64.pack(b"PK\x06\x07", 0, place, 1)
            )
        few, begin = min(count, _MOST_16), min(begin, _MOST_32)
        yield self._counted(_END.pack(b"PK\x05\x06", 0, 0, few, few, min(size, _MOST_32), begin, 0))

    def _counted(self, data: bytes) -> bytes:
        self._place += len(data)
        return data


def _central(entry: _Entry) -> bytes:
    """Return an entry of the list; a number that needs 64 bits stands in its extra field."""
    numbers = (entry.size, entry.packed, entry.place)
    large = [number for number in numbers if number > _MOST_32]
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    size, packed, place = (min(number, _MOST_32) for number in numbers)
    head = _CENTRAL.pack(
        *(b"PK\x01\x02", _VERSION, _VERSION, _FLAGS, _DEFLATED, entry.moment & _MOST_16),
        *(entry.moment >> 16, entry.crc, packed, size, len(entry.name), len(extra), 0, 0, 0, 0),
        place,
    )
    return head + entry.name + extra


def _gathered(data: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes, small pieces joined; a large one is not copied."""
    waiting: list[bytes] = []
    size = 0
    for piece in data:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE:
            if len(piece) >= _PIECE:
                yield b"".join(waiting[:-1])
                yield piece
            else:
                yield b"".join(waiting)
            waiting.clear()
            size = 0
    if waiting:
        yield b"".join(waiting)


def _dos(moment: datetime) -> int:
    """Return date << 16 | time as DOS has them (local, two seconds)."""
    day = (moment.year - 1980) << 9 | moment.month << 5 | moment.day
    return day << 16 | moment.hour << 11 | moment.minute << 5 | moment.second // 2
