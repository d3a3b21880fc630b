"""Columns of whole numbers as few bytes: the first value, then differences, as narrow as they fit.

A counter moves by small steps, a momentary value stays near itself, most fields never change: what
is left is mostly zeros, which `block` then compresses. Bytes of one rank stand together (all lowest
bytes, then all second ones ...), because a column's high bytes are nearly always alike.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from itertools import accumulate
from operator import sub

from host.store.layouts import BCD, INTEGER

RAW = 9
"""Width code of a column that is kept byte by byte; 0, 1, 2, 4 and 8 are bytes a difference."""

_TYPES = {1: "b", 2: "h", 4: "i", 8: "q"}
_LITTLE = sys.byteorder == "little"


def encode(numbers: Sequence[int]) -> tuple[int, bytes]:
    """Return (width code, data) of the differences of `numbers` (at least one, int64 each).

    Raises OverflowError when they differ by more than an int64.
    """
    steps = list(map(sub, numbers[1:], numbers))
    low, high = min(steps, default=0), max(steps, default=0)
    if low == high == 0:
        return 0, b""
    for width, kind in _TYPES.items():
        if -(1 << 8 * width - 1) <= low and high < 1 << 8 * width - 1:
            return width, _ranked(_to_bytes(array(kind, steps)), width)
    raise OverflowError(f"differences of {low}..{high}")


def decode(first: int, width: int, count: int, data: bytes | memoryview) -> Sequence[int]:
    """Return the `count` numbers that begin with `first`; `data` as `encode` made it."""
    if width == 0:
        return [first] * count
    steps: array[int] = array(_TYPES[width])
    steps.frombytes(_unranked(data, width) if width > 1 else data)
    if not _LITTLE:
        steps.byteswap()
    return list(accumulate(steps, initial=first))


def size(width: int, count: int) -> int:
    """Return how many bytes `encode` makes of `count` numbers at this width."""
    return width * (count - 1)


def to_numbers(parts: Sequence[bytes], coding: int) -> Sequence[int] | None:
    """Return what fields of up to 8 bytes say, None when that would not lead back to the bytes."""
    if coding == INTEGER:
        return [int.from_bytes(part, "little", signed=True) for part in parts]
    if coding == BCD:
        try:
            numbers = [_digits(part) for part in parts]
        except ValueError:
            return None
        return numbers if from_numbers(numbers, coding, len(parts[0])) == list(parts) else None
    return None


def from_numbers(numbers: Sequence[int], coding: int, length: int) -> list[bytes]:
    """Return the fields (`length` bytes each) that `to_numbers` made `numbers` of."""
    if coding == INTEGER:
        return [number.to_bytes(length, "little", signed=True) for number in numbers]
    positive, negative = f"%0{2 * length}d", f"f%0{2 * length - 1}d"
    return [
        bytes.fromhex(positive % number if number >= 0 else negative % -number)[::-1]
        for number in numbers
    ]


def _digits(part: bytes) -> int:
    text = part[::-1].hex()
    return -int(text[1:]) if text[0] == "f" else int(text)


def _to_bytes(steps: array[int]) -> bytes:
    if not _LITTLE:
        steps.byteswap()
    return steps.tobytes()


def _ranked(data: bytes, width: int) -> bytes:
    return data if width == 1 else b"".join(data[rank::width] for rank in range(width))


def _unranked(data: bytes | memoryview, width: int) -> bytearray:
    count = len(data) // width
    whole = bytearray(len(data))
    for rank in range(width):
        whole[rank::width] = data[rank * count : (rank + 1) * count]
    return whole
