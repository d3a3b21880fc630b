"""Lays files out as a ROMFS image, from which a board runs .mpy in place, without a copy in RAM.

The format is told in MicroPython's extmod/vfs_rom.c: records (kind, length, payload) in each other,
of which a folder holds its name and its records, a file its name and its data.
"""

from collections.abc import Mapping
from typing import Any

MARK = b"\xd2\xcd\x31"
_DATA, _FOLDER, _FILE = 2, 4, 5  # kinds of records

Pieces = list[bytes | str]


def layout(files: Mapping[str, bytes]) -> Pieces:
    """Return the image of `files` (path -> content), each content told by its path."""
    tree: dict[str, Any] = {}
    for path in sorted(files):
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = path
    pieces = _entries(tree, files)
    size = _number(_size(pieces, files))
    if (len(MARK) + len(size) + _size(pieces, files)) % 2:
        size = b"\x80" + size  # a leading zero: the image is of an even length
    return [MARK + size, *pieces]


def image(files: Mapping[str, bytes]) -> bytes:
    """Return the image of `files` (path -> content)."""
    return b"".join(files[p] if isinstance(p, str) else p for p in layout(files))


def _entries(tree: dict[str, Any], files: Mapping[str, bytes]) -> Pieces:
    pieces: Pieces = []
    for name, content in tree.items():
        head = _number(len(name)) + name.encode("ascii")
        if isinstance(content, str):
            data = _number(_DATA) + _number(len(files[content]))
            pieces += _record(_FILE, [head + data, content], files)
        else:
            pieces += _record(_FOLDER, [head, *_entries(content, files)], files)
    return pieces


def _record(kind: int, payload: Pieces, files: Mapping[str, bytes]) -> Pieces:
    return [_number(kind) + _number(_size(payload, files)), *payload]


def _size(pieces: Pieces, files: Mapping[str, bytes]) -> int:
    return sum(len(files[p]) if isinstance(p, str) else len(p) for p in pieces)


def _number(value: int) -> bytes:
    """Return `value` in groups of 7 bits, the highest first; all but the last with the top bit."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.insert(0, 0x80 | value & 0x7F)
    return bytes(groups)
